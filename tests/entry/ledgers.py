"""A publisher that keeps what it is given, in order; `flushed` is how many were sent by then."""

import msgspec

from streams.core.record import Headers, Record


class Ledger:
    """What a broker would hold after a flush, in one partition a topic unless one is named."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.flushed = 0

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> None:
        """Keep one record; its offset is its place among all."""
        at_ms = 1_800_000_000_000
        offset = len(self.records)
        self.records.append(Record(topic, partition or 0, offset, at_ms, key, value, headers))

    def flush(self) -> None:
        """All that was sent is acknowledged."""
        self.flushed = len(self.records)

    def contents(self) -> set[bytes]:
        """Each distinct record, without its offset."""
        plain = (msgspec.structs.replace(record, offset=0) for record in self.records)
        return {msgspec.json.encode(record) for record in plain}
