"""应巡与实巡 · what schedules ask for and what was done of it: the figures of `gridloop rounds`."""

from collections.abc import Iterable, Sequence

from dashboards import sql
from dashboards.board import Section
from dashboards.pen import CODE, HALF, Column, Panel, Pen
from dashboards.words import FIELDS, LEVELS, UNITS, Say, meaning_of_slots, name_of
from streams.core.registry import Unit
from streams.core.slotfigures import SLOT_FIGURES, USUAL_OF_SLOTS

FURTHER = ("patrol_coverage_area", "video_patrol_coverage")
OF_AREAS = ("coverage", "frequency_rate", "on_duty_rate")
EXPECTED = Column("expected", Say("应巡", "Slots"), "short")
DONE = Column("done", Say("做足", "Done in full"), "short")
WHEN = Say(
    "时段内开始且期末已结束的应巡;按街镇、社区、网格筛选;自首个轮次所在月份起,晚几秒",
    "Slots that begin in the range and are over at its end; narrowed down by street, area and grid;"
    " from the month of the place's first round on, seconds late",
)


def asked(pen: Pen) -> Iterable[Panel]:
    """The figures in the range, by day, by schedule, by area."""
    shown = (*USUAL_OF_SLOTS, *FURTHER)
    yield pen.numbers(
        Say("应巡与实巡", "Asked for and done"),
        _about(shown),
        sql.slots(shown, pen.filters),
        [EXPECTED, DONE, *_columns(shown)],
    )
    yield pen.lines(
        Say("每日覆盖、频次、在岗、接入", "Coverage, frequency, duty, cameras by day"),
        _about(USUAL_OF_SLOTS),
        sql.slots_by_day(USUAL_OF_SLOTS, pen.filters),
        _columns(USUAL_OF_SLOTS),
        unit=UNITS[Unit.RATE],
    )
    for title, field, figures in (
        (Say("各计划", "By schedule"), "schedule", USUAL_OF_SLOTS),
        (Say("各社区/村,低者在前", "By area, the lowest first"), "area", OF_AREAS),
    ):
        yield pen.rows(
            title,
            _about(figures),
            sql.slots_by_code(field, figures, pen.lang, pen.filters),
            [CODE, Column("name", FIELDS[field]), EXPECTED, DONE, *_columns(figures)],
            width=HALF,
        )


def _columns(figures: Sequence[str]) -> list[Column]:
    return [
        Column(id, name_of(SLOT_FIGURES[id]), UNITS[Unit.RATE], levels=LEVELS.get(id))
        for id in figures
    ]


def _about(figures: tuple[str, ...]) -> Say:
    told = meaning_of_slots(figures)
    return Say(f"{told.zh}\n\n{WHEN.zh}", f"{told.en}\n\n{WHEN.en}")


ASKED = Section(Say("应巡与实巡", "Asked for and done"), asked)
