"""The figures beside the first few, counted by hand: of what happened to cases, of their steps.

As `recount`, written from the published definitions, with no part of `streams/core`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from tests.journey.recount_nouns import Call, Case, Report, Step

DAY = timedelta(days=1)
CIRCLES = ("neighbour", "merchant", "unit")
GOOD = ("very_satisfied", "satisfied")
Asks = Callable[[Any], bool]


class Gathered(NamedTuple):
    """What one combination of cuts has: cases filed in the window, cases carried over into it,
    steps begun in it (at the desk: also of cases that were never filed), reports and calls of it
    (None where they cannot be cut so)."""

    filed: Sequence[Case]
    carried: Sequence[Case]
    steps: Sequence[Step]
    desk: Sequence[Step]
    reports: Sequence[Report] | None
    calls: Sequence[Call] | None = ()


def more(found: Gathered, as_of: datetime) -> dict[str, Any]:
    """Every figure that `recount` itself does not count."""
    told: dict[str, Any] = {}
    for name, (rows, among, having) in _rates(found, as_of).items():
        if rows is None:
            told[name] = told[f"{name}_raw"] = _nothing(None)
            continue
        kept = [row for row in rows if not row.excluded]
        told[name], told[f"{name}_raw"] = _rate(kept, among, having), _rate(rows, among, having)
    for name, (counted, having) in _counts(found, as_of).items():
        told[name] = {"value": None if counted is None else sum(map(having, counted))}
    for name, (lengths, stats) in _lengths(found, as_of).items():
        told |= {f"{name}_{stat}": _length(lengths, stat) for stat in stats}
    told |= _of_calls(found.calls, as_of)
    told["swift_response_score"] = {"value": None}  # nobody has set weights
    return told


def _of_calls(calls: Sequence[Call] | None, as_of: datetime) -> dict[str, Any]:
    """接通率 and how many answered within 15 seconds, of all that were offered; no twins."""
    if calls is None:
        rates = dict.fromkeys(("connection_rate", "answered_in_15s_rate"), _nothing(None))
        return {"call_count": {"value": None}, **rates}
    answered = [one for one in calls if one.answered_at is not None and one.answered_at < as_of]
    soon = timedelta(seconds=15)
    return {
        "call_count": {"value": len(calls)},
        "connection_rate": _share(len(answered), len(calls)),
        "answered_in_15s_rate": _share(
            sum(one.answered_at - one.offered_at <= soon for one in answered), len(calls)
        ),
    }


def _share(part: int, whole: int) -> dict[str, Any]:
    return {"value": part / whole if whole else None, "numerator": part, "denominator": whole}


def _rates(found: Gathered, as_of: datetime) -> dict[str, tuple[Sequence[Any] | None, Asks, Asks]]:
    """Of each rate: of which rows it is, over which of these, and which of those it counts."""
    filed, steps, reports = found.filed, found.steps, found.reports

    def due(case: Case) -> bool:
        late = case.deadline is not None and case.deadline < as_of
        return (case.is_closed or late) and not case.deadline_unknown

    def over(case: Case) -> timedelta:
        assert case.closed_at is not None
        return case.closed_at - case.filed_at

    def to_do(kind: str) -> Asks:
        def asks(step: Step) -> bool:
            if step.kind != kind or step.due is None:
                return False
            ended = step.done if step.done is not None and step.done < as_of else None
            if ended is not None and step.result == "done":
                return True
            return step.due < (ended or as_of)

        return asks

    def done(step: Step) -> bool:
        return step.done is not None and step.done < as_of and step.result == "done"

    def in_time(step: Step) -> bool:
        return done(step) and step.done <= step.due  # type: ignore[operator]

    def every(_: Any) -> bool:
        return True

    def kind(name: str) -> Asks:
        return lambda step: step.kind == name

    def ever(*words: str) -> Asks:
        return lambda case: not case.happened.isdisjoint(words)

    def soon(step: Step) -> bool:
        return step.done is not None and step.done < as_of and step.done - step.at <= 30 * DAY

    def closed(case: Case) -> bool:
        return case.is_closed

    def filed_one(report: Report) -> bool:
        return report.filed and not report.rejected

    said = {
        "overdue_rate": (filed, due, lambda c: not c.on_time),
        "direct_handling_rate": (filed, lambda c: c.handled or c.is_closed, ever("direct")),
        "extension_rate": (filed, every, ever("extended")),
        "suspension_rate": (filed, every, ever("paused")),
        "supervision_rate": (filed, every, ever("supervised")),
        "accurate_dispatch_rate": (
            filed,
            lambda c: c.department is not None or "returned" in c.happened,
            lambda c: c.happened.isdisjoint({"returned", "redirected"}),
        ),
        "rework_rate": (filed, lambda c: c.is_closed or "reworked" in c.happened, ever("reworked")),
        "hasty_closure_rate": (filed, closed, lambda c: over(c) <= timedelta(minutes=10)),
        "suspicious_closure_rate": (filed, closed, ever("doubted")),
        "cofunded_closure_rate": (filed, closed, lambda c: c.shared_by is not None),
        "missed_report_rate": (
            filed,
            lambda c: c.visible is not None,
            lambda c: c.visible and c.source in ("hotline", "citizen"),
        ),
        "dispute_rate": (filed, every, ever("disputed")),
        "callback_rate": (filed, closed, ever("called_back")),
        "whistle_rate": (filed, every, ever("whistled")),
        "raise_rate": (filed, every, ever("raised")),
        "settled_in_place_rate": (filed, closed, lambda c: "raised" not in c.happened),
        "backlog_resolution_rate": (found.carried, every, lambda c: c.handled or c.is_closed),
        "on_time_verification_rate": (found.desk, to_do("verify"), in_time),
        "on_time_filing_rate": (found.desk, to_do("file"), in_time),
        "on_time_dispatch_rate": (steps, to_do("dispatching"), in_time),
        "on_time_signing_rate": (steps, to_do("sign"), in_time),
        "handling_rate_due": (steps, to_do("handle"), done),
        "on_time_handling_rate": (steps, to_do("handle"), in_time),
        "on_time_check_rate": (steps, to_do("check"), in_time),
        "response_rate": (steps, to_do("contact"), in_time),
        "answer_rate": (steps, to_do("contact"), done),
        "arrival_on_time_rate": (steps, to_do("arrive"), in_time),
        "dispatch_return_rate": (
            steps,
            kind("dispatch"),
            lambda s: s.done is not None and s.done < as_of and s.result == "returned",
        ),
        "reopen_rate": (
            steps,
            lambda s: s.kind == "closing" and s.at < as_of - 30 * DAY,
            lambda s: s.result == "reopened" and soon(s),
        ),
        "recurrence_rate": (
            steps,
            lambda s: (
                s.kind == "recurrence"
                and s.due < as_of
                and not (s.result == "reopened" and s.done < as_of)
            ),
            lambda s: s.result == "recurred" and s.done < as_of,
        ),
        "resolution_rate": (steps, kind("call_back"), lambda s: s.result == "resolved"),
        "satisfaction_rate": (
            steps,
            kind("rating"),
            lambda s: s.result in (*GOOD, "basically_satisfied"),
        ),
        "satisfaction_rate_strict": (steps, kind("rating"), lambda s: s.result in GOOD),
        "acceptance_rate": (reports, every, lambda r: not r.rejected),
        "valid_report_rate": (reports, every, filed_one),
        "filing_rate": (reports, lambda r: not r.rejected, lambda r: r.filed),
        "accurate_filing_rate": (reports, filed_one, lambda r: not r.void),
        "merge_rate": (reports, filed_one, lambda r: not r.opened),
        "false_merge_rate": (reports, lambda r: r.read_as == "linked", lambda r: r.regrouped),
        "missed_merge_rate": (reports, lambda r: r.read_as == "apart", lambda r: r.regrouped),
        "classify_accuracy": (
            reports,
            lambda r: r.opened and r.asked and r.matter is not None,
            lambda r: r.matter == r.ruled_as,
        ),
        "abstain_rate": (reports, lambda r: r.asked, lambda r: r.matter is None),
        "video_precision": (reports, lambda r: r.judged is not None, lambda r: bool(r.judged)),
        "public_report_rate": (reports, every, lambda r: r.source in ("hotline", "citizen")),
        "repeat_request_rate": (
            reports,
            lambda r: r.who is not None and r.matter is not None,
            lambda r: r.before is not None and r.occurred_at - r.before <= 30 * DAY,
        ),
    }
    return said | {f"completion_rate_d{days}": _within(filed, days, as_of) for days in (7, 15, 30)}


def _within(filed: Sequence[Case], days: int, as_of: datetime) -> tuple[Sequence[Any], Asks, Asks]:
    def soon(case: Case) -> bool:
        return case.closed_at is not None and case.closed_at - case.filed_at <= days * DAY

    return (
        filed,
        lambda case: as_of - case.filed_at > days * DAY,
        lambda case: case.is_closed and soon(case),
    )


def _counts(found: Gathered, as_of: datetime) -> dict[str, tuple[Iterable[Any] | None, Asks]]:
    def kind(name: str, result: str | None = None) -> Asks:
        return lambda s: s.kind == name and result in (None, s.result)

    def stuck(step: Step) -> bool:
        running = step.done is None or step.done >= as_of
        return step.kind == "stuck" and running and step.due is not None and step.due < as_of

    def shared(*circles: str) -> Asks:
        return lambda c: c.is_closed and c.shared_by in circles

    steps, bad = found.steps, ("dissatisfied", "very_dissatisfied")
    return {
        "cofunded_closure_count": (found.filed, shared("", *CIRCLES)),
        **{f"cofunded_{one}_count": (found.filed, shared(one)) for one in CIRCLES},
        "carried_count": (found.carried, lambda _: True),
        "not_admitted_count": (found.reports, lambda r: r.not_admitted),
        "suspicious_closure_count": (
            found.filed,
            lambda c: c.is_closed and "doubted" in c.happened,
        ),
        "excluded_count": (found.filed, lambda c: c.excluded),
        "dispatched_count": (
            found.filed,
            lambda c: c.department is not None or "returned" in c.happened,
        ),
        "raised_count": (found.filed, lambda c: "raised" in c.happened),
        "closed_dissatisfied": (found.filed, lambda c: c.is_closed and c.rating in bad),
        "stuck_count": (steps, stuck),
        "dispatch_count": (steps, kind("dispatch")),
        "rework_count": (steps, kind("rework")),
        "whistle_count": (steps, kind("whistle")),
        "whistle_everyday_count": (steps, kind("whistle", "everyday")),
        "whistle_key_task_count": (steps, kind("whistle", "key_task")),
        "whistle_emergency_count": (steps, kind("whistle", "emergency")),
        "arrival_count": (
            steps,
            lambda s: s.kind == "arrive" and s.result == "done" and s.done < as_of,
        ),
    }


MEAN, RANKS = "mean", ("p50", "p90")


def _lengths(
    found: Gathered, as_of: datetime
) -> dict[str, tuple[list[timedelta] | None, tuple[str, ...]]]:
    """Of each duration its lengths, and the statistics that are told of them."""
    filed = [case for case in found.filed if not case.excluded]
    closed = [c.closed_at - c.filed_at for c in filed if c.is_closed and c.closed_at]

    def over(kind: str) -> list[Step]:
        return [
            step
            for step in found.steps
            if step.kind == kind and step.result == "done" and not step.excluded
            if step.done is not None and step.done < as_of
        ]

    def took(kind: str) -> list[timedelta]:
        return [step.done - step.at for step in over(kind) if step.done]

    def working(steps: Iterable[Step]) -> list[timedelta]:
        return [step.worked for step in steps if step.worked is not None]

    more_time = [s for s in found.steps if s.kind == "extension" and not s.excluded]
    return {
        "handling_time_working": (working(over("dispatch")), (MEAN, *RANKS)),
        "extension_length": ([s.done - s.due for s in more_time if s.done and s.due], (MEAN,)),
        "extension_length_working": (working(more_time), (MEAN,)),
        "suspension_length": (took("pause"), (MEAN,)),
        "suspension_length_working": (working(over("pause")), (MEAN,)),
        "closing_time": (closed, (MEAN, *RANKS)),
        "backlog_age": ([as_of - c.filed_at for c in filed if not c.is_closed], RANKS),
        "handling_time": (took("dispatch"), (MEAN, *RANKS)),
        "signing_time": (took("sign"), RANKS),
        "checking_time": (took("check"), RANKS),
        "first_response": (took("contact"), RANKS),
        "arrival_time": (took("arrive"), (MEAN, *RANKS)),
    }


def _rate(rows: Sequence[Any], among: Asks, having: Asks) -> dict[str, Any]:
    over = [row for row in rows if among(row)]
    part = sum(map(having, over))
    return {
        "value": part / len(over) if over else None,
        "numerator": part,
        "denominator": len(over),
    }


def _length(lengths: list[timedelta] | None, stat: str) -> dict[str, Any]:
    if not lengths:
        return _nothing(0)
    us = sorted(length // timedelta(microseconds=1) for length in lengths)
    if stat == MEAN:
        value = float(Fraction(sum(us), len(us) * 1_000_000))
    else:
        value = us[ceil(Fraction(int(stat[1:]), 100) * len(us)) - 1] / 1_000_000
    return {"value": value, "numerator": None, "denominator": len(us)}


def _nothing(denominator: int | None) -> dict[str, Any]:
    return {"value": None, "numerator": None, "denominator": denominator}
