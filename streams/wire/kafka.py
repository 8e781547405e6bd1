"""Kafka, in one import: topics and offsets, a topic read, records published, errors sorted."""

from streams.wire.kafka_errors import Later, TopicWrong, Undelivered
from streams.wire.publisher import Publisher
from streams.wire.reading import read_all, tail
from streams.wire.topics import (
    Offsets,
    committed,
    create_topics,
    end_offsets,
    lag,
    wait_until_reachable,
)

__all__ = [
    "Later",
    "Offsets",
    "Publisher",
    "TopicWrong",
    "Undelivered",
    "committed",
    "create_topics",
    "end_offsets",
    "lag",
    "read_all",
    "tail",
    "wait_until_reachable",
]
