"""Figures of slots: of what schedules asked for and is over, how much was done.

They stand beside those of `registry` and are told on the same page. `gridloop rounds` answers them
from a place's documents and rounds, `slots_sql` from the rows that are kept of slots: each meaning
stands here in both forms.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from streams.core.coverage import Judged
from streams.core.events import RoundKind
from streams.core.figuredef import Family, Figure, Ledger, Part, of, single
from streams.core.scheduledocs import Schedule

BY_CAMERA = frozenset({"cameras", "codes", "numbered"})
"""How a schedule of video rounds names cameras; others are of what is seen in areas or grids."""

MINUTE = timedelta(minutes=1)

Group = Sequence[Judged]


class SlotCondition(msgspec.Struct, frozen=True):
    """A named condition on a slot that is over, said in both languages; `sql` asks it of a row."""

    zh: str
    en: str
    sql: str
    holds: Callable[[Judged], bool]


class Share(msgspec.Struct, frozen=True):
    """What of a group of slots was done and what was asked, as whole numbers of one unit; in SQL
    of the rows of which a condition holds, which stands for `{0}`."""

    zh_done: str
    zh_asked: str
    en_done: str
    en_asked: str
    done_sql: str
    asked_sql: str
    done: Callable[[Group], int]
    asked: Callable[[Group], int]


def _is(kind: RoundKind) -> Callable[[Judged], bool]:
    return lambda one: one.slot.schedule.kind is kind


def of_camera(plan: Schedule) -> bool:
    """Whether a schedule is of video rounds whose subjects are cameras."""
    return plan.kind is RoundKind.VIDEO and plan.subjects.each in BY_CAMERA


def _subjects(many: Group) -> int:
    return len({one.slot.subject.code for one in many})


def _minutes(many: Group, *, empty: bool) -> int:
    """Whole minutes planned, `empty` ones in: one that is covered in part is not covered."""
    planned = sum((one.slot.window.end - one.slot.window.start for one in many), timedelta())
    uncovered = sum((one.uncovered for one in many), timedelta())
    return (planned if empty else planned - uncovered) // MINUTE


OF_SLOTS: dict[str, SlotCondition] = {
    "of_rounds": SlotCondition(
        *("非值班计划", "of any schedule but one of duties", "kind != 'duty'"),
        lambda one: one.slot.schedule.kind is not RoundKind.DUTY,
    ),
    "of_patrol": SlotCondition(
        "巡查计划", "of a patrol schedule", "kind = 'patrol'", _is(RoundKind.PATROL)
    ),
    "of_video": SlotCondition(
        "视频巡查计划", "of a video schedule", "kind = 'video'", _is(RoundKind.VIDEO)
    ),
    "of_camera": SlotCondition(
        *("视频巡查计划且对象为摄像头", "of a video schedule whose subjects are cameras"),
        "of_camera",
        lambda one: of_camera(one.slot.schedule),
    ),
    "of_duty": SlotCondition(
        "值班计划", "of a duty schedule", "kind = 'duty'", _is(RoundKind.DUTY)
    ),
}

SHARES: dict[str, Share] = {
    "slots": Share(
        *("至少做到一次的应巡", "全部应巡", "slots with a round", "all slots"),
        *("countIf({0} AND visits > 0)", "countIf({0})"),
        done=lambda many: sum(one.visits > 0 for one in many),
        asked=len,
    ),
    "visits": Share(
        *("Σ min(实巡次数, 应巡次数)", "Σ 应巡次数", "Σ min(rounds, asked)", "Σ asked"),
        *("sumIf(least(visits, asked), {0})", "sumIf(asked, {0})"),
        done=lambda many: sum(min(one.visits, one.slot.schedule.at_least) for one in many),
        asked=lambda many: sum(one.slot.schedule.at_least for one in many),
    ),
    "minutes": Share(
        *("足员在岗分钟", "应在岗分钟", "minutes covered", "minutes planned"),
        "intDiv(sumIf(planned_us - uncovered_us, {0}), 60000000)",
        "intDiv(sumIf(planned_us, {0}), 60000000)",
        done=lambda many: _minutes(many, empty=False),
        asked=lambda many: _minutes(many, empty=True),
    ),
    "cameras": Share(
        *("至少看到一次的摄像头", "应看的摄像头"),
        *("cameras that could be looked at, at least once", "cameras to be looked at"),
        *("uniqExactIf(subject, {0} AND visits > 0)", "uniqExactIf(subject, {0})"),
        done=lambda many: _subjects([one for one in many if one.visits]),
        asked=_subjects,
    ),
}


def _share(
    name: str, zh: str, en: str, measure: str, among: Part, *, usual: bool = False
) -> tuple[Figure]:
    return single(name, zh, en, among, among, ledger=Ledger.SLOTS, measure=measure, usual=usual)


FREQUENCY, ON_DUTY = "frequency_rate", "on_duty_rate"

ROUNDS = of(
    Family.ROUNDS,
    _share("coverage", "覆盖率", "coverage", "slots", ("of_rounds",), usual=True),
    _share(FREQUENCY, "频次达标率", "frequency", "visits", ("of_rounds",), usual=True),
    _share(ON_DUTY, "在岗率", "on duty", "minutes", ("of_duty",), usual=True),
    _share(
        "connected_rate", "摄像头接入率", "cameras connected", "cameras", ("of_camera",), usual=True
    ),
    _share("patrol_coverage_area", "巡查覆盖率", "patrol coverage", "slots", ("of_patrol",)),
    _share("patrol_frequency_rate", "巡查频次达标率", "patrol frequency", "visits", ("of_patrol",)),
    _share(
        "video_patrol_coverage", "视频巡查覆盖率", "video patrol coverage", "slots", ("of_video",)
    ),
)

SLOT_FIGURES: dict[str, Figure] = {figure.id: figure for figure in ROUNDS}

USUAL_OF_SLOTS = tuple(figure.id for figure in ROUNDS if figure.usual)
"""What a person is shown where no figure is named: of all kinds of rounds the same."""


def answer(figure: Figure, over: Group) -> tuple[int, int]:
    """Numerator and denominator of one figure of slots that are over."""
    tests = [OF_SLOTS[name].holds for name in figure.denominator or ()]
    among = [one for one in over if all(holds(one) for holds in tests)]
    share = SHARES[figure.measure]
    return share.done(among), share.asked(among)
