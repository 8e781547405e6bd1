"""Chunks, offsets and fetches: what the transport promises, as far as no broker is needed."""

import asyncio
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from streams.core.record import Decision, Out
from streams.core.topics import Topic
from streams.flow import emitter, fetching, transport
from streams.flow.app import App, build_app
from streams.flow.emitter import Emitter, partition_of, weigh
from streams.flow.fetching import Fetched
from streams.flow.hop import Hop
from streams.flow.ledger import Ledger
from streams.flow.tally import Untallied
from streams.flow.transport import CHUNK_BYTES, CHUNK_RECORDS, Consumer, cut

INPUT, KEPT = Topic("input", "any", {}), Topic("kept", "key", {})
CHUNKED, CHANGELOG = TP(INPUT.name, 0), TP(KEPT.name, 0)


def raw(offset: int, size: int = 10) -> Any:
    """A record as aiokafka brings it."""
    value = bytes(size)
    names = {"topic": INPUT.name, "partition": 0, "timestamp": 0, "headers": ()}
    return SimpleNamespace(offset=offset, key=None, value=value, **names)


def an_app(folder: Path) -> App:
    """A hop with state; nothing is started."""
    hop = Hop("hop", lambda records, state: Decision(), (INPUT,), INPUT, KEPT)
    return build_app("group", "127.0.0.1:1, 127.0.0.1:2", folder, [hop], Untallied())


def a_consumer(folder: Path) -> Consumer:
    """Its consumer, with both partitions assigned and sought."""
    app = an_app(folder)
    names = ("callback", "on_partitions_revoked", "on_partitions_assigned")
    consumer: Consumer = app.transport.create_consumer(**dict.fromkeys(names, print))
    consumer._active_partitions = {CHUNKED, CHANGELOG}
    consumer._sought = True
    return consumer


# --- offsets -------------------------------------------------------------------------------

moves = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), max_size=12)


@given(moves, st.permutations(range(12)), st.data())
def test_no_offset_is_safe_before_all_below_it_are_done(
    sizes: list[tuple[int, int]], order: list[int], data: st.DataObject
) -> None:
    """Acks come in any order and stop anywhere; gaps behind a chunk count with the chunk."""
    ledger, pieces, end = Ledger(), [], 0
    for size, gap in sizes:
        pieces.append((end, ledger.deliver(end + size)))
        end += size + gap
        ledger.reach(end)
    acked = [at for at in order if at < len(pieces)][: data.draw(st.integers(0, 12))]
    for at in acked:
        pieces[at][1].done = True

    undone = [first for at, (first, _) in enumerate(pieces) if at not in acked]
    assert (ledger.settle() or 0) == (undone[0] if undone else end)


def test_a_partition_that_holds_nothing_is_done_to_its_end() -> None:
    """Markers alone, or what retention took, leave no backlog behind."""
    ledger = Ledger()
    assert ledger.settle() is None
    ledger.reach(7)
    assert ledger.settle() == 7


# --- chunks --------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([0, 1_000, CHUNK_BYTES // 3, CHUNK_BYTES * 2]), max_size=40))
def test_chunks_hold_every_record_once_and_no_more_than_they_may(sizes: list[int]) -> None:
    """Only a record that is larger than a chunk may be makes a larger one, alone."""
    chunks = list(cut(raw(offset, size) for offset, size in enumerate(sizes)))

    assert [record.offset for chunk in chunks for record in chunk] == list(range(len(sizes)))
    for chunk in chunks:
        assert len(chunk) == 1 or sum(len(one.value or b"") for one in chunk) <= CHUNK_BYTES
    for chunk, following in pairwise(chunks):
        both = sum(len(one.value or b"") for one in (*chunk, following[0]))
        assert both > CHUNK_BYTES


def test_a_chunk_has_at_most_so_many_records() -> None:
    """A long fetch is cut, so that a step answers in good time."""
    chunks = cut(raw(offset) for offset in range(2 * CHUNK_RECORDS + 1))
    assert [len(chunk) for chunk in chunks] == [CHUNK_RECORDS, CHUNK_RECORDS, 1]


# --- fetches -------------------------------------------------------------------------------


async def test_room_in_a_queue_wakes_the_fetch(tmp_path: Path) -> None:
    """Faust would sleep a second, whatever happens meanwhile."""
    consumer = a_consumer(tmp_path)
    consumer.on_buffer_full(CHUNKED)
    consumer.on_buffer_full(CHANGELOG)
    waiting = asyncio.create_task(consumer._next_fetch(60.0))
    await asyncio.sleep(0)
    consumer.on_buffer_drop(CHUNKED)

    assert await asyncio.wait_for(waiting, 5) is None


async def test_nothing_is_read_between_an_assignment_and_its_seek(tmp_path: Path) -> None:
    """Not even by a fetch that was asked before the rebalance and is answered after it."""
    consumer = a_consumer(tmp_path)
    wanted = []

    async def getmany(active: frozenset[TP], patience: float) -> Fetched:
        wanted.append(active)
        consumer._sought = False
        return Fetched({CHUNKED: [raw(1)], CHANGELOG: [raw(2)]}, {CHUNKED: 2}, seeks=0)

    consumer._getmany = getmany
    late = await consumer._next_fetch(1.0)
    await consumer._next_fetch(1.0)

    assert wanted == [{CHUNKED, CHANGELOG}, {CHANGELOG}]
    assert late == Fetched({CHANGELOG: [raw(2)]}, {}, seeks=0)


async def test_a_fetch_from_before_a_seek_is_dropped(tmp_path: Path) -> None:
    """Its records lie ahead of where reading now goes on: the offsets between would be lost."""
    consumer = a_consumer(tmp_path)

    async def getmany(active: frozenset[TP], patience: float) -> Fetched:
        consumer._seeks = 1
        return Fetched({CHUNKED: [raw(9)]}, {CHUNKED: 10}, seeks=0)

    consumer._getmany = getmany
    assert await consumer._next_fetch(1.0) is None


async def test_a_rebalance_waits_for_work_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk may wait for a service that is away; what was done is committed all the same."""
    monkeypatch.setattr(transport, "GRACE_S", 0.05)
    consumer, committed = a_consumer(tmp_path), []

    async def commit() -> None:
        committed.append(consumer._ledgers[CHUNKED].settle())

    consumer.commit_and_end_transactions = commit
    done, at_work = (consumer._chunk(CHUNKED, *cut([raw(offset)])) for offset in (4, 5))
    consumer._unacked_messages = {done, at_work}
    consumer.ack(done)
    await asyncio.wait_for(consumer.wait_empty(), 5)

    assert committed == [5]


async def test_a_fetch_of_a_long_backlog_comes_in_parts(tmp_path: Path) -> None:
    """aiokafka unpacks what it returns in one go: the group's session waits as long."""
    app = an_app(tmp_path)
    client = a_consumer(tmp_path)._thread._create_worker_consumer(app.transport)
    assert client._max_poll_records == app.conf.broker_max_poll_records == 5_000


async def test_a_commit_that_nobody_answers_does_not_hold_the_end_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that broke would else wait for its own end for ever."""
    monkeypatch.setattr(transport, "GRACE_S", 0.05)
    consumer = a_consumer(tmp_path)
    consumer.commit_and_end_transactions = asyncio.Event().wait
    await asyncio.wait_for(consumer.wait_empty(), 5)


async def test_what_the_group_refused_to_commit_is_committed_again(tmp_path: Path) -> None:
    """Though nothing follows it: else a record that is done would count as left for ever."""
    consumer, asked = a_consumer(tmp_path), []
    answers = iter([False, True])

    async def commit(offsets: dict[TP, int]) -> bool:
        asked.append(dict(offsets))
        return next(answers)

    async def flush() -> None:
        """Nothing was sent."""

    consumer._commit = commit
    consumer.app.producer.flush = flush
    consumer.assignment = lambda: {CHUNKED}
    consumer.ack(consumer._chunk(CHUNKED, *cut([raw(4)])))
    for _ in range(3):
        await consumer.commit()

    assert asked == [{CHUNKED: 5}, {CHUNKED: 5}]


# --- sending -------------------------------------------------------------------------------


class FakeProducer:
    """Keeps the batches that it is given; every topic has three partitions."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, list[bytes]]] = []

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1, 2}

    def create_batch(self) -> Any:
        values: list[bytes] = []

        def append(*, value: bytes, **_: Any) -> bool:
            values.append(value)
            return True

        return SimpleNamespace(values=values, append=append, close=lambda: None)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        self.batches.append((topic, partition, batch.values))
        done = asyncio.get_running_loop().create_future()
        done.set_result(SimpleNamespace(offset=0))
        return done


def total(values: Iterable[bytes]) -> int:
    """Bytes of all values."""
    return sum(map(len, values))


@given(st.binary(min_size=1, max_size=80))
def test_keys_go_where_other_clients_put_them(key: bytes) -> None:
    """An upstream may be written in any language; kafka-python speaks for Java's choice."""
    assert partition_of(key, 12) == (murmur2(key) & 0x7FFFFFFF) % 12


async def test_records_travel_in_order_and_in_few_batches() -> None:
    """One batch for a topic's partition, unless they are too many bytes for one."""
    producer = FakeProducer()
    small = [Out("one", b"key", b"%d" % n) for n in range(100)]
    large = [Out("two", None, bytes(400_000), partition=1) for _ in range(5)]
    await Emitter(producer).send([*small, *large, Out("two", b"k", bytes(3_000_000), partition=1)])

    by_topic = {topic: [b for b in producer.batches if b[0] == topic] for topic in ("one", "two")}
    assert [values for _, _, values in by_topic["one"]] == [[out.value for out in small]]
    sizes = [total(values) for _, _, values in by_topic["two"]]
    assert sizes == [800_000, 800_000, 400_000, 3_000_000]


async def test_records_without_a_key_are_spread_but_not_scattered() -> None:
    """Those of one decision share a partition, those of the next have another."""
    producer = FakeProducer()
    sender = Emitter(producer)
    for _ in range(3):
        await sender.send([Out("one", None, b"x") for _ in range(10)])
    assert sorted(partition for _, partition, _ in producer.batches) == [0, 1, 2]


def test_a_batch_stays_below_what_a_broker_takes() -> None:
    """Its own limit is 1 MiB unless a topic says otherwise."""
    assert emitter.BATCH_BYTES < 1_048_588
    assert weigh((b"key", b"value", (("header", b"content"),))) > len(b"keyvalueheadercontent")


# --- settings ------------------------------------------------------------------------------


def test_the_app_is_built_so_that_nothing_is_lost(tmp_path: Path) -> None:
    """Each of these was measured to lose records, or to stand still, when it is otherwise."""
    app = an_app(tmp_path)
    conf = app.conf

    assert conf.agent_supervisor.__name__ == "CrashingSupervisor"
    assert [agent.concurrency for agent in app.agents.values()] == [1]
    assert conf.processing_guarantee.value == "at_least_once"
    assert not conf.topic_allow_declare
    assert not conf.web_enabled
    assert conf.broker_session_timeout == 6
    assert conf.consumer_auto_offset_reset == "earliest"
    assert [str(url) for url in conf.broker] == [
        "gridloop://127.0.0.1:1",
        "gridloop://127.0.0.1:2",
    ]
    assert app.chunked == {"input"}
    assert app.tables.changelog_topics == {"kept"}


class FakeFetcher:
    """What of aiokafka's fetcher the pace takes hold of."""

    def __init__(self) -> None:
        self.woken: list[object] = []
        self._fetch_waiters = {"who waits for records"}

    async def _proc_fetch_request(self, brings: bool) -> bool:
        return brings

    def _notify(self, waiter: object) -> None:
        self.woken.append(waiter)


@pytest.mark.parametrize("brings", [True, False])
async def test_a_fetch_wakes_its_readers_before_it_rests(
    monkeypatch: pytest.MonkeyPatch, brings: bool
) -> None:
    """The pause is there to let them drain what came, so they must not wait for its end."""
    monkeypatch.setattr(fetching, "FETCH_PAUSE_S", 60.0)
    fetcher = FakeFetcher()
    fetching.pace(fetcher)
    request = asyncio.create_task(fetcher._proc_fetch_request(brings))
    for _ in range(20):
        await asyncio.sleep(0)
    assert (request.done(), len(fetcher.woken)) == (False, brings)

    monkeypatch.setattr(fetching, "FETCH_PAUSE_S", 0.0)
    assert await fetcher._proc_fetch_request(brings) is brings
    request.cancel()


async def test_a_rest_that_is_cut_short_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """aiokafka cancels its fetches and awaits them; an error would end its whole routine, unheard,
    and nothing would be read any more."""
    monkeypatch.setattr(fetching, "FETCH_PAUSE_S", 60.0)
    fetcher = FakeFetcher()
    fetching.pace(fetcher)
    request = asyncio.create_task(fetcher._proc_fetch_request(True))
    for _ in range(20):
        await asyncio.sleep(0)
    request.cancel()
    assert await request is True
