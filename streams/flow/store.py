"""Faust's table storage `gridloop://`: a shelf for each partition, restored from its changelog."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from faust.stores import rocksdb
from faust.types import TP

from streams.flow.shelf import Shelf

MEMORY = {
    # Faust's defaults are for one big table; here each partition has a database of its own.
    "write_buffer_size": 8 << 20,
    "max_write_buffer_number": 2,
    "target_file_size_base": 16 << 20,
    "block_cache_size": 16 << 20,
    "bloom_filter_size": 10,
    "max_open_files": 128,
}


class Store(rocksdb.Store):  # type: ignore[misc]  # Faust has no types that mypy may follow
    """Assignment, files and locks are Faust's; reading and writing go through the shelves."""

    _dbs: dict[int, Shelf]

    def __init__(self, url: Any, app: Any, table: Any, **kwargs: Any) -> None:
        given = dict(kwargs.pop("options", None) or {})
        options = {**MEMORY, **given}
        super().__init__(url, app, table, options=options, driver="rocksdict", **kwargs)

    def shelf(self, partition: int) -> Shelf:
        """The shelf of a partition that is assigned to this worker; KeyError otherwise."""
        return self._dbs[partition]

    def _open_for_partition(self, partition: int) -> Shelf:
        return Shelf(self.rocksdb_options.open(self.partition_path(partition)))

    def persisted_offset(self, tp: TP) -> int | None:
        """The last changelog offset that is in the shelf."""
        offset: int | None = self._db_for_partition(tp.partition).offset
        return offset

    def set_persisted_offset(self, tp: TP, offset: int) -> None:
        """Nothing to do: a shelf notes its offset together with the values."""

    def apply_changelog_batch(
        self, batch: Iterable[Any], to_key: Callable[[Any], Any], to_value: Callable[[Any], Any]
    ) -> None:
        """Take over changelog events; keys and values are used as they stand on the topic."""
        records = defaultdict(list)
        for event in batch:
            message = event.message
            records[message.partition].append((message.offset, message.key, message.value))
        for partition, ones in records.items():
            self._db_for_partition(partition).replay(ones)

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """The changelog is read to its end: from now on only we write to these partitions."""
        last = self.app.tables.recovery.active_highwaters
        for tp in active_tps:
            if (shelf := self._dbs.get(tp.partition)) and tp in last:
                shelf.next = last[tp] + 1

    def revoke_partitions(self, table: Any, tps: set[TP]) -> None:
        """Close the shelves of partitions that now belong to others."""
        for tp in tps:
            if tp.topic in table.changelog_topic.topics and (
                shelf := self._dbs.pop(tp.partition, None)
            ):
                shelf.close()

    async def stop(self) -> None:
        """Close all shelves."""
        while self._dbs:
            self._dbs.popitem()[1].close()

    def _set(self, key: bytes, value: bytes | None) -> None:
        raise TypeError("a hop's decision writes here, not the table")

    def _del(self, key: bytes) -> None:
        raise TypeError("a hop's decision writes here, not the table")

    def _get(self, key: bytes) -> bytes | None:
        raise TypeError("ask the shelf of the partition")
