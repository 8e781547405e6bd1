"""What a command is joined to: the broker and the store of its settings, drained or replayed."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from time import monotonic, sleep
from typing import TypeVar

import msgspec

from streams.config import Settings
from streams.core.calendar import Calendar, parse_calendar
from streams.core.calls import call_row
from streams.core.conditions import INSTANT, instant_text
from streams.core.events import Reference, ReferenceKind
from streams.core.instants import aware
from streams.core.place import Rulebook
from streams.core.record import Record, State
from streams.core.results import CallRow, CaseRecord, ReportRow, Span, StepRow
from streams.core.scoring import Weights
from streams.core.topics import CASES, DOORS, INTAKE, TICKETS, TICKS, Topic
from streams.errors import WrongUse
from streams.keep.rows import TOPICS as KEPT
from streams.where import FLOW, SINK, Addresses, addresses
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Later, Offsets, committed, end_offsets, lag, read_all

T = TypeVar("T")

DEFAULT_ZONE = "Asia/Shanghai"
LOOK_SECONDS = 0.3
STAGES: tuple[tuple[str, tuple[Topic, ...]], ...] = (
    (FLOW, DOORS),
    (FLOW, (TICKETS,)),
    (FLOW, (INTAKE, TICKS)),
    (SINK, KEPT),
)
"""In this order what has been sent comes to rest: each stage's output is the next one's input."""
STAGE_NAMES = ("intake", "tickets", "casework", "sink")

Ends = Mapping[int, int]
"""Per partition of the intake log the offset before which everything counts."""

Replayed = tuple[Iterable[Span], Iterable[ReportRow], Iterable[StepRow], Iterable[CallRow]]
"""The rows of a replay."""


class Stuck(Exception):
    """Nothing moved for too long while records were still on their way."""


class Joined(msgspec.Struct, frozen=True):
    """Broker and store, and the questions that need both."""

    where: Addresses
    store: Warehouse

    @staticmethod
    def of(chosen: Settings) -> "Joined":
        """Joined to what the settings name. Raises Away."""
        where = addresses(chosen)
        return Joined(where, Warehouse(where.clickhouse))

    def drain(self, tell: Callable[[int], None] = lambda left: None, patience: float = 240) -> Ends:
        """Wait until all that is on the source topics now is stored or refused.

        Returns the intake log's ends by then. Raises Stuck where nothing moves for `patience`
        seconds, Later where the broker is away for as long; `tell` gets the number of records that
        are still behind, stage by stage.
        """
        intake: Ends = {}
        for group, topics in STAGES:
            ends = {
                topic.name: _answered(partial(end_offsets, self.where.kafka, topic.name), patience)
                for topic in topics
            }
            if INTAKE in topics and group == FLOW:
                intake = ends[INTAKE.name]
            self._await(group, ends, tell, patience)
        return intake

    def _await(
        self, group: str, ends: Offsets, tell: Callable[[int], None], patience: float
    ) -> None:
        least, since = None, monotonic()
        while left := _answered(partial(self._left, group, ends), patience):
            tell(left)
            if least is None or left < least:
                least, since = left, monotonic()
            if monotonic() - since > patience:
                raise Stuck(f"{group}: {left} records have not moved for {patience:g} s")
            sleep(LOOK_SECONDS)

    def _left(self, group: str, ends: Offsets) -> int:
        done = committed(self.where.kafka, group, tuple(ends))
        return sum(
            max(0, end - done[name].get(partition, 0))
            for name, by_partition in ends.items()
            for partition, end in by_partition.items()
        )

    def zone(self, place: str | None) -> str:
        """The zone of a place's profile as it was published; the default where none is named."""
        if place is None:
            return DEFAULT_ZONE
        rows = self.store.query(
            "SELECT JSONExtractString(body, 'zone') FROM reference_documents FINAL"
            " WHERE place = %(place)s AND kind = 'place'"
            " ORDER BY valid_from DESC, version DESC LIMIT 1",
            {"place": place},
        )
        return str(rows[0][0]) if rows else DEFAULT_ZONE

    def calendars(self, place: str) -> dict[tuple[str, str], Calendar]:
        """The working calendars that were published for a place, by their id and version."""
        rows = self.store.query(
            "SELECT body FROM reference_documents FINAL"
            " WHERE place = %(place)s AND kind = 'calendar'",
            {"place": place},
        )
        read = (parse_calendar(msgspec.json.decode(body)) for (body,) in rows)
        return {(calendar.id, calendar.version): calendar for calendar in read}

    def book(self, place: str) -> Rulebook:
        """All documents of a place that were published, as they hold one after the other."""
        rows = self.store.query(
            "SELECT kind, version, valid_from, body FROM reference_documents FINAL"
            " WHERE place = %(place)s",
            {"place": place},
        )
        book = Rulebook()
        for kind, version, valid_from, body in rows:
            change = Reference(
                place=place,
                kind=ReferenceKind(kind),
                version=version,
                valid_from=aware(valid_from),
                body=msgspec.json.decode(body),
            )
            book = book.with_change(change)
        return book

    def published(self, place: str) -> Rulebook:
        """The same of a place that must be known here; else WrongUse."""
        book = self.book(place)
        if not book.known(place):
            known = ", ".join(sorted(self.zones())) or "none"
            raise WrongUse(f"no profile of {place!r} was published here; there are: {known}")
        return book

    def zones(self) -> dict[str, str]:
        """The zone of every place whose profile was published."""
        rows = self.store.query(
            "SELECT place, argMax(JSONExtractString(body, 'zone'), (valid_from, version))"
            " FROM reference_documents FINAL WHERE kind = 'place' GROUP BY place",
            {},
        )
        return {str(place): str(zone) for place, zone in rows}

    def lag(self) -> int:
        """Records that are on our topics and not yet done with, by all stages."""
        return sum(self.lags().values())

    def lags(self) -> dict[str, int]:
        """The same by stage."""
        behind = {}
        for name, (group, topics) in zip(STAGE_NAMES, STAGES, strict=True):
            told = lag(self.where.kafka, group, [topic.name for topic in topics])
            behind[name] = sum(sum(by.values()) for by in told.values())
        return behind

    def lags_by_group(self) -> dict[str, int]:
        """The same by consumer group."""
        behind: dict[str, int] = {}
        for (group, _), left in zip(STAGES, self.lags().values(), strict=True):
            behind[group] = behind.get(group, 0) + left
        return behind

    def weights(self, place: str | None, at: datetime) -> dict[str, Weights]:
        """The weights of a place's scores at an instant; none where no place is named."""
        rows = self.store.query(
            "SELECT JSONExtractRaw(body, 'scores') FROM reference_documents FINAL"
            " WHERE place = %(place)s AND kind = 'place'"
            f" AND valid_from <= {INSTANT.format('at')}"
            " ORDER BY valid_from DESC, version DESC LIMIT 1",
            {"place": place or "", "at": instant_text(at)},
        )
        said = rows[0][0] if rows else ""
        return msgspec.json.decode(said, type=dict[str, Weights]) if said else {}

    def replay(self, ends: Ends) -> Replayed:
        """Fold the intake log up to these ends again, by the same pure step, into rows."""
        spans: dict[tuple[str, datetime, datetime], Span] = {}
        steps: dict[tuple[str, str, int, datetime], StepRow] = {}
        reports: dict[tuple[str, str], ReportRow] = {}
        calls: list[CallRow] = []
        for partition, end in ends.items():
            log = read_all(
                self.where.kafka, INTAKE.name, partitions=(partition,), ends={partition: end}
            )
            for record in replayed(_heard(log, calls)):
                spans |= {(s.case_id, s.from_at, s.known_from): s for s in record.spans}
                steps |= {(s.case_id, s.kind, s.n, s.known_from): s for s in record.steps}
                reports |= {(r.sender, r.id): r for r in record.reports}
        return spans.values(), reports.values(), steps.values(), calls


def _answered(question: Callable[[], T], patience: float) -> T:
    """The answer; a broker that is away is asked again, for so many seconds."""
    since = monotonic()
    while True:
        try:
            return question()
        except Later:
            if monotonic() - since > patience:
                raise
        sleep(LOOK_SECONDS)


class _Memory:
    """A partition's kept values in memory: what the store is to a running hop."""

    def __init__(self) -> None:
        self.memo: dict[object, object] = {}
        self.values: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.values.get(key)

    def items(self, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        return iter([(k, v) for k, v in self.values.items() if k.startswith(prefix)])


def _heard(log: Iterable[Record], calls: list[CallRow]) -> Iterator[Record]:
    """The same records; the calls among them are noted."""
    for record in log:
        call = call_row(record)
        if call is not None:
            calls.append(call)
        yield record


def replayed(log: Iterable[Record]) -> Iterator[CaseRecord]:
    """All revisions that casework makes of one partition of the intake log, from its beginning."""
    from streams.flow import casework  # noqa: PLC0415 - only a recount needs it, and half a second

    decode, memory = msgspec.json.Decoder(CaseRecord).decode, _Memory()
    state: State = memory
    for chunk in _chunks(log):
        decision = casework.step(chunk, state)
        for key, value in decision.writes.items():
            if value is None:
                memory.values.pop(key, None)
            else:
                memory.values[key] = value
        for out in decision.outs:
            if out.topic == CASES.name and out.value is not None:
                yield decode(out.value)


def _chunks(records: Iterable[Record], size: int = 2000) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def settings() -> Settings:
    """This process's settings."""
    return Settings.read(os.environ)
