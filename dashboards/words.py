"""What boards say, in both languages; and from which level on a figure is red, amber or green."""

from enum import StrEnum
from typing import NamedTuple

from streams.core.predicates import PREDICATES
from streams.core.registry import COHORTS, FIGURES, Figure, Part, Unit
from streams.core.slotfigures import OF_SLOTS, SHARES, SLOT_FIGURES
from streams.show.rates import FLOW_NAMES


class Lang(StrEnum):
    """The two languages; each has a folder of boards of its own."""

    ZH = "zh"
    EN = "en"


class Say(NamedTuple):
    """The same words in both."""

    zh: str
    en: str

    def in_(self, lang: Lang) -> str:
        """In one of them."""
        return self.zh if lang is Lang.ZH else self.en


def both(said: str) -> Say:
    """What commands say in both languages at once, the Chinese first."""
    zh, en = said.split(" ", 1)
    return Say(zh, en.capitalize())


FIELDS = {
    "place": Say("地方", "Place"),
    "street": Say("街镇", "Street"),
    "area": Say("社区/村", "Area"),
    "grid": Say("网格", "Grid"),
    "department": Say("部门", "Department"),
    "source": Say("来源", "Source"),
    "category": Say("大类", "Category"),
    "matter": Say("事项", "Matter"),
    "schedule": Say("计划", "Schedule"),
    "worker": Say("网格员", "Gridworker"),
    "reporter_kind": Say("上报人", "Reported by"),
}
"""What figures are cut and boards are filtered by."""

SOURCES = {
    "gridworker": Say("网格员", "Gridworkers"),
    "patrol": Say("视频巡查", "Video patrols"),
    "hotline": Say("热线", "Hotline"),
    "citizen": Say("市民", "Citizens"),
    "check": Say("检查", "Checks"),
}

FLOWS = {flow.value: Say(*said.split(" ", 1)) for flow, said in FLOW_NAMES.items()}
"""Of what a figure may be."""

REPORTERS = {
    "gridworker": Say("网格员", "Gridworkers"),
    "part_time_gridworker": Say("兼职网格员", "Part-time gridworkers"),
    "unit_leader": Say("最小单元长", "Unit leaders"),
    "inspector": Say("巡查员", "Inspectors"),
    "village_staff": Say("村(社区)工作人员", "Village staff"),
    "mobile_patrol": Say("机动巡查队", "Mobile patrols"),
    "supervision_team": Say("督查组", "Supervision teams"),
    "public": Say("群众", "The public"),
}

CLOCKS = {
    "overall": Say("总时限", "Overall"),
    "verify": Say("核实", "Verification"),
    "file": Say("立案", "Filing"),
    "dispatch": Say("派遣", "Dispatching"),
    "sign": Say("签收", "Signing"),
    "handle": Say("处置", "Handling"),
    "check": Say("核查", "Checking"),
    "arrive": Say("报到", "Arrival"),
    "contact": Say("首次联系", "First contact"),
    "confirm": Say("确认", "Confirmation"),
    "stuck": Say("停滞", "Standing still"),
}

UNITS = {
    Unit.COUNT: "short",
    Unit.RATE: "percentunit",
    Unit.DURATION: "s",
    Unit.SCORE: "none",
}
"""Grafana's names of units."""

GREEN, AMBER, RED, BLUE, GREY = "green", "orange", "red", "blue", "gray"

HIGH, LOW = (0.8, 0.95), (0.05, 0.2)
LEVELS: dict[str, tuple[float, float]] = {
    **dict.fromkeys(
        (
            *("handling_rate", "completion_rate", "closure_rate", "on_time_closure_rate"),
            *("on_time_of_closed_rate", "on_time_signing_rate", "handling_rate_due"),
            *("on_time_handling_rate", "on_time_check_rate", "arrival_on_time_rate"),
            *("response_rate", "answer_rate", "resolution_rate", "satisfaction_rate"),
            *("valid_report_rate", "accurate_filing_rate", "accurate_dispatch_rate"),
            *("classify_accuracy", "video_precision"),
            *SLOT_FIGURES,
        ),
        HIGH,
    ),
    **dict.fromkeys(
        (
            *("overdue_rate", "dispatch_return_rate", "rework_rate", "reopen_rate"),
            *("hasty_closure_rate", "stuck_count", "backlog_overdue", "deadline_unknown"),
            *("false_merge_rate", "missed_merge_rate", "missed_report_rate", "recurrence_rate"),
        ),
        LOW,
    ),
}
"""Amber and green from these values up, where a figure should be high; amber and red, where low.
Assumed: no document sets levels; whoever runs the boards may set others here."""


def name_of(figure: Figure) -> Say:
    """What the registry calls it."""
    return Say(figure.zh, figure.en)


def meaning_of(figures: tuple[str, ...]) -> Say:
    """What figures count, in the registry's words: how many rows of which kind, over which."""
    lines = [_meaning(FIGURES[name]) for name in figures]
    return Say("\n\n".join(one.zh for one in lines), "\n\n".join(one.en for one in lines))


def meaning_of_slots(figures: tuple[str, ...]) -> Say:
    """The same of figures of slots: what of which was done."""
    lines = [_meaning_of_slots(SLOT_FIGURES[name]) for name in figures]
    return Say("\n\n".join(one.zh for one in lines), "\n\n".join(one.en for one in lines))


def _meaning_of_slots(figure: Figure) -> Say:
    share, among = SHARES[figure.measure], [OF_SLOTS[name] for name in figure.denominator or ()]
    zh, en = ";".join(one.zh for one in among), "; ".join(one.en for one in among)
    return Say(
        f"{figure.zh}:({share.zh_done})/({share.zh_asked});{zh}",
        f"{figure.en}: ({share.en_done}) / ({share.en_asked}), {en}",
    )


def _meaning(figure: Figure) -> Say:
    cohort = COHORTS[figure.ledger]
    top, among = _part((*cohort, *figure.numerator)), _part((*cohort, *(figure.denominator or ())))
    if figure.measure:
        return Say(f"{figure.zh}:{among.zh}", f"{figure.en}: {among.en}")
    if figure.denominator is None:
        return Say(f"{figure.zh}:{top.zh}", f"{figure.en}: {top.en}")
    return Say(f"{figure.zh}:({top.zh})/({among.zh})", f"{figure.en}: ({top.en}) / ({among.en})")


def _part(part: Part) -> Say:
    if not part:
        return Say("全部", "all")
    told = [PREDICATES[name] for name in part]
    return Say(";".join(one.zh for one in told), "; ".join(one.en for one in told))
