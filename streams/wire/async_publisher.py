"""A publisher for an event loop: many wait side by side, each until its own records are on the log.

`Publisher` is for threads that send much; a thread's every turn would be felt by who waits here.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.core.record import Out
from streams.wire.kafka_errors import KAFKA_ERRORS, Later

PATIENCE_SECONDS = 5.0
CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 2.0
LOOK_SECONDS = 0.5

_log = logging.getLogger(__name__)


class AsyncPublisher:
    """Publishes to one broker or cluster; `away` while it does not answer, and at the beginning."""

    def __init__(
        self, bootstrap: str, *, client: str = "gridloop", patience: float = PATIENCE_SECONDS
    ) -> None:
        self._bootstrap, self._client, self._patience = bootstrap, client, patience
        self._producer: Any = None
        self._closing = set[asyncio.Task[None]]()

    @property
    def away(self) -> bool:
        """Whether nothing can be published now."""
        return self._producer is None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stay connected for the length of the block."""
        keeper = asyncio.create_task(self._keep_connected())
        try:
            yield
        finally:
            keeper.cancel()
            self._let_go(self._producer)
            await asyncio.gather(keeper, *self._closing, return_exceptions=True)

    async def publish(self, records: Sequence[Out]) -> None:
        """Return when the broker has all these records, on all replicas.

        Raises Later where it has not said so within the patience; some may be on the log then.
        """
        producer = self._producer
        if producer is None:
            raise Later("the broker does not answer")
        sent = list[asyncio.Future[Any]]()
        try:
            async with asyncio.timeout(self._patience):
                for one in records:
                    headers = list(one.headers)
                    sent.append(await producer.send(one.topic, one.value, one.key, headers=headers))
                await asyncio.wait(sent)
            for answer in sent:
                answer.result()
        except (TimeoutError, *KAFKA_ERRORS) as why:
            for answer in sent:
                answer.add_done_callback(_heard)
            self._let_go(producer)
            raise Later(f"publishing {len(records)} records: {why!r}") from why

    async def _keep_connected(self) -> None:
        while True:
            if self._producer is None:
                await self._connect()
            await asyncio.sleep(LOOK_SECONDS)

    async def _connect(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap.split(","),
            client_id=self._client,
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            request_timeout_ms=int(CONNECT_SECONDS * 1000),
        )
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await producer.start()
        except (TimeoutError, *KAFKA_ERRORS):
            await _close(producer)
        else:
            self._producer = producer

    def _let_go(self, producer: Any) -> None:
        """A client that was given up on may be in any state: the next one is a new one."""
        if producer is None or producer is not self._producer:
            return
        _log.info("letting go of the connection to the broker")
        self._producer = None
        task = asyncio.create_task(_close(producer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(producer: Any) -> None:
    """What is not acknowledged by now has been given up; nobody waits for it."""
    with suppress(TimeoutError, *KAFKA_ERRORS):
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.stop()
    with suppress(TimeoutError, *KAFKA_ERRORS):
        async with asyncio.timeout(CLOSE_SECONDS):
            await producer.client.close()


def _heard(answer: "asyncio.Future[Any]") -> None:
    if not answer.cancelled():
        answer.exception()
