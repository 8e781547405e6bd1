"""A hop on deliveries of its own, without Faust: what is done in which order, and what is not."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from faust.stores.rocksdb import RocksDBOptions

from streams.core.record import Decision, Out, Record, State, Step
from streams.core.topics import Topic
from streams.flow import hop as hops
from streams.flow.hop import Hop, Passage
from streams.flow.shelf import Overtaken, Shelf
from streams.flow.store import MEMORY

MAIN, TICKS = Topic("main", "any", {}), Topic("ticks", "any", {})
KEPT = Topic("kept", "key", {})


class FakeBroker:
    """Takes records as the broker does; `away`: what the next calls raise, None for no error."""

    def __init__(self, diary: list[str]) -> None:
        self.diary = diary
        self.away: list[Exception | None] = []
        self.outs: list[Out] = []
        self.logs: defaultdict[int, list[tuple[bytes, bytes]]] = defaultdict(list)

    @property
    def log(self) -> list[tuple[bytes, bytes]]:
        """What partition 0 keeps."""
        return self.logs[0]

    async def send(self, outs: Iterable[Out]) -> None:
        self._answer("send")
        self.outs += outs

    async def append(
        self, topic: str, partition: int, lines: Sequence[tuple[bytes, bytes, tuple[()]]]
    ) -> int:
        self._answer("append")
        log = self.logs[partition]
        first = len(log)
        log += [(key, value) for key, value, _ in lines]
        return first

    def _answer(self, call: str) -> None:
        self.diary.append(call)
        if error := self.away.pop(0) if self.away else None:
            raise error


class FakeDelivery:
    """A chunk of one partition; `lost_after`: how many times it is still ours when asked."""

    def __init__(
        self, diary: list[str], records: list[Record], generation: int = 1, lost_after: int = 99
    ) -> None:
        self.diary, self.records, self.generation = diary, records, generation
        self.topic, self.partition = records[0].topic, records[0].partition
        self.left = lost_after

    def owned(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def ack(self) -> None:
        self.diary.append("ack")


class Counts:
    """Adds up what is counted."""

    def __init__(self) -> None:
        self.of: dict[str, int] = {}

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        self.of[name] = self.of.get(name, 0) + value


class Bench:
    """A passage with a real shelf and a fake broker; everything that happens goes in the diary."""

    def __init__(
        self, shelf: Shelf | None, step: Step, state: Topic | None = KEPT, *others: Shelf
    ) -> None:
        self.diary: list[str] = []
        self.broker, self.counts, self.shelf = FakeBroker(self.diary), Counts(), shelf
        hop = Hop("hop", step, (MAIN, TICKS), MAIN, state)
        get = None if shelf is None else [shelf, *others].__getitem__
        self.passage = Passage(hop, self.broker, get, self.counts)

    async def pass_on(
        self, *values: bytes, topic: Topic = MAIN, first: int = 0, **how: int
    ) -> None:
        """Hand over one chunk; its keys are its values."""
        at = enumerate(values, first)
        records = [Record(topic.name, 0, offset, 0, value, value) for offset, value in at]
        await self.passage.handle([FakeDelivery(self.diary, records, **how)])


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[list[Shelf]]:
    """Three empty shelves."""
    options = RocksDBOptions(use_rocksdict=True, **MEMORY)
    some = [Shelf(options.open(tmp_path / f"{number}.db")) for number in range(3)]
    for one in some:
        one.next = 0
    yield some
    for one in some:
        one.close()


@pytest.fixture
def shelf(shelves: list[Shelf]) -> Shelf:
    """The first of them, empty."""
    return shelves[0]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a back-off."""
    monkeypatch.setattr(hops, "FIRST_PAUSE_S", 0.0)


def note(records: Sequence[Record], state: State) -> Decision:
    """Sends each record on and keeps its value under its key."""
    outs = [Out("out", record.key, record.value) for record in records]
    return Decision(outs, {record.key or b"": record.value for record in records})


def sized(size: int) -> Callable[[Sequence[Record], State], Decision]:
    """A step that keeps so many bytes for each record."""
    return lambda records, state: Decision((), {r.key or b"": bytes([1]) * size for r in records})


async def test_what_is_sent_comes_before_what_is_kept_and_the_ack_is_last(shelf: Shelf) -> None:
    """Were state written first, a crash would leave it noted as done what was never sent."""
    bench = Bench(shelf, note)
    await bench.pass_on(b"a", b"b", b"a")

    assert bench.diary == ["send", "append", "ack"]
    assert [out.value for out in bench.broker.outs] == [b"a", b"b", b"a"]
    assert [key for key, _ in bench.broker.log] == [b"a", b"b"]
    assert (shelf.get(b"b"), shelf.applied) == (b"b", 2)


@pytest.mark.parametrize("call", [0, 1])
async def test_an_unknown_error_rises_and_nothing_is_acknowledged(shelf: Shelf, call: int) -> None:
    """Whatever was decided is not kept on this machine either: it will be decided again."""
    bench = Bench(shelf, note)
    bench.broker.away = [*[None] * call, MessageSizeTooLargeError()]
    with pytest.raises(MessageSizeTooLargeError):
        await bench.pass_on(b"a")

    assert "ack" not in bench.diary
    assert shelf.get(b"a") is None


async def test_a_broker_that_is_away_is_waited_for(shelf: Shelf) -> None:
    """Later means: in place, counted, and then all goes on as if nothing had been."""
    bench = Bench(shelf, note)
    bench.broker.away = [KafkaConnectionError(), None, KafkaConnectionError()]
    await bench.pass_on(b"a")

    assert bench.diary == ["send", "send", "append", "append", "ack"]
    assert bench.counts.of["later"] == 2
    assert shelf.get(b"a") == b"a"


@pytest.mark.parametrize(
    ("lost_after", "diary"),
    [(0, []), (1, []), (2, []), (3, ["send"]), (4, ["send", "append"])],
)
async def test_a_lost_partition_ends_the_decision(
    shelf: Shelf, lost_after: int, diary: list[str]
) -> None:
    """Before each write it is asked whose the partition is; what is known of it is forgotten."""
    bench = Bench(shelf, note)
    shelf.memo["a"] = "stale"
    await bench.pass_on(b"a", lost_after=lost_after)

    assert bench.diary == diary
    assert shelf.get(b"a") is None
    assert lost_after == 0 or not shelf.memo


async def test_waiting_for_the_broker_gives_way_to_a_rebalance(shelf: Shelf) -> None:
    """A chunk that nobody owns any more is not sent, however long the broker was away."""
    bench = Bench(shelf, note)
    bench.broker.away = [KafkaConnectionError()] * 9
    await bench.pass_on(b"a", lost_after=5)

    assert bench.diary == ["send"] * 3
    assert bench.counts.of["given_up"] == 1


async def test_a_memo_lasts_until_the_partition_changes_hands(shelf: Shelf) -> None:
    """A new generation of the group may have restored other values beneath it."""
    seen: list[dict[object, object]] = []

    def remember(records: Sequence[Record], state: State) -> Decision:
        seen.append(dict(state.memo))
        state.memo[records[0].value] = True
        return Decision()

    for state in (shelf, None):
        seen.clear()
        bench = Bench(state, remember)
        for value, generation in ((b"a", 1), (b"b", 1), (b"c", 2)):
            await bench.pass_on(value, generation=generation)
        assert seen == [{}, {b"a": True}, {}]


async def test_only_the_main_input_moves_the_stamp(shelf: Shelf) -> None:
    """Offsets of another input say nothing about how far the main one has come."""
    bench = Bench(shelf, note)
    await bench.pass_on(b"a", first=100)
    await bench.pass_on(b"t", topic=TICKS, first=5000)

    assert [int.from_bytes(value[:8]) for _, value in bench.broker.log] == [100, 100]


async def test_what_one_batch_cannot_hold_is_decided_in_parts(shelf: Shelf) -> None:
    """Kept values of one decision are one batch, which the broker takes whole or not at all."""
    bench = Bench(shelf, sized(100_000))
    await bench.pass_on(*(b"%02d" % n for n in range(40)))

    batches = bench.diary.count("append")
    assert len(bench.broker.log) == 40
    assert 40 * 100_000 / 1_048_588 <= batches <= 20
    assert bench.diary[-1] == "ack"
    assert bench.diary.count("ack") == 1


async def test_one_records_writes_are_never_split(shelf: Shelf) -> None:
    """Too large for the limit, they go as they are: the topic may take more than it says."""
    bench = Bench(shelf, sized(3_000_000))
    await bench.pass_on(b"a", b"b")

    assert bench.diary == ["append", "append", "ack"]


async def test_a_strangers_write_stops_the_process(shelf: Shelf) -> None:
    """Somebody else writes this partition's state: restart, and recover what is true."""
    bench = Bench(shelf, note)
    await bench.pass_on(b"a")
    bench.broker.log.append((b"a", b"by somebody else"))
    with pytest.raises(Overtaken):
        await bench.pass_on(b"b", first=1)

    assert shelf.get(b"b") is None


async def test_a_hop_without_state_keeps_nothing() -> None:
    """Writes without a topic to keep them are a mistake of the wiring, found at once."""
    bench = Bench(None, note, state=None)
    with pytest.raises(TypeError, match="no state topic"):
        await bench.pass_on(b"a")


def chunks(diary: list[str], *lost_after: int) -> list[FakeDelivery]:
    """A chunk of one record for each of so many partitions; see FakeDelivery for the numbers."""
    return [
        FakeDelivery(diary, [Record("main", at, 7, 0, b"%d" % at, b"v")], 1, lost)
        for at, lost in enumerate(lost_after)
    ]


async def test_a_round_shares_one_send_and_each_partition_keeps_its_own(
    shelves: list[Shelf],
) -> None:
    """Nothing is kept before all is sent, nothing acknowledged before all of it is kept."""
    bench = Bench(shelves[0], note, KEPT, *shelves[1:])
    await bench.passage.handle(chunks(bench.diary, 99, 99, 99))

    assert bench.diary == ["send", *["append"] * 3, *["ack"] * 3]
    assert [out.key for out in bench.broker.outs] == [b"0", b"1", b"2"]
    assert [shelf.get(b"%d" % at) for at, shelf in enumerate(shelves)] == [b"v"] * 3
    assert bench.counts.of["rounds"] == 1


@pytest.mark.parametrize("lost_after", [0, 1, 2, 3, 4])
async def test_who_loses_a_partition_does_the_rest_of_the_round(
    shelves: list[Shelf], lost_after: int
) -> None:
    """The others' chunks are done as ever; the lost one is neither kept nor acknowledged."""
    bench = Bench(shelves[0], note, KEPT, *shelves[1:])
    await bench.passage.handle(chunks(bench.diary, 99, lost_after, 99))

    assert bench.diary.count("ack") == 2
    assert [shelf.get(b"%d" % at) for at, shelf in enumerate(shelves)] == [b"v", None, b"v"]
    sent = [out.key for out in bench.broker.outs]
    assert sent == ([b"0", b"1", b"2"] if lost_after >= 3 else [b"0", b"2"])


async def test_one_partition_waits_for_the_broker_and_all_are_kept(shelves: list[Shelf]) -> None:
    """The first append fails for now; it alone is made again."""
    bench = Bench(shelves[0], note, KEPT, *shelves[1:])
    bench.broker.away = [None, KafkaConnectionError()]
    await bench.passage.handle(chunks(bench.diary, 99, 99, 99))

    assert bench.diary == ["send", *["append"] * 4, *["ack"] * 3]
    assert all(len(bench.broker.logs[at]) == 1 for at in range(3))


async def test_an_error_in_one_partition_acknowledges_none(shelves: list[Shelf]) -> None:
    """It rises once nothing is on its way any more; all of the round comes again."""
    bench = Bench(shelves[0], note, KEPT, *shelves[1:])
    bench.broker.away = [None, MessageSizeTooLargeError()]
    with pytest.raises(MessageSizeTooLargeError):
        await bench.passage.handle(chunks(bench.diary, 99, 99, 99))

    assert bench.diary == ["send", *["append"] * 3]


async def test_a_round_with_one_chunk_too_large_goes_on_until_all_is_done(
    shelves: list[Shelf],
) -> None:
    """Its state is cut in parts; the small ones beside it are acknowledged in the first part."""
    bench = Bench(shelves[0], sized(100_000), KEPT, *shelves[1:])
    small, other = chunks(bench.diary, 99, 99)
    records = [Record("main", 2, n, 0, b"%02d" % n, b"v") for n in range(40)]
    await bench.passage.handle([small, other, FakeDelivery(bench.diary, records, 1, 999)])

    assert len(bench.broker.logs[2]) == 40
    assert bench.diary.count("ack") == 3
    assert bench.diary[:5] == [*["append"] * 3, "ack", "ack"]
