"""What the Kafka clients promise, on the real broker: nothing lost, no wait in vain."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from kafka import KafkaAdminClient, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource

from infra.embedded.broker import Broker, running_broker
from infra.embedded.home import Home
from infra.embedded.supervise import Part, Supervisor
from streams.core.topics import Topic
from streams.wire import publisher as publishing
from streams.wire.kafka import (
    Later,
    Publisher,
    TopicWrong,
    Undelivered,
    committed,
    create_topics,
    end_offsets,
    lag,
    read_all,
    tail,
    wait_until_reachable,
)

pytestmark = pytest.mark.broker

NOBODY = "127.0.0.1:1"
NAMES = count()


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.address


def fresh(kafka: str, partitions: int = 3, **config: str) -> str:
    """A topic that no other test uses."""
    topic = Topic(f"topic-{next(NAMES)}", "any", config, partitions)
    create_topics(kafka, [topic])
    return topic.name


def fill(kafka: str, topic: str, number: int) -> list[bytes]:
    values = [b"%d" % one for one in range(number)]
    with Publisher(kafka) as publisher:
        for value in values:
            publisher.send(topic, value, value)
    return values


def eventually(holds: Callable[[], bool]) -> None:
    deadline = monotonic() + 60
    while not holds():
        assert monotonic() < deadline, "it did not come about"
        sleep(0.05)


def test_topics_are_made_as_declared_and_only_once(kafka: str):
    topics = [Topic(f"declared-{n}", "any", {"retention.ms": "3600000"}, n) for n in (1, 5)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: create_topics(kafka, topics), range(3)))
    assert {n: len(end_offsets(kafka, f"declared-{n}")) for n in (1, 5)} == {1: 1, 5: 5}
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    (told,) = admin.describe_configs([ConfigResource("TOPIC", "declared-5")])["topic"].values()
    admin.close()
    assert told["retention.ms"]["value"] == "3600000"


def test_a_topic_with_other_partitions_is_refused_by_name(kafka: str):
    name = fresh(kafka, 3)
    with pytest.raises(TopicWrong, match=f"{name} has 3 partitions, 12 are wanted"):
        create_topics(kafka, [Topic(name, "any", {}, 12)])
    assert len(end_offsets(kafka, name)) == 3


def test_what_is_published_is_read_whole_and_in_order(kafka: str):
    topic = fresh(kafka)
    with Publisher(kafka) as publisher:
        for number in range(5_000):
            headers = (("ce_id", b"%d" % number), ("empty", b""))
            publisher.send(
                topic, b"key-%d" % (number % 7), "上报".encode() + b"%d" % number, headers
            )
        publisher.flush()
        assert publisher.acknowledged == 5_000
    records = list(read_all(kafka, topic))
    assert len(records) == 5_000
    assert all(one.headers[0] == ("ce_id", one.value[6:]) for one in records)
    for partition in range(3):
        own = [one for one in records if one.partition == partition]
        assert [one.offset for one in own] == list(range(len(own)))
        numbers = [int(one.value[6:]) for one in own]
        assert numbers == sorted(numbers)


def test_a_key_decides_the_partition_as_in_kafkas_own_clients(kafka: str):
    """The hashes are those that Kafka's own tests expect of murmur2."""
    expected = {b"21": -973932308, b"foobar": -790332482, b"abc": 479470107}
    topic = fresh(kafka, 12)
    with Publisher(kafka) as publisher:
        for key in expected:
            publisher.send(topic, key, b"")
    found = {one.key: one.partition for one in read_all(kafka, topic)}
    assert found == {key: (value & 0x7FFFFFFF) % 12 for key, value in expected.items()}


def test_a_given_partition_is_taken_and_one_that_is_not_there_refused(kafka: str):
    topic = fresh(kafka, 3)
    with Publisher(kafka) as publisher:
        publisher.send(topic, b"key", b"here", partition=2)
        with pytest.raises(TopicWrong, match="3 partitions, none is 3"):
            publisher.send(topic, b"key", b"there", partition=3)
    assert [(one.partition, one.value) for one in read_all(kafka, topic)] == [(2, b"here")]


def test_a_deletion_has_no_value(kafka: str):
    topic = fresh(kafka, 1)
    with Publisher(kafka) as publisher:
        publisher.send(topic, b"key", None)
    assert [one.value for one in read_all(kafka, topic)] == [None]


def test_a_record_leaves_without_being_told_to(kafka: str):
    topic = fresh(kafka, 1)
    with Publisher(kafka) as publisher:
        publisher.send(topic, b"key", b"value")
        eventually(lambda: end_offsets(kafka, topic) == {0: 1})


def test_a_record_that_is_too_large_is_named_and_the_others_go_on(kafka: str):
    topic = fresh(kafka, 1)
    with Publisher(kafka) as publisher:
        publisher.send(topic, None, b"before")
        with pytest.raises(Undelivered, match=topic):
            publisher.send(topic, None, b"x" * 1_000_000)
        publisher.send(topic, None, os.urandom(999_900))
        publisher.send(topic, None, b"after")
    assert [len(one.value) for one in read_all(kafka, topic)] == [6, 999_900, 5]


def test_what_the_broker_refuses_is_told_with_topic_and_reason(kafka: str):
    topic = fresh(kafka, 1, **{"max.message.bytes": "1000"})
    with Publisher(kafka) as publisher:
        publisher.send(topic, None, os.urandom(2_000))
        with pytest.raises(Undelivered, match=f"1 records to {topic}: MessageSizeTooLargeError"):
            publisher.flush()
        assert publisher.acknowledged == 0


def test_an_error_in_the_block_is_not_hidden_by_the_publisher(kafka: str):
    topic = fresh(kafka, 1)
    with pytest.raises(ZeroDivisionError), Publisher(kafka) as publisher:
        publisher.send(topic, None, b"%d" % (1 // 0))


def test_a_topic_that_nobody_made_is_said_so(kafka: str):
    for ask in (end_offsets, lambda kafka, name: list(read_all(kafka, name))):
        with pytest.raises(TopicWrong, match="nowhere"):
            ask(kafka, "nowhere")
    with pytest.raises(TopicWrong, match="nowhere"), Publisher(kafka) as publisher:
        publisher.send("nowhere", None, b"value")


def test_a_broker_that_is_away_means_later():
    with pytest.raises(Later):
        wait_until_reachable(NOBODY, 0.3)
    with pytest.raises(Later):
        Publisher(NOBODY)


def test_an_empty_topic_is_read_at_once(kafka: str):
    began = monotonic()
    assert list(read_all(kafka, fresh(kafka))) == []
    assert monotonic() - began < 10


def test_partitions_starts_and_ends_narrow_what_is_read(kafka: str):
    topic = fresh(kafka, 2)
    with Publisher(kafka) as publisher:
        for number in range(200):
            publisher.send(topic, None, b"%d" % number, partition=number % 2)
    read = read_all(kafka, topic, partitions=[1], starts={1: 10}, ends={0: 5, 1: 20})
    assert [(one.partition, one.offset) for one in read] == [(1, at) for at in range(10, 20)]
    assert list(read_all(kafka, topic, starts={0: 100, 1: 1_000_000})) == []
    assert len(list(read_all(kafka, topic, ends={0: 1_000_000}))) == 200
    with pytest.raises(TopicWrong, match="2 partitions"):
        list(read_all(kafka, topic, partitions=[2]))


def test_records_that_were_removed_are_passed_over(kafka: str):
    topic = fresh(kafka, 1)
    fill(kafka, topic, 100)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.delete_records({TopicPartition(topic, 0): 40})
    admin.close()
    read = list(read_all(kafka, topic, starts={0: 10}))
    assert [one.offset for one in read] == list(range(40, 100))


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_any_codec_of_an_upstream_can_be_read(kafka: str, codec: str):
    topic = await asyncio.to_thread(fresh, kafka, 1)
    async with AIOKafkaProducer(bootstrap_servers=kafka, compression_type=codec) as producer:
        await asyncio.gather(*[await producer.send(topic, b"%d" % n * 9) for n in range(1_000)])
    read = await asyncio.to_thread(lambda: list(read_all(kafka, topic)))
    assert [one.value for one in read] == [b"%d" % n * 9 for n in range(1_000)]


async def test_transactions_count_when_they_are_committed_and_hold_nobody_up(kafka: str):
    """Aborted records and the marks at the end are offsets without a record; an open one waits."""
    topic = await asyncio.to_thread(fresh, kafka, 1)

    def values() -> list[bytes | None]:
        return [one.value for one in read_all(kafka, topic, patience=20)]

    async with AIOKafkaProducer(bootstrap_servers=kafka, transactional_id="upstream") as producer:
        async with producer.transaction():
            await producer.send_and_wait(topic, b"kept")
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"taken back")
        await producer.abort_transaction()
        assert await asyncio.to_thread(values) == [b"kept"]
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"open")
        assert await asyncio.to_thread(values) == [b"kept"]
        await producer.commit_transaction()
        assert await asyncio.to_thread(values) == [b"kept", b"open"]


def test_a_tail_begins_with_all_that_is_there_and_goes_on(kafka: str):
    topic, stop = fresh(kafka, 3), Event()
    batches = tail(kafka, topic, stop)
    assert next(batches) == []
    first = fill(kafka, topic, 50)
    got: list[bytes | None] = []
    while len(got) < 50:
        got += [one.value for one in next(batches)]
    assert sorted(got) == sorted(first)
    again = tail(kafka, topic, stop)
    assert sorted(one.value for one in next(again)) == sorted(first)
    stop.set()
    assert list(batches) == []
    assert list(again) == []


def test_lag_is_what_a_group_has_yet_to_pass(kafka: str):
    topic, other = fresh(kafka, 2), fresh(kafka, 1)
    with Publisher(kafka) as publisher:
        for number in range(100):
            publisher.send(topic, None, b"", partition=number % 2)
    group = f"group-of-{topic}"
    assert committed(kafka, group, [topic]) == {topic: {}}
    assert lag(kafka, group, [topic, other]) == {topic: {0: 50, 1: 50}, other: {0: 0}}
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=group)
    consumer.commit({TopicPartition(topic, 1): OffsetAndMetadata(20, "", -1)})
    consumer.close()
    assert committed(kafka, group, [topic, other]) == {topic: {1: 20}, other: {}}
    assert lag(kafka, group, [topic]) == {topic: {0: 50, 1: 30}}


def test_nothing_is_lost_or_doubled_when_the_broker_is_killed_meanwhile(tmp_path: Path):
    broker = Broker(tmp_path)
    broker.prepare()
    part = Part("kafka", broker.command(), env=broker.env(), ready=broker.ready)
    with Supervisor(Home(tmp_path), [part]) as kept:
        topic = fresh(broker.address, 3)
        with Publisher(broker.address) as publisher:
            for number in range(20_000):
                publisher.send(topic, b"%d" % number, b"%d" % number)
                if number == 10_000:
                    os.kill(kept.part("kafka").pid, signal.SIGKILL)
        assert publisher.acknowledged == 20_000
        read = [int(one.value) for one in read_all(broker.address, topic)]
        assert sorted(read) == list(range(20_000))


def test_a_silent_broker_holds_the_sender_back_then_means_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A stopped process keeps its connections: only the wait for answers can tell."""
    monkeypatch.setattr(publishing, "HELD_BYTES", 2_000_000)
    with running_broker(tmp_path) as broker:
        topic = fresh(broker.address, 3)
        publisher = Publisher(broker.address, patience=2.0)
        publisher.send(topic, None, b"first")
        publisher.flush()
        with silent(tmp_path):
            with pytest.raises(Later, match=f"to {topic}: no answer within 2 s"):
                press(publisher, topic)
            publisher.close()


def test_reading_from_a_silent_broker_means_later(tmp_path: Path):
    with running_broker(tmp_path) as broker:
        topic = fresh(broker.address, 1)
        with Publisher(broker.address) as publisher:
            for _ in range(100):
                publisher.send(topic, None, os.urandom(100_000))
        records = read_all(broker.address, topic, patience=2.0)
        next(records)
        with silent(tmp_path), pytest.raises(Later, match=f"reading {topic}: nothing came"):
            list(records)


@contextmanager
def silent(home: Path) -> Iterator[None]:
    """The broker of this home does nothing for the length of the block."""
    settings = str(home / "kafka" / "server.properties")
    (jvm,) = (one for one in psutil.Process().children() if settings in one.cmdline())
    jvm.suspend()
    try:
        yield
    finally:
        jvm.resume()


def press(publisher: Publisher, topic: str) -> None:
    """Send 100 MB, and see that no more than the limit is ever held."""
    for _ in range(10_000):
        publisher.send(topic, None, b"x" * 10_000)
        assert publisher._held <= publishing.HELD_BYTES
