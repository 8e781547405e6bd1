"""How a report stands at present, told to whoever sent it each time that it changes."""

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.case import Story, Told, fact_id
from streams.core.casebook import Kept, Revision
from streams.core.events import Outcome, Satisfaction, TicketRef
from streams.core.lifecycle import FLOW_OF, Flow
from streams.core.notices import Reply, ReplyStatus, notice_id
from streams.core.results import FactKind

STATUS = {
    FactKind.REPORT_ACCEPTED: ReplyStatus.ACCEPTED,
    FactKind.REPORT_REJECTED: ReplyStatus.NOT_ADMITTED,
    FactKind.CASE_DISPATCHED: ReplyStatus.DISPATCHED,
    FactKind.DISPATCH_RETURNED: ReplyStatus.ACCEPTED,
    FactKind.CASE_HANDLED: ReplyStatus.HANDLED,
    FactKind.OUTCOME_DECIDED: ReplyStatus.DECIDED,
    FactKind.REWORK_ORDERED: ReplyStatus.DISPATCHED,
    FactKind.CASE_CLOSED: ReplyStatus.CLOSED,
    FactKind.CASE_REOPENED: ReplyStatus.REOPENED,
    FactKind.CASE_VOIDED: ReplyStatus.VOID,
}


def _tickets(kept: Kept, story: Story) -> Iterator[TicketRef]:
    """The reports of the case, each as its sender knows it: every one is replied to."""
    yield TicketRef(kept.seed.sender, kept.seed.id)
    yield from story.linked


def replies(before: Story | None, revision: Revision) -> Iterator[Reply]:
    """That the reports stand otherwise than before; first, that they never stood so.

    Who comes to a case later hears how it stands; who leaves it, from the case to which he goes.
    """
    now, was = _standing(revision.story), _standing(before) if before is not None else None
    if now is None:
        return
    same = was is not None and was.same(now)
    if same and before is not None and before.linked == revision.story.linked:
        return
    gone = {fact.fact_id for fact in revision.facts if fact.withdrawn}
    kept = revision.kept
    there = set() if before is None else {*_tickets(kept, before)}
    for ticket in _tickets(kept, revision.story):
        if was is not None and ticket in there:
            if same:
                continue
            if fact_id(kept.case_id, was.told.kind, was.told.cause) in gone:
                yield _reply(kept, ticket, was, withdrawn=True)
        yield _reply(kept, ticket, now)


class _Standing(NamedTuple):
    """How the reports of a case stand, and the fact on which that rests."""

    status: ReplyStatus
    told: Told
    rated: str | None
    outcome: str | None

    def same(self, other: "_Standing") -> bool:
        """Whether both say the same: a fact of one kind and cause is one fact."""
        told, its = self.told, other.told
        words = (self.rated, self.outcome) == (other.rated, other.outcome)
        return told.kind is its.kind and told.cause == its.cause and words


def _standing(story: Story) -> _Standing | None:
    case, flow = story.case, FLOW_OF[story.case.lifecycle]
    for told in reversed(story.facts):
        status = _status(told, flow)
        if status is not None:
            rated = case.satisfaction if status is ReplyStatus.CLOSED else None
            # What another system says of a ticket is no decision of anybody here.
            outcome = None if flow is Flow.CASE else case.outcome
            return _Standing(status, told, rated, outcome)
    return None


def _status(told: Told, flow: Flow) -> ReplyStatus | None:
    if told.kind is FactKind.REPORT_VERIFIED and told.detail.get("passed") is False:
        return ReplyStatus.NOT_ADMITTED
    status = STATUS.get(told.kind)
    received = status is ReplyStatus.ACCEPTED and flow is not Flow.CASE
    return ReplyStatus.RECEIVED if received else status


def _reply(kept: Kept, ticket: TicketRef, standing: _Standing, *, withdrawn: bool = False) -> Reply:
    status, told, rated, outcome = standing
    fact = fact_id(kept.case_id, told.kind, told.cause)
    return Reply(
        id=notice_id(fact, status.value, ticket.sender, ticket.id),
        revision=kept.revision,
        place=kept.seed.place,
        withdrawn=withdrawn,
        fact_id=fact,
        case_id=kept.case_id,
        flow=FLOW_OF[kept.seed.lifecycle],
        ticket=ticket,
        status=status,
        at=told.at,
        reason=told.detail.get("reason"),
        outcome=Outcome(outcome) if outcome is not None else None,
        satisfaction=Satisfaction(rated) if rated is not None else None,
    )
