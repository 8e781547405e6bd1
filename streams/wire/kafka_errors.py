"""Kafka's errors, sorted: what may be tried again, and what never helps."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiokafka.errors
import kafka.errors

KAFKA_ERRORS = (aiokafka.errors.KafkaError, kafka.errors.KafkaError)
"""What the two clients raise: one for questions and topics, one for many records."""

MISSING = (
    aiokafka.errors.UnknownTopicOrPartitionError,
    kafka.errors.UnknownTopicOrPartitionError,
)


class Later(Exception):
    """Kafka is away or busy: the same may be tried again."""


class TopicWrong(Exception):
    """A topic is missing, or has other partitions than declared; no retry will mend it."""


class Undelivered(Exception):
    """Records that can never be delivered as they stand; names the topic and the reason."""


@contextmanager
def errors_sorted(doing: str) -> Iterator[None]:
    """Name what was done; what may be tried again becomes Later, the rest rises as it is."""
    try:
        yield
    except MISSING as error:
        raise TopicWrong(f"{doing}: no such topic or partition") from error
    except KAFKA_ERRORS as error:
        if not is_retriable(error):
            raise
        raise Later(f"{doing}: {error!r}") from error


def is_retriable(error: Any) -> bool:
    """Whether the client's error may pass by itself."""
    return bool(error.retriable)
