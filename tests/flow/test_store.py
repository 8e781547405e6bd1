"""Shelves: the highest stamp is the truth, whoever wrote last, and whatever compaction leaves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from faust.stores.rocksdb import RocksDBOptions
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.flow.shelf import OFFSET, Overtaken, Shelf, stamped
from streams.flow.store import MEMORY

keys = st.sampled_from([b"a", b"ab", b"b", b"c"])
payloads = st.none() | st.binary(min_size=1, max_size=4)
lines = st.tuples(keys, st.integers(0, 6), payloads)
few = settings(max_examples=30, deadline=None)

Line = tuple[bytes, int, bytes | None]


@contextmanager
def opened(folder: Path) -> Iterator[Shelf]:
    """A shelf on a real database."""
    options = RocksDBOptions(use_rocksdict=True, **MEMORY)
    shelf = Shelf(options.open(folder / "one.db"))
    try:
        yield shelf
    finally:
        shelf.close()


@contextmanager
def fresh() -> Iterator[Shelf]:
    """A shelf on an empty database."""
    with TemporaryDirectory() as folder, opened(Path(folder)) as shelf:
        yield shelf


def truth(log: Sequence[Line]) -> dict[bytes, bytes]:
    """Of each key the line with the highest stamp, of equal stamps the last; no deletions."""
    found: dict[bytes, Line] = {}
    for line in log:
        if line[0] not in found or found[line[0]][1] <= line[1]:
            found[line[0]] = line
    return {key: payload for key, _, payload in found.values() if payload is not None}


def as_read(log: Sequence[Line], first: int = 0) -> list[tuple[int, bytes, bytes | None]]:
    """The lines as the changelog's records, from offset `first` on."""
    return [
        (offset, key, stamped(stamp, payload))
        for offset, (key, stamp, payload) in enumerate(log, first)
    ]


@few
@given(st.lists(lines, max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_recovery_keeps_the_highest_stamp(log: list[Line], cut: int, end: int) -> None:
    """However the records come in batches, and however often it stops and resumes on the way."""
    with TemporaryDirectory() as folder:
        for part in (log[:cut], log[cut:end], log[max(cut, end) :]):
            with opened(Path(folder)) as shelf:
                first = 0 if shelf.offset is None else shelf.offset + 1
                shelf.replay(as_read(part, first))
                done = shelf.offset
        with opened(Path(folder)) as shelf:
            assert dict(shelf.items()) == truth(log)
            assert shelf.offset == done
            assert shelf.applied == max((stamp for _, stamp, _ in log), default=0)


@few
@given(
    st.lists(st.dictionaries(keys, payloads, min_size=1), min_size=1, max_size=8),
    st.integers(0, 7),
    st.integers(0, 8),
)
def test_a_late_writer_changes_nothing(
    decisions: list[dict[bytes, bytes | None]], frozen_at: int, wakes_at: int
) -> None:
    """It repeats a decision that its successor has long made; whoever recovers sees the truth."""
    log: list[tuple[bytes, bytes]] = []
    with fresh() as successor:
        for at, writes in enumerate(decisions):
            entries = successor.entries(writes, at)
            successor.keep(entries, None)
            log += entries
            if at == wakes_at and frozen_at < at:
                late = decisions[frozen_at].items()
                log += [(key, stamped(frozen_at, payload)) for key, payload in late]
        kept = dict(successor.items())
    with fresh() as third:
        third.replay((offset, key, value) for offset, (key, value) in enumerate(log))
        assert dict(third.items()) == kept


@few
@given(st.lists(lines, max_size=30))
def test_what_recovery_sets_right_survives_compaction(log: list[Line]) -> None:
    """The next decision writes the truth again, above the late writer's: the last is now true."""
    with fresh() as shelf:
        shelf.replay(as_read(log))
        before = dict(shelf.items())
        mended = shelf.entries({b"other": b"1"}, 9)
        last = {key: stamped(stamp, payload) for key, stamp, payload in log} | dict(mended)
    with fresh() as third:
        third.replay((offset, key, value) for offset, (key, value) in enumerate(last.items()))
        assert dict(third.items()) == before | {b"other": b"1"}


def test_a_strangers_write_is_noticed_and_nothing_stored(tmp_path: Path) -> None:
    """Our writes must stand side by side in the changelog; a gap means that somebody else wrote."""
    with opened(tmp_path) as shelf:
        shelf.next = 0
        shelf.keep(shelf.entries({b"a": b"1", b"b": b"1"}, 5), 0)
        with pytest.raises(Overtaken):
            shelf.keep(shelf.entries({b"a": b"2"}, 6), 3)
        assert (shelf.get(b"a"), shelf.offset, shelf.applied) == (b"1", 1, 5)
        shelf.keep(shelf.entries({b"a": b"2"}, 6), 2)
        assert (shelf.get(b"a"), shelf.offset, shelf.applied) == (b"2", 2, 6)


def test_nothing_counts_as_read_once_the_place_is_unknown(tmp_path: Path) -> None:
    """A stranger may have written in between: the next recovery must read from before it."""
    with opened(tmp_path) as shelf:
        shelf.next = 0
        for first in (0, None, 7):
            shelf.keep(shelf.entries({b"a": b"%d" % (first or 1)}, 5), first)
        assert (shelf.get(b"a"), shelf.offset) == (b"7", 0)


def test_a_repeated_chunk_never_lowers_a_stamp(tmp_path: Path) -> None:
    """Nor does a chunk of another input, which has no stamp of its own."""
    with opened(tmp_path) as shelf:
        shelf.keep(shelf.entries({b"a": b"1"}, 7), 0)
        entries = shelf.entries({b"a": b"2"}, 3)
        assert entries == [(b"a", stamped(7, b"2"))]


def test_values_are_found_by_prefix_and_deletions_hidden(tmp_path: Path) -> None:
    """Nor does a step ever see what the shelf notes for itself."""
    with opened(tmp_path) as shelf:
        shelf.keep(shelf.entries({b"a/1": b"x", b"a/2": b"y", b"b": b"z"}, 1), 0)
        shelf.keep(shelf.entries({b"a/1": None}, 2), 3)
        assert shelf.get(b"a/1") is None
        assert list(shelf.items(b"a/")) == [(b"a/2", b"y")]
        assert list(shelf.items()) == [(b"a/2", b"y"), (b"b", b"z")]
        assert list(shelf.items(OFFSET[:1])) == []


@pytest.mark.parametrize("writes", [{b"": b"1"}, {OFFSET: b"1"}, {b"a": b""}])
def test_reserved_keys_and_empty_values_are_refused(
    tmp_path: Path, writes: dict[bytes, bytes | None]
) -> None:
    """Either would be taken for something else when it is read."""
    with opened(tmp_path) as shelf, pytest.raises(ValueError, match=r"reserved|empty"):
        shelf.entries(writes, 1)
