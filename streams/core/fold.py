"""A case is the fold of its accepted inputs, in one total order; late or shuffled, the end is one.

The order is (occurred_at; report before acts, acts in the order of the lifecycle's moves; sender;
id), never the offset. Nothing here remembers: what a later input disproves was never said.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from streams.core.accepted import AcceptedReport
from streams.core.acting import advance
from streams.core.case import UNCLASSIFIED, ActInput, After, Case, Linked, Story, Told
from streams.core.clocks import OVERALL
from streams.core.doubts import doubts, reported_again
from streams.core.events import INFINITY, ActKind, TicketRef
from streams.core.filing import awaiting, filed
from streams.core.gate import joined, judged_by, opened
from streams.core.happened import Happened, noted
from streams.core.imported import imports, last_row, steps, ticket
from streams.core.lead import scopes
from streams.core.lifecycle import FILES, CaseState
from streams.core.linking import link, reopening, told_of
from streams.core.looks import Look, look_of
from streams.core.outcome import Result, World, refused
from streams.core.place import Mode, PlaceRules, Rulebook, mode_of
from streams.core.reading import NEVER_JUDGED, Reading
from streams.core.recurrence import afters
from streams.core.results import FactKind
from streams.core.route import route

Order = tuple[datetime, int, str, str]


def fold(
    seed: AcceptedReport,
    acts: Sequence[ActInput],
    rules: Rulebook,
    *,
    linked: Sequence[Linked] = (),
    early: Sequence[ActInput] = (),
    reading: Reading | None = None,
) -> Story:
    """Tell a case from its seed report, its acts and the reports linked to it, in whatever order
    they came; `reading` is what the seed itself was read as. Acts that are `early`, before the
    linked report that they name, are told as refused."""
    row = last_row(acts)
    world = World(seed, rules)
    case, facts = _open(world, row, reading)
    if reading is not None:
        facts += told_of(reading, (seed.sender, seed.id), seed.occurred_at)
    telling = _Telling(case, [(case.filed_at or seed.occurred_at, case)], facts)
    ordered: list[ActInput | Linked] = [*steps(acts, row)]
    if linked:
        ordered = sorted([*ordered, *linked], key=_order)
    for one in ordered:
        telling.take(one, world)
    telling.facts += imports(acts)
    telling.facts += (refused(act, "before_report") for act in early)
    return telling.story(
        len(acts) + len(early) + len(linked), ordered[-1].order if ordered else None
    )


def follow(
    story: Story, seed: AcceptedReport, new: ActInput | Linked, rules: Rulebook
) -> Story | None:
    """The same as folding anew, where the input comes behind all that the story has; else None.

    The usual case, at a fraction of the cost.
    """
    special = seed.lifecycle == "ticket" or (
        isinstance(new, ActInput) and new.act.act is ActKind.IMPORT_ROW
    )
    if special or (story.last is not None and new.order < story.last):
        return None
    telling = _Telling(story.case, list(story.history), list(story.facts), list(story.linked))
    telling.afters += story.afters
    telling.take(new, World(seed, rules))
    return telling.story(story.inputs + 1, new.order)


class _Telling:
    """A story as it grows, input by input in their order."""

    def __init__(
        self,
        case: Case,
        history: list[tuple[datetime, Case]],
        facts: list[Told],
        linked: list[TicketRef] | None = None,
    ) -> None:
        self.afters: list[After] = []
        self.case, self.history, self.facts, self.linked = case, history, facts, linked or []
        self.breached = {told.also for told in facts if told.kind is FactKind.DEADLINE_BREACHED}

    def take(self, new: ActInput | Linked, world: World) -> None:
        """Let out what had run out before it, then do what it says."""
        if isinstance(new, ActInput) and new.occurred_at < self.history[0][0]:
            self.facts.append(refused(new, "before_report"))
            return
        for breach in breaches(self.case, new.occurred_at):
            if breach.also not in self.breached:
                self.breached.add(breach.also)
                self.facts.append(breach)
        if isinstance(new, Linked):
            if new.look is None or new.look.found:
                self.linked.append(TicketRef(new.sender, new.id))
                self.facts += link(new)
            if new.reading.reopens:
                self._reopen(reopening(new, world.seed.place), world)
            self._become(joined(self.case, new, world), new.occurred_at)
        else:
            self._do(new, world)

    def _do(self, act: ActInput, world: World) -> None:
        met = judged_by(self.case, act, world)
        case, told = met or advance(self.case, act, world)
        told = [*told, *doubts(self.history, self.facts, told, world)]
        self.afters += afters(told, world)
        self._become((case, told), act.occurred_at)

    def _reopen(self, again: ActInput, world: World) -> None:
        """A further report undoes the closing, which is then one to be looked at."""
        case, told = advance(self.case, again, world)
        told = [*told, *reported_again(self.facts, again, told, world)]
        self._become((case, told), again.occurred_at)

    def _become(self, result: Result, at: datetime) -> None:
        moved, told = result
        moved = noted(self.case, moved, told)
        self.facts += told
        if moved is not self.case:
            self.case = moved
            self.history.append((at, moved))

    def story(self, inputs: int, last: Order | None) -> Story:
        """All of it, with the deadlines that nothing has met yet."""
        ahead = (b.at for b in breaches(self.case, INFINITY) if b.also not in self.breached)
        pending = tuple(sorted(set(ahead)))
        return Story(
            self.case,
            tuple(self.history),
            tuple(self.facts),
            pending,
            inputs,
            last,
            tuple(self.linked),
            afters=tuple(self.afters),
        )


def _order(new: ActInput | Linked) -> Order:
    return new.order


def breaches(case: Case, now: datetime) -> Iterator[Told]:
    """The breaches that stand at `now`: each dated by its deadline and named by it, so that it is
    told only once; that of the overall clock has no word for it in its name."""
    if not case.running:
        return
    for clock in case.clocks:
        if clock.running and clock.due is not None and clock.due < now:
            overall = clock.name == OVERALL
            yield Told(
                FactKind.DEADLINE_BREACHED,
                clock.due,
                ("", ""),
                clock.due.isoformat() if overall else f"{clock.name} {clock.due.isoformat()}",
                clock.department or case.department,
                detail={} if overall else {"clock": clock.name},
            )


# --- opening ------------------------------------------------------------------------------------


def _open(world: World, row: ActInput | None, reading: Reading | None) -> Result:
    seed = world.seed
    cause = (seed.sender, seed.id)
    said = {"source": seed.source}
    accepted = Told(FactKind.REPORT_ACCEPTED, seed.occurred_at, cause, detail=said)
    at = seed.occurred_at
    if seed.lifecycle == "ticket":
        last = row.act.row if row else None
        case = ticket(seed, last, world.rules_at(last.reported_at if last else at))
        return case, [accepted, Told(FactKind.CASE_FILED, case.filed_at or at, cause)]
    case, begun = _reported(world, look_of(seed), reading)
    return case, [accepted, *begun]


def _reported(world: World, look: Look | None, reading: Reading | None) -> Result:
    """What a report opens: a case that is filed at once, that waits, or that is not admitted."""
    seed, case = world.seed, reported(world.seed)
    at, cause = seed.occurred_at, (seed.sender, seed.id)
    rules = world.rules_at(at)
    if rules is None:
        case = replace(case, marks=("rules_missing",))
    else:
        way = route(rules, case.matter, case.area, at=at)
        here = rules.areas.get(case.area or "")
        case = replace(
            case,
            routing=tuple(way.trace),
            marks=tuple(_marks(case, rules, at)),
            stands_at=here.level if here else None,
        )
        known = rules.matters.get(case.matter or "")
        if known is not None:
            case = replace(case.graded(known.urgency), patrol_visible=known.patrol_visible)
        if not way.admitted:
            barred = (Happened.NOT_ADMITTED.value,)
            case = replace(
                case, state=CaseState.REJECTED, void=True, filed_at=None, happened=barred
            )
            reason = {"reason": "not_admitted"}
            return case, [Told(FactKind.REPORT_REJECTED, at, cause, detail=reason)]
    if look is not None:
        return opened(case, look, reading.judged if reading else NEVER_JUDGED, cause, world)
    if case.filed_at is None:
        # Who will lead is only a proposal until then, which the trace tells.
        return (case, []) if rules is None else awaiting(case, at, rules, cause)
    return filed(case, at, rules, cause)


def _marks(case: Case, rules: PlaceRules, at: datetime) -> Iterator[str]:
    if mode_of(rules, case.area) is Mode.EMERGENCY:
        yield f"mode:{Mode.EMERGENCY.value}"
    if case.matter is None and rules.matters:
        yield UNCLASSIFIED
    mine = set(scopes(rules, case.matter))
    for period in rules.guard_periods:
        if period.valid_from <= at < period.valid_to and mine & {*period.matters}:
            yield f"guard:{period.id}"


def reported(seed: AcceptedReport) -> Case:
    """A case of which nothing is known but its report."""
    return Case(
        lifecycle=seed.lifecycle,
        state=CaseState.REPORTED,
        filed_at=None if seed.lifecycle in FILES or seed.unconfirmed else seed.occurred_at,
        source=seed.source,
        street=seed.street,
        area=seed.area,
        grid=seed.grid,
        category=seed.category,
        matter=seed.matter,
        text=seed.text,
    )
