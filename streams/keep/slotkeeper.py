"""应巡 as rows, kept right: slots as they begin, those that rounds touch as these come in, and all
of a place's where its documents change.

Everything here can be made again from what is stored, so a crash loses nothing: what was written
before its mark is written again, and is the same.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from streams.core.place import Rulebook
from streams.core.scheduledocs import Schedule
from streams.core.slotrows import SlotsKept, planned, rows
from streams.core.slots import DAY, MICROSECOND, Slot
from streams.core.touching import touched
from streams.keep.slotstore import (
    Begun,
    Store,
    There,
    digests,
    keep_mark,
    marks,
    new_rounds,
    rounds_of,
    rounds_there,
    stored,
    write,
)
from streams.wire.clickhouse import Later

_log = logging.getLogger(__name__)

EVERY_SECONDS = 10.0
"""Between two looks at what is new."""

JUDGED_BY = "1"
"""Raised where slots are judged otherwise than before: all rows are made anew then."""

OVERLAP = timedelta(seconds=10)
"""The rounds of so long before the mark are looked at again: what comes in is stamped by the broker
that leads the partition, and another one's clock may be behind by less."""

MOST_ROUNDS = 2_000
"""So many new rounds are taken up at a time."""

MOST_SUBJECTS = 500
"""No more are named in one statement; of more, all are read."""

FEW_SLOTS, MANY_SLOTS = 4_000, 16_000
"""Between these a span of days is made at a time."""

SHORTEST, LONGEST = timedelta(hours=1), 32 * DAY

BEHIND = "gridloop_slots_behind_seconds"  # for how long slots have begun without rows; label place

Tell = Callable[[str, float], None]


class SlotKeeper:
    """Brings the rows of all places up to date. `book` gives a place's documents, `now` its time;
    `tell` is told of each place how far it is behind, in seconds."""

    def __init__(
        self,
        store: Store,
        book: Callable[[str], Rulebook],
        now: Callable[[str], datetime],
        tell: Tell = lambda place, seconds: None,
    ) -> None:
        self._store, self._book_of, self._now, self._tell = store, book, now, tell
        self._books: dict[str, tuple[str, Rulebook]] = {}
        self._seen: dict[str, There] = {}
        self._span = DAY
        self._stop = Event()

    # --- the thread ---

    def start(self) -> None:
        """Begin to keep, in a thread that ends with the process."""
        self._thread = Thread(target=self._run, name="slots", daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """End the thread, after what it is writing now."""
        self._stop.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.bring()
            except Later as later:
                _log.info("slots wait for the store: %s", later)
            except Exception:  # noqa: BLE001 - the sink beside it goes on, and so does the next look
                _log.exception("slots are not kept")
            self._stop.wait(EVERY_SECONDS)

    # --- one look ---

    def bring(self) -> None:
        """Make all rows that are not there yet, place by place. Raises Later."""
        there, kept = rounds_there(self._store), marks(self._store)
        rules = digests(self._store, sorted(there))
        for place in sorted(there.keys() & rules.keys()):
            try:
                by = f"{JUDGED_BY}:{rules[place]}"
                self._place(place, kept.get(place), by, there[place])
            except Later:
                raise
            except Exception:  # noqa: BLE001 - one place's trouble is not the others', nor the sink's
                _log.exception("the slots of %s are not kept", place)
            if self._stop.is_set():
                return

    def _place(self, place: str, kept: SlotsKept | None, by: str, there: There) -> None:
        book = self._book(place, by)
        if not book.known(place):
            return
        since = _month_of(book, place, there.first)
        if kept is None or kept.rules != by or since < kept.since:
            mark = SlotsKept(
                place=place,
                since=since,
                until=since,
                ingested_until=there.last,
                rules=by,
                revision=1 if kept is None else kept.revision + 1,
            )
            keep_mark(self._store, mark)
        else:
            mark = kept if self._seen.get(place) == there else self._late(book, kept)
        now = self._now(place)
        mark = self._begun(book, mark, now)
        if not self._stop.is_set():
            self._seen[place] = there
        self._tell(place, max((now - mark.until).total_seconds(), 0.0))

    def _book(self, place: str, by: str) -> Rulebook:
        held = self._books.get(place)
        if held is None or held[0] != by:
            held = self._books[place] = by, self._book_of(place)
        return held[1]

    def _late(self, book: Rulebook, mark: SlotsKept) -> SlotsKept:
        """Take up the rounds that came in since the mark."""
        since = mark.ingested_until - OVERLAP
        while not self._stop.is_set():
            made = new_rounds(self._store, mark.place, since, MOST_ROUNDS)
            if not made:
                break
            reached = {slot for one, _ in made for slot, _ in touched(book, one)}
            mine = [slot for slot in reached if mark.since <= slot.window.start < mark.until]
            for group in _groups(mine):
                self._again(book, mark.place, group)
            last = made[-1][1]
            if last > mark.ingested_until:
                mark = replace(mark, ingested_until=last, revision=mark.revision + 1)
                keep_mark(self._store, mark)
            if len(made) < MOST_ROUNDS:
                break
            since = last + MICROSECOND
        return mark

    def _again(self, book: Rulebook, place: str, group: list[Slot]) -> None:
        """Judge these slots of one schedule again."""
        schedule, since, until = group[0].schedule, _first(group), _last(group)
        made = rounds_of(self._store, place, schedule.kind.value, since, until)
        subjects = tuple(sorted({slot.subject.code for slot in group}))
        last_begun = max(slot.window.start for slot in group) + MICROSECOND
        asked = Begun(place, since, last_begun, schedule.id)
        if len(subjects) <= MOST_SUBJECTS:
            asked = asked._replace(subjects=subjects)
        mine = {_key(slot) for slot in group}
        there = stored(self._store, asked)
        write(
            self._store,
            rows(book, place, group, made),
            [row for row in there if (row.subject, row.scene, row.begun_at) in mine],
        )

    def _begun(self, book: Rulebook, mark: SlotsKept, now: datetime) -> SlotsKept:
        """Take up the slots that have begun since the mark."""
        at = mark.until
        while at < now and not self._stop.is_set():
            began, end = monotonic(), min(at + self._span, now)
            some = list(planned(book, mark.place, at, end))
            made = [
                row
                for group in _alike(some)
                for row in rows(
                    *(book, mark.place, group),
                    rounds_of(
                        *(self._store, mark.place, group[0].schedule.kind.value),
                        *(_first(group), _last(group)),
                    ),
                )
            ]
            written = write(self._store, made, stored(self._store, Begun(mark.place, at, end)))
            at = end
            if some or written or end - mark.until > DAY:
                mark = replace(mark, until=end, revision=mark.revision + 1)
                keep_mark(self._store, mark)
            self._pace(len(some))
            if at < now:  # the sink has the same processor
                self._stop.wait(min(monotonic() - began, 1.0))
        return mark if at < now else replace(mark, until=max(mark.until, now))

    def _pace(self, slots: int) -> None:
        if slots < FEW_SLOTS:
            self._span = min(2 * self._span, LONGEST)
        elif slots > MANY_SLOTS:
            self._span = max(self._span / 2, SHORTEST)


def _month_of(book: Rulebook, place: str, at: datetime) -> datetime:
    """The beginning of the local month of a place's first round: by then it had begun to make
    them. Of what its documents ask for before, nobody knows more than that nobody told."""
    (*_, rules) = book.ever(place)
    local = at.astimezone(ZoneInfo(rules.zone))
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _key(slot: Slot) -> tuple[str, str, datetime]:
    return slot.subject.code, slot.subject.scene or "", slot.window.start


def _first(group: Iterable[Slot]) -> datetime:
    return min(slot.window.start for slot in group)


def _last(group: Iterable[Slot]) -> datetime:
    return max(slot.window.end for slot in group)


def _alike(some: Iterable[Slot]) -> list[list[Slot]]:
    """By kind and by how long windows are, so that a year's window asks for no other kind's year of
    rounds."""
    found: dict[tuple[str, str], list[Slot]] = {}
    for slot in some:
        plan = slot.schedule
        found.setdefault((plan.kind.value, plan.cadence.every), []).append(slot)
    return list(found.values())


def _groups(some: Iterable[Slot]) -> Iterator[list[Slot]]:
    """By schedule, and of one schedule those that begin about the same time."""
    by_schedule: dict[Schedule, list[Slot]] = {}
    for slot in some:
        by_schedule.setdefault(slot.schedule, []).append(slot)
    for mine in by_schedule.values():
        group: list[Slot] = []
        for slot in sorted(mine, key=lambda one: one.window.start):
            if group and slot.window.start - group[-1].window.start > 2 * DAY:
                yield group
                group = []
            group.append(slot)
        yield group
