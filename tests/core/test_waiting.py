"""Waiting acts: each once, each a value of its own, found again after a restart."""

from datetime import UTC, datetime

from streams.core.accepted import AcceptedAct, Origin
from streams.core.events import Act, ActKind, TicketRef
from streams.core.waiting import DAY_MS, Queues, Waiting
from tests.flow.memory_chain import MemoryState

TICKET = b"/here/hotline\0r1"


def waiting(name: str, since_ms: int = 0) -> Waiting:
    act = Act(place="here", act=ActKind.SIGN, ticket=TicketRef("/here/hotline", "r1"))
    origin = Origin("gridloop.acts.v1", 0, 0)
    at = datetime(2025, 1, 1, tzinfo=UTC)
    accepted = AcceptedAct(
        sender="/here/desk", id=name, sha256="0", occurred_at=at, act=act, origin=origin
    )
    return Waiting(accepted, b"sealed", since_ms)


def kept(state: MemoryState, writes: dict[bytes, bytes | None]) -> MemoryState:
    state.values |= {key: value for key, value in writes.items() if value is not None}
    for key in [key for key, value in writes.items() if value is None]:
        state.values.pop(key, None)
    return state


def test_no_kept_value_grows_with_the_number_that_wait() -> None:
    writes: dict[bytes, bytes | None] = {}
    queues = Queues(MemoryState(), b"w/")
    for number in range(100):
        queues.add(TICKET, waiting(f"a{number}"), writes)
    assert len(writes) == 100
    assert max(len(value or b"") for value in writes.values()) < 1000


def test_a_repeat_waits_once() -> None:
    writes: dict[bytes, bytes | None] = {}
    queues = Queues(MemoryState(), b"w/")
    queues.add(TICKET, waiting("a1"), writes)
    queues.add(TICKET, waiting("a1", 5), writes)
    assert queues.count(TICKET) == 1


def test_after_a_restart_the_same_wait_and_a_release_leaves_nothing() -> None:
    writes: dict[bytes, bytes | None] = {}
    first = Queues(MemoryState(), b"w/")
    first.add(TICKET, waiting("a2", 2), writes)
    first.add(TICKET, waiting("a1", 1), writes)
    first.add(b"another", waiting("a3"), writes)
    state = kept(MemoryState(), writes)
    again = Queues(state, b"w/")
    released: dict[bytes, bytes | None] = {}
    assert [one.act.id for one in again.release(TICKET, released)] == ["a1", "a2"]
    assert [key for key, _ in Queues(kept(state, released), b"w/").all()] == [b"another"]


def test_what_was_listed_is_not_listed_again() -> None:
    writes: dict[bytes, bytes | None] = {}
    queues = Queues(MemoryState(), b"w/")
    queues.add(TICKET, waiting("a1"), writes)
    ((wanted, one),) = queues.all()
    assert not one.overdue(7 * DAY_MS, 7)
    assert one.overdue(7 * DAY_MS + 1, 7)
    queues.list(wanted, one, writes)
    ((_, again),) = Queues(kept(MemoryState(), writes), b"w/").all()
    assert not again.overdue(8 * DAY_MS, 7)
