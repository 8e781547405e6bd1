"""What one revision of a case makes us tell others: departments, senders of reports, watchers.

Others are told what is so now, not all that ever happened: a department what it is asked at
present, a sender how his ticket stands at present. So each notice derives from the one fact on
which the present rests, and its id from that fact's. The rules that follow from it:

- The same revision gives the same notices, byte for byte; a repeated chunk repeats them.
- A late fact that changes nothing of the present is not told: a dispatch that another one had
  overtaken before it became known, a breach of a clock that had stopped by then. Of several steps
  that become known together the last one is told.
- A fact that is told again with another detail is sent again, under its id and with the higher
  revision, only where the notice itself would read otherwise: a new deadline, yes; who did it, no.
- Where the fact of a notice is disproved, the notice comes again with `withdrawn`, to the same
  receiver; and what is so again thereby is sent again. An alarm may be withdrawn that was never
  raised: whoever does not know it passes over it.
- What a department loses though it stood (the case went to another one, was voided, its return was
  approved) is told by a notice that `ends` it; what it has done needs no telling.
- Places whose id holds a `~` are replays (`P~check`), and cases of the lifecycle `ticket` another
  system's past: of both nobody is told anything.
"""

from collections.abc import Iterator, Sequence

from streams.core.accepted import AcceptedReport
from streams.core.asking import dispatches
from streams.core.case import Case, Story
from streams.core.casebook import Kept, Revision
from streams.core.notices import Alarm, AlarmKind, Notice, notice_id
from streams.core.placedocs import ClockName
from streams.core.replying import replies
from streams.core.results import Fact, FactKind

REPLAY_MARK = "~"

ALARMS = {
    FactKind.DEADLINE_BREACHED: AlarmKind.DEADLINE_BREACHED,
    FactKind.CALENDAR_MISSING: AlarmKind.CALENDAR_MISSING,
    FactKind.LEVEL_RAISED: AlarmKind.DISPUTE_PASSED_UP,
}

DISPUTES = frozenset({"mediation"})
"""矛盾不上交 · lifecycles of which nothing should be raised a level."""


def outbound(before: Story | None, revision: Revision) -> list[Notice]:
    """All that a revision makes us tell, `before` being the story until then."""
    if _silent(revision.kept.seed):
        return []
    raised = alarms(revision.kept, revision.story, revision.facts)
    return [*dispatches(before, revision), *replies(before, revision), *raised]


def alarms(kept: Kept, story: Story, facts: Sequence[Fact]) -> Iterator[Alarm]:
    """The alarms among some facts, as long as they matter: the case runs, and the clock too."""
    for fact in facts:
        kind = ALARMS.get(fact.kind)
        if kind is None or _silent(kept.seed):
            continue
        if kind is AlarmKind.DISPUTE_PASSED_UP and kept.seed.lifecycle not in DISPUTES:
            continue
        if fact.detail.get("clock") == ClockName.STUCK.value:
            kind = AlarmKind.CASE_STUCK
        if fact.withdrawn or _matters(story.case, fact):
            yield Alarm(
                id=notice_id(fact.fact_id, kind.value),
                revision=kept.revision,
                place=kept.seed.place,
                withdrawn=fact.withdrawn,
                kind=kind,
                at=fact.occurred_at,
                fact_id=fact.fact_id,
                case_id=kept.case_id,
                area=story.case.area,
                department=fact.department,
                detail=fact.detail,
            )


def _silent(seed: AcceptedReport) -> bool:
    return seed.lifecycle == "ticket" or REPLAY_MARK in seed.place


def _matters(case: Case, fact: Fact) -> bool:
    if fact.kind in {FactKind.CALENDAR_MISSING, FactKind.LEVEL_RAISED}:
        return case.running
    ran_out = (clock.running and clock.due == fact.occurred_at for clock in case.clocks)
    return case.running and any(ran_out)
