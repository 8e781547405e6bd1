"""A case's revisions: repeated, late or shuffled inputs end in the same rows."""

from datetime import datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.core.accepted import AcceptedReport
from streams.core.case import ActInput, Story
from streams.core.casebook import Group, Kept, Known, let_out, opened, tell
from streams.core.events import INFINITY, ActKind, RowStatus
from streams.core.results import Fact, FactKind, Span
from tests.case_inputs import act, at, report, revised, row, rulebook, whole_life

RULES = rulebook()


class Tables:
    """What the store holds: rows collapsed by key, the highest revision standing."""

    def __init__(self) -> None:
        self.spans: dict[tuple[datetime, datetime], Span] = {}
        self.facts: dict[str, Fact] = {}

    def current(self) -> list[tuple[object, ...]]:
        """The known-now spans, without revision and knowledge times."""
        standing = [s for s in self.spans.values() if s.known_to == INFINITY]
        return sorted(
            (s.from_at, s.to_at, s.state, str(s.handled_at), str(s.closed_at), s.void, s.excluded)
            for s in standing
        )

    def standing(self) -> set[tuple[str, FactKind, datetime]]:
        return {(f.fact_id, f.kind, f.occurred_at) for f in self.facts.values() if not f.withdrawn}


def play(
    acts: list[ActInput], ticks: dict[int, float] | None = None, seed: AcceptedReport | None = None
) -> tuple[Tables, Kept, Story]:
    """Feed the report, then the acts one by one; ticks after the n-th input."""
    tables, tick, story = Tables(), None, None
    kept = opened("here/a1/1", seed or report(), at(1000))
    for n, item in enumerate([None, *acts]):
        if item is not None:
            kept = replace(kept, acts=(*kept.acts, item))
        result = revised(kept, story, RULES, Known(at(1000 + n), n, tick))
        kept, story = result.kept, result.story
        tables.spans |= {(s.from_at, s.known_from): s for s in result.record.spans}
        tables.facts |= {f.fact_id: f for f in result.facts}
        if ticks and n in ticks:
            tick = max(at(ticks[n]), tick or at(0))  # casework heeds no tick that goes back
            tables.facts |= {f.fact_id: f for f in let_out(kept, story, tick, at(2000))}
    return tables, kept, story


def test_all_orders_of_delivery_end_in_the_same_rows() -> None:
    acts = [*whole_life(20)[:3], act(ActKind.EXTEND, 3, passed=True, until=at(22.5))]
    ends = [play(list(order), {0: 1, 4: 500})[0] for order in permutations(acts)]
    assert len({tuple(end.current()) for end in ends}) == 1
    assert len({frozenset(end.standing()) for end in ends}) == 1


lives = st.permutations(
    [*whole_life(), act(ActKind.REOPEN, 30), act(ActKind.EXTEND, 3, passed=True, until=at(40))]
)


@given(lives, lives, st.dictionaries(st.integers(0, 7), st.integers(0, 80), max_size=3))
def test_shuffled_inputs_and_other_ticks_give_the_same_current_rows(one, other, ticks) -> None:
    end = {8: 5000.0}
    first = play(one, {**{n: h for n, h in ticks.items() if n < 8}, **end})[0]
    second = play(other, end)[0]
    assert first.current() == second.current()
    assert first.standing() == second.standing()


def test_a_tick_lets_a_breach_out_and_a_late_extension_takes_it_back() -> None:
    extension = act(ActKind.EXTEND, 20, passed=True, until=at(48))
    tables, _, _ = play([], {0: 30})
    assert {kind for _, kind, _ in tables.standing()} >= {FactKind.DEADLINE_BREACHED}
    tables, _, _ = play([extension], {0: 30})
    breach = [f for f in tables.facts.values() if f.kind is FactKind.DEADLINE_BREACHED]
    assert [f.withdrawn for f in breach] == [True]


def test_a_tick_before_the_deadline_or_at_it_lets_nothing_out() -> None:
    _, kept, story = play([])
    assert let_out(kept, story, at(24), at(2000)) == []
    assert [f.occurred_at for f in let_out(kept, story, at(24.1), at(2000))] == [at(24)]


def test_an_act_that_changes_no_value_writes_no_span() -> None:
    kept = opened("here/a1/1", report(), at(1000))
    first = revised(kept, None, RULES, Known(at(1000), 0, None))
    refused = replace(first.kept, acts=(act(ActKind.CLOSE, 3),))
    second = revised(refused, first.story, RULES, Known(at(1001), 1, None))
    assert second.record.spans == []
    assert second.record.reports == []
    assert [f.kind for f in second.facts] == [FactKind.ACT_REFUSED]


def test_a_newer_export_restates_and_what_was_known_before_stays() -> None:
    seed = report(lifecycle="ticket", source="imported", matter=None)
    closed = row(100, RowStatus.CLOSED, closed_at=at(5))
    restated = row(200, RowStatus.CLOSED, closed_at=at(9))
    tables, _, _ = play([closed, restated], seed=seed)

    def closed_at(known: datetime) -> datetime | None:
        a = at(500)
        (span,) = [
            s
            for s in tables.spans.values()
            if s.from_at < a <= s.to_at and s.known_from < known <= s.known_to
        ]
        return span.closed_at

    assert closed_at(at(1002)) == at(5)
    assert closed_at(INFINITY) == at(9)
    withdrawn = [f for f in tables.facts.values() if f.withdrawn]
    assert [f.kind for f in withdrawn] == [FactKind.CASE_CLOSED]


def test_folding_again_from_what_was_kept_tells_the_same_story() -> None:
    _, kept, story = play(whole_life())
    assert tell(Group(kept), RULES) == story
