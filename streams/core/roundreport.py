"""A round at the door: whether it can have been, and the report that a failed one makes."""

from datetime import datetime

from streams.core.events import UNASKED, GridworkerReport, Round, RoundKind, RoundResult
from streams.core.place import PlaceRules
from streams.core.refusal import Reason, Refused

CHECK = "check"
"""检查 · the source of a report that a round made of what failed."""


def sound(made: Round, latest: datetime) -> None:
    """Refused where a round's times cannot be, or where it failed without saying what did."""
    if max(made.started_at, made.ended_at or made.started_at) > latest:
        raise Refused(Reason.BAD_TIME, "the round lies more than a day after its arrival")
    if made.ended_at is not None and made.ended_at < made.started_at:
        raise Refused(Reason.BAD_TIME, "the round ended before it began")
    if made.result is RoundResult.FAILED and not made.text:
        raise Refused(Reason.ROUND_INCOMPLETE, "a round that failed says in `text` what did")
    if made.result is RoundResult.FAILED and made.kind in UNASKED:
        raise Refused(Reason.ROUND_IMPOSSIBLE, f"a {made.kind.value} opens no case")
    if made.kind is RoundKind.AWARD:
        needs = ("worker", "account", "points", "text")
        if lacking := [name for name in needs if not getattr(made, name)]:
            raise Refused(Reason.ROUND_INCOMPLETE, f"an award needs {', '.join(lacking)}")
    elif made.account is not None or made.points is not None:
        raise Refused(Reason.ROUND_IMPOSSIBLE, "only an award gives points")
    if made.kind is RoundKind.READING:
        if None in (made.subject, made.reading):
            raise Refused(Reason.ROUND_INCOMPLETE, "a reading needs subject, reading")
    elif made.reading is not None:
        raise Refused(Reason.ROUND_IMPOSSIBLE, "only a reading says what was read")


def listed(rules: PlaceRules, made: Round) -> None:
    """Refused where points are put on an account that the place does not keep."""
    kept = [one.id for one in rules.points.accounts] if rules.points is not None else []
    if made.account is not None and made.account not in kept:
        told = ", ".join(kept) or "none"
        raise Refused(Reason.UNKNOWN_ACCOUNT, f"{made.account!r}; the place keeps: {told}")


def as_report(made: Round) -> GridworkerReport:
    """What failed, as a report by whoever made the round; it names of whom or what it is."""
    return GridworkerReport(
        place=made.place,
        text=" ".join(filter(None, (made.subject, made.text))),
        area=made.area,
        grid=made.grid,
        matter=made.matter,
        reporter=made.worker or CHECK,
        recorded_at=made.recorded_at,
    )
