"""Another responsibility list, tried on past cases: what would have moved, and the rates then.

The cases' outcomes stay as they were; only the department to which they are attributed moves.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from streams.core.events import Instant
from streams.core.figures import Value
from streams.core.lead import lead, standing
from streams.core.place import PlaceRules, Rulebook, with_list
from streams.core.placedocs import ResponsibilityBody
from streams.core.registry import FIGURES, Part

COMPARED = ("completion_rate", "on_time_of_closed_rate")
"""The figures that are told for each department, before and after."""

NOTE_ZH = "案件的结果保持原样，只有归属变动；拟议清单视同立案时已经施行"
NOTE_EN = (
    "the outcomes of the cases stay as they were, only their attribution moves; "
    "the proposed list is read as if it had been in force when each case was filed"
)


class PastCase(msgspec.Struct, frozen=True, kw_only=True):
    """A filed case: what it was routed by, who leads it now, and what holds of it now.

    `holding` names the predicates (core/predicates) that hold; `first` is the department that
    received it first, where that is known.
    """

    case_id: str
    matter: str | None
    area: str | None
    filed_at: Instant
    department: str | None
    holding: frozenset[str]
    first: str | None = None


class Proposal(msgspec.Struct, frozen=True):
    """A list to be tried, and when it is to begin."""

    body: ResponsibilityBody
    version: str
    begins: datetime


class Move(msgspec.Struct, frozen=True):
    """A case that another department would have led; None is nobody."""

    case_id: str
    before: str | None
    after: str | None


class Account(msgspec.Struct, frozen=True):
    """One department's cases and figures, as they are attributed and as they would be."""

    department: str | None
    cases: tuple[int, int]
    figures: dict[str, tuple[Value, Value]]


class WhatIf(msgspec.Struct, frozen=True):
    """What a list would have moved. `by_hand` cases are led by another department than the list
    of their day says; they too move only where the two lists differ. What was returned and not
    dispatched again is led by nobody."""

    cases: int
    stayed: int
    by_hand: int
    moves: list[Move]
    accounts: list[Account]

    @property
    def pairs(self) -> list[tuple[str | None, str | None, int]]:
        """From whom to whom how many, the most first."""
        counted = Counter((move.before, move.after) for move in self.moves)
        return [(before, after, cases) for (before, after), cases in counted.most_common()]


def what_if(cases: Iterable[PastCase], book: Rulebook, place: str, proposal: Proposal) -> WhatIf:
    """Replay the proposal over past cases of a place, beside the rules of each case's own day.

    A case moves where the two lists name different departments and the new one is not already the
    one that leads; what was dispatched by hand stays where the lists agree.
    """
    trial = _Trial(book, place, proposal)
    before, after = _Attributed(), _Attributed()
    moves: list[Move] = []
    stayed = by_hand = 0
    for case in cases:
        old, new = trial.leads(case)
        then = case.department if old == new else new
        by_hand += case.department not in {old, None}
        before.add(case.department, case.holding)
        after.add(then, case.holding)
        if then == case.department:
            stayed += 1
        else:
            moves.append(Move(case.case_id, case.department, then))
    accounts = _accounts(before, after)
    return WhatIf(stayed + len(moves), stayed, by_hand, moves, accounts)


class _Trial:
    """Two rulebooks side by side: that of each day, and the same with the proposed list."""

    def __init__(self, book: Rulebook, place: str, proposal: Proposal) -> None:
        self._book, self._place, self._proposal = book, place, proposal
        self._changed: dict[PlaceRules, PlaceRules] = {}

    def leads(self, case: PastCase) -> tuple[str | None, str | None]:
        """Who leads the case by the rules of its day, and who by the proposal."""
        rules = self._book.at(self._place, case.filed_at)
        if rules is None:
            return None, None
        changed = self._changed.get(rules)
        if changed is None:
            changed = with_list(rules, self._proposal.body, self._proposal.version)
            self._changed[rules] = changed
        # Rows of a list that is still to come are read as they will stand when it begins.
        then = max(case.filed_at, self._proposal.begins)
        return _lead(rules, case, case.filed_at), _lead(changed, case, then)


def _lead(rules: PlaceRules, case: PastCase, at: datetime) -> str | None:
    return lead(rules, case.matter, standing(rules, case.area, at), case.first).department


# --- the departments' accounts -------------------------------------------------------------------


def parts() -> list[Part]:
    """The sets of cases whose sizes make up the compared figures; first all cases."""
    figures = [FIGURES[name] for name in COMPARED]
    sides = [side for one in figures for side in (one.numerator, one.denominator or ())]
    return list(dict.fromkeys([(), *sides]))


class _Attributed:
    """Cases counted by the department to which they are attributed."""

    def __init__(self) -> None:
        self.counts: dict[str | None, Counter[Part]] = {}
        self._parts = parts()

    def add(self, department: str | None, holding: frozenset[str]) -> None:
        counts = self.counts.setdefault(department, Counter())
        counts.update(part for part in self._parts if holding.issuperset(part))


def _accounts(before: _Attributed, after: _Attributed) -> list[Account]:
    """All departments that have a case before or after, the most cases first, nobody last."""
    nothing: Counter[Part] = Counter()
    accounts = []
    for one in before.counts | after.counts:
        was, would = before.counts.get(one, nothing), after.counts.get(one, nothing)
        figures = {name: (_rate(name, was), _rate(name, would)) for name in COMPARED}
        accounts.append(Account(one, (was[()], would[()]), figures))
    return sorted(accounts, key=lambda a: (a.department is None, -a.cases[0], a.department or ""))


def _rate(name: str, counts: Mapping[Part, int]) -> Value:
    figure = FIGURES[name]
    top, bottom = counts.get(figure.numerator, 0), counts.get(figure.denominator or (), 0)
    return Value(top / bottom if bottom else None, top, bottom)
