"""Topics and offsets: made once and checked, asked for, and how far a group has come."""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.consumer.fetcher import IsolationLevel
from kafka.errors import NoError, RetriableError, TopicAlreadyExistsError, for_code

from streams.core.topics import Topic
from streams.wire.kafka_errors import Later, TopicWrong, errors_sorted

CONNECT_SECONDS = 10.0

Offsets = dict[str, dict[int, int]]
"""By topic and partition an offset, or a number of offsets."""


def wait_until_reachable(bootstrap: str, seconds: float) -> None:
    """Return once a broker answers for its cluster; Later when the seconds have passed."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        # Not before something listens: a client that finds nobody leaves a thread behind.
        if _listens(bootstrap):
            with suppress(Later), admin_of(bootstrap, max(0.1, min(left, 2.0))) as admin:
                if admin.describe_cluster()["brokers"]:
                    return
        if time.monotonic() >= deadline:
            raise Later(f"no Kafka answered at {bootstrap} within {seconds:g} s")
        time.sleep(0.1)


def create_topics(bootstrap: str, topics: Sequence[Topic]) -> None:
    """Make the topics that are missing, and wait for their leaders; leave the others alone.

    Raises TopicWrong where a topic that is there has other partitions than declared: state and
    order hang on the number, so it is never changed here. Raises Later.
    """
    names = [topic.name for topic in topics]
    with admin_of(bootstrap) as admin:
        there = set(admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            _make(admin, missing)
        found = {name: len(ids) for name, ids in _partitions(admin, names).items()}
    for topic in topics:
        if found[topic.name] != topic.partitions:
            raise TopicWrong(
                f"{topic.name} has {found[topic.name]} partitions, {topic.partitions} are wanted"
            )


def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """By partition the offset after the last committed record. Raises TopicWrong, Later."""
    with admin_of(bootstrap) as admin:
        return _offsets(admin, [topic], OffsetSpec.LATEST)[topic]


def extents(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """By partition the first offset and the one after the last. Raises TopicWrong, Later."""
    with admin_of(bootstrap) as admin:
        firsts = _offsets(admin, [topic], OffsetSpec.EARLIEST)[topic]
        ends = _offsets(admin, [topic], OffsetSpec.LATEST)[topic]
    return {partition: (firsts[partition], end) for partition, end in ends.items()}


def committed(bootstrap: str, group: str, topics: Sequence[str]) -> Offsets:
    """By topic and partition the offset before which the group is done; none where it never was.

    Raises Later.
    """
    with admin_of(bootstrap) as admin:
        return _committed(admin, group, topics)


def lag(bootstrap: str, group: str, topics: Sequence[str]) -> Offsets:
    """By topic and partition how many offsets the group has yet to pass.

    A partition where it never committed counts from the first record that is still there. The
    marks that end transactions count as well. Raises TopicWrong, Later.
    """
    with admin_of(bootstrap) as admin:
        ends = _offsets(admin, topics, OffsetSpec.LATEST)
        firsts = _offsets(admin, topics, OffsetSpec.EARLIEST)
        done = _committed(admin, group, topics)
    return {
        topic: {
            at: max(0, end - max(firsts[topic][at], done[topic].get(at, 0)))
            for at, end in by_partition.items()
        }
        for topic, by_partition in ends.items()
    }


@contextmanager
def admin_of(bootstrap: str, seconds: float = CONNECT_SECONDS) -> Iterator[Any]:
    """A client for questions about the cluster, for the length of the block."""
    with errors_sorted(f"asking {bootstrap}"):
        admin = KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=int(seconds * 1000)
        )
        try:
            yield admin
        finally:
            admin.close()


def _listens(bootstrap: str) -> bool:
    for address in bootstrap.split(","):
        host, _, port = address.rpartition(":")
        with suppress(OSError):
            socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
            return True
    return False


def _make(admin: Any, topics: Sequence[Topic]) -> None:
    wanted = {
        topic.name: {"num_partitions": topic.partitions, "configs": topic.config}
        for topic in topics
    }
    for made in admin.create_topics(wanted, raise_errors=False)["topics"]:
        # Another process may have been quicker.
        if (error := for_code(made["error_code"])) not in (NoError, TopicAlreadyExistsError):
            raise error(f"{made['name']}: {made['error_message']}")
    admin.wait_for_topics(list(wanted))


def _partitions(admin: Any, topics: Sequence[str]) -> dict[str, list[int]]:
    found = {}
    for told in admin.describe_topics(topics):
        if told["error_code"]:
            raise TopicWrong(f"{told['name']}: {for_code(told['error_code']).__name__}")
        found[told["name"]] = [one["partition_index"] for one in told["partitions"]]
    return found


def _offsets(admin: Any, topics: Sequence[str], spec: OffsetSpec) -> Offsets:
    partitions = _partitions(admin, topics)
    asked = {TopicPartition(topic, one): spec for topic, ones in partitions.items() for one in ones}
    offsets: Offsets = {topic: {} for topic in topics}
    for tp, told in admin.list_partition_offsets(asked, IsolationLevel.READ_COMMITTED).items():
        offsets[tp.topic][tp.partition] = told.offset
    return offsets


def _committed(admin: Any, group: str, topics: Sequence[str]) -> Offsets:
    done: Offsets = {topic: {} for topic in topics}
    for tp, kept in _group_offsets(admin, group).items():
        if tp.topic in done and kept.offset >= 0:
            done[tp.topic][tp.partition] = kept.offset
    return done


def _group_offsets(admin: Any, group: str) -> dict[TopicPartition, Any]:
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            offsets: dict[TopicPartition, Any] = admin.list_group_offsets({group: None})[group]
        except RetriableError:
            # The first question about any group makes the broker lay the topic for their offsets.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return offsets
