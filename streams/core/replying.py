"""How a report stands at present, told to whoever sent it each time that it changes."""

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.case import Story, Told, fact_id
from streams.core.casebook import Kept, Revision
from streams.core.events import FactKind, Satisfaction, TicketRef
from streams.core.notices import Reply, ReplyStatus, notice_id

STATUS = {
    FactKind.REPORT_ACCEPTED: ReplyStatus.ACCEPTED,
    FactKind.REPORT_REJECTED: ReplyStatus.NOT_ADMITTED,
    FactKind.CASE_DISPATCHED: ReplyStatus.DISPATCHED,
    FactKind.DISPATCH_RETURNED: ReplyStatus.ACCEPTED,
    FactKind.CASE_HANDLED: ReplyStatus.HANDLED,
    FactKind.REWORK_ORDERED: ReplyStatus.DISPATCHED,
    FactKind.CASE_CLOSED: ReplyStatus.CLOSED,
    FactKind.CASE_REOPENED: ReplyStatus.REOPENED,
    FactKind.CASE_VOIDED: ReplyStatus.VOID,
}


def _tickets(kept: Kept) -> Iterator[TicketRef]:
    """The reports of the case, each as its sender knows it: every one is replied to."""
    yield TicketRef(kept.seed.sender, kept.seed.id)


def replies(before: Story | None, revision: Revision) -> Iterator[Reply]:
    """That the reports stand otherwise than before; first, that they never stood so."""
    now, was = _standing(revision.story), _standing(before) if before is not None else None
    if now is None or (was is not None and was.same(now)):
        return
    gone = {fact.fact_id for fact in revision.facts if fact.withdrawn}
    kept = revision.kept
    for ticket in _tickets(kept):
        if was is not None and fact_id(kept.case_id, was.told.kind, was.told.cause) in gone:
            yield _reply(kept, ticket, was, withdrawn=True)
        yield _reply(kept, ticket, now)


class _Standing(NamedTuple):
    """How the reports of a case stand, and the fact on which that rests."""

    status: ReplyStatus
    told: Told
    rated: str | None

    def same(self, other: "_Standing") -> bool:
        """Whether both say the same: a fact of one kind and cause is one fact."""
        told, its = self.told, other.told
        return told.kind is its.kind and told.cause == its.cause and self.rated == other.rated


def _standing(story: Story) -> _Standing | None:
    for told in reversed(story.facts):
        status = _status(told)
        if status is not None:
            closed = status is ReplyStatus.CLOSED
            return _Standing(status, told, story.case.satisfaction if closed else None)
    return None


def _status(told: Told) -> ReplyStatus | None:
    if told.kind is FactKind.REPORT_VERIFIED and told.detail.get("passed") is False:
        return ReplyStatus.NOT_ADMITTED
    return STATUS.get(told.kind)


def _reply(kept: Kept, ticket: TicketRef, standing: _Standing, *, withdrawn: bool = False) -> Reply:
    status, told, rated = standing
    fact = fact_id(kept.case_id, told.kind, told.cause)
    return Reply(
        id=notice_id(fact, status.value, ticket.sender, ticket.id),
        revision=kept.revision,
        place=kept.seed.place,
        withdrawn=withdrawn,
        fact_id=fact,
        case_id=kept.case_id,
        ticket=ticket,
        status=status,
        at=told.at,
        reason=told.detail.get("reason"),
        satisfaction=Satisfaction(rated) if rated is not None else None,
    )
