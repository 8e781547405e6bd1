"""The sink: gathers chunks, stores their rows, and only then acknowledges them."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import msgspec

from streams.core.record import Record
from streams.keep.rows import Batch
from streams.keep.tables import TABLES, Table
from streams.wire.clickhouse import Later

Ack = Callable[[], object]

_log = logging.getLogger(__name__)

RECORDS = "gridloop_sink_records_total"  # records whose rows are stored
ROWS = "gridloop_sink_rows_total"  # rows stored, repeated ones too; label table
FLUSHES = "gridloop_sink_flushes_total"  # batches stored
STORING_SECONDS = "gridloop_sink_storing_seconds_total"  # time spent on storing them
WAITED_SECONDS = "gridloop_sink_waited_seconds_total"  # time waited for the store
AWAY = "gridloop_sink_store_away"  # 1 while the store is away, else 0
GATHERED_ROWS = "gridloop_sink_gathered_rows"  # rows that wait for the next batch
LAST_FACT = "gridloop_sink_last_fact_timestamp_seconds"  # arrival of the newest fact stored
LAST_RECORD = "gridloop_sink_last_record_timestamp_seconds"  # arrival of the newest record stored


class Tally(Protocol):
    """Where the sink's counters and gauges go."""

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""


class Warehouse(Protocol):
    """What the sink asks of the store; called in a thread, one call at a time."""

    def insert_columns(
        self,
        table: str,
        names: Sequence[str],
        columns: Sequence[Sequence[Any]],
        settings: Mapping[str, Any] | None = None,
    ) -> object:
        """Insert as one block. Raises Later: to be tried again; any other error: never."""


# Batches are ours: the server gathers no further, answers when the rows are on disk, and keeps
# their order, of which the later row stands where two have the same version. An imported history
# may be of any number of months, each of which is a partition.
_SETTINGS = {"async_insert": 0, "max_insert_threads": 1, "max_partitions_per_insert_block": 0}

_A_FEW = 256
"""Records decoded in one go: some milliseconds, in which nothing else moves."""


class Pace(msgspec.Struct, frozen=True):
    """When a batch is due, and how long to wait for a store that is away; times in seconds."""

    rows: int = 50_000
    bytes: int = 32 << 20
    seconds: float = 0.5
    first_wait: float = 0.2
    longest_wait: float = 5.0

    def waits(self) -> Iterator[float]:
        """How long to wait before each further try: twice as long each time, up to the longest."""
        wait = self.first_wait
        while True:
            yield wait
            wait = min(2 * wait, self.longest_wait)


class Closed(Exception):
    """The sink was closed while this chunk waited; it stays unacknowledged and comes again."""


class _Gathering:
    """Chunks that wait to be stored together."""

    def __init__(self) -> None:
        self.batch = Batch()
        self.acks: list[Ack] = []
        self.since: float | None = None

    def full(self, pace: Pace) -> bool:
        return self.batch.rows >= pace.rows or self.batch.bytes >= pace.bytes


class Sink:
    """Takes chunks of records, stores their rows, then acknowledges: in order, never before.

    Two batches at most are in memory: one is stored while the next one fills. Rows that come
    again, after a crash or a failed insert, meet their like by key; every figure reads FINAL.
    """

    def __init__(self, warehouse: Warehouse, tally: Tally, pace: Pace | None = None) -> None:
        self.last_fact_at: datetime | None = None
        """When the newest of the stored facts arrived; None before the first."""
        self.away = False
        """Whether the store is away now."""
        self._warehouse, self._tally, self._pace = warehouse, tally, pace or Pace()
        self._gathering = _Gathering()
        self._turn = asyncio.Lock()
        self._some, self._due, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._started, self._closing = asyncio.Event(), asyncio.Event()
        self._storing: asyncio.Task[None] | None = None

    async def take(self, records: Sequence[Record], ack: Ack) -> None:
        """Gather a chunk; `ack` is called once all of its rows are stored.

        Waits while the next batch is full. Raises Unreadable, Closed, or whatever made an earlier
        batch impossible to store: then nothing more is acknowledged and the process should stop.
        """
        async with self._turn:
            await self._has_room()
            for first in range(0, len(records), _A_FEW):
                # Between the pauses the batch may be taken away: the rest goes into the next one.
                for record in records[first : first + _A_FEW]:
                    self._gathering.batch.add(record)
                await asyncio.sleep(0)
            self._gathering.acks.append(ack)
            self._mark()

    async def watch(self) -> None:
        """Return when the sink is closed; raise at once what made a batch impossible to store."""
        await self._started.wait()
        if self._storing is not None:
            await asyncio.shield(self._storing)

    async def close(self) -> None:
        """Store what is gathered, and stop; what a store that is away refuses comes again."""
        self._closing.set()
        for event in (self._started, self._some, self._due, self._room):
            event.set()
        if self._storing is not None:
            await self._storing

    async def _has_room(self) -> None:
        if self._storing is None and not self._closing.is_set():
            self._storing = asyncio.create_task(self._store_always())
            self._started.set()
        while not self._closing.is_set() and self._gathering.full(self._pace):
            self._room.clear()
            await self._room.wait()
        if self._storing is not None and self._storing.done():
            self._storing.result()
        if self._closing.is_set():
            raise Closed

    def _mark(self) -> None:
        gathering = self._gathering
        if gathering.since is None:
            gathering.since = asyncio.get_running_loop().time()
        self._tally.gauge(GATHERED_ROWS, gathering.batch.rows)
        self._some.set()
        if gathering.full(self._pace):
            self._due.set()

    async def _store_always(self) -> None:
        try:
            while await self._gathered():
                taken, self._gathering = self._gathering, _Gathering()
                self._some.clear()
                self._due.clear()
                self._room.set()
                if not await self._store(taken.batch):
                    return
                for ack in taken.acks:
                    ack()
                self._report(taken.batch)
        finally:
            self._closing.set()
            self._room.set()

    async def _gathered(self) -> bool:
        """Wait until a batch is due; False when the sink closes and nothing is left."""
        if not self._closing.is_set():
            await self._some.wait()
        since = self._gathering.since
        if since is None:
            return False
        if not self._closing.is_set():
            left = since + self._pace.seconds - asyncio.get_running_loop().time()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), max(left, 0))
        return True

    async def _store(self, batch: Batch) -> bool:
        """Insert every table; False when the sink closes while the store is away."""
        began = asyncio.get_running_loop().time()
        for table in TABLES:
            if batch.count(table) and not await self._insert(batch, table):
                return False
        self._tally.count(STORING_SECONDS, asyncio.get_running_loop().time() - began)
        return True

    async def _insert(self, batch: Batch, table: Table) -> bool:
        for wait in self._pace.waits():
            try:
                # In a thread, so that heartbeats keep time; the columns anew at each try, since
                # a driver may write over the lists that it is given.
                await asyncio.to_thread(self._put, batch, table)
            except Later as later:
                if self._closing.is_set():
                    break
                await self._wait(wait, later)
            else:
                self._set_away(False)
                return True
        return False

    def _put(self, batch: Batch, table: Table) -> None:
        columns = batch.columns(table)
        self._warehouse.insert_columns(table.name, table.names, columns, _SETTINGS)

    async def _wait(self, seconds: float, why: Later) -> None:
        if not self.away:
            _log.warning("the store is away, rows wait in place: %s", why)
        self._set_away(True)
        began = asyncio.get_running_loop().time()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        self._tally.count(WAITED_SECONDS, asyncio.get_running_loop().time() - began)

    def _set_away(self, away: bool) -> None:
        self.away = away
        self._tally.gauge(AWAY, int(away))

    def _report(self, batch: Batch) -> None:
        self._tally.count(FLUSHES)
        self._tally.count(RECORDS, batch.records)
        for table in TABLES:
            if rows := batch.count(table):
                self._tally.count(ROWS, rows, table=table.name)
        self._tally.gauge(GATHERED_ROWS, self._gathering.batch.rows)
        if batch.newest_ms:
            self._tally.gauge(LAST_RECORD, batch.newest_ms / 1000)
        if batch.last_fact_at is not None:
            self.last_fact_at = max(batch.last_fact_at, self.last_fact_at or batch.last_fact_at)
            self._tally.gauge(LAST_FACT, self.last_fact_at.timestamp())
