"""Thousands of spoiled files: each is read, or refused with a reason; none is a crash or a hang."""

from pathlib import Path
from random import Random  # noqa: TID251 - seeded, it repeats itself
from time import monotonic

import pytest

from streams.entry.imports import survey
from streams.entry.mapping import MappingError
from streams.entry.refusals import RefusedRows
from tests.entry.files import KINDS
from tests.entry.spoiled import spoil
from tests.entry.test_tables import GOOD, HEADINGS, MAPPING, change

ROWS = [GOOD, change(单号="T-2", 内容='他说"快来"，\n两次'), change(单号="T-3", 上报="")] * 4
PATIENCE_S = 10.0


def read_all(folder: Path, files: int, seed: int) -> dict[str, int]:
    """Survey so many spoiled files; how many were read, and how many refused whole."""
    rng, counted = Random(seed), {"read": 0, "refused": 0}
    sources = [write(folder / name, HEADINGS, ROWS) for name, write in KINDS.items()]
    for number in range(files):
        source = sources[number % len(sources)]
        path = spoil(source, folder / f"spoiled{source.suffix}", rng)
        began = monotonic()
        try:
            with RefusedRows(folder / "kept.csv") as kept:
                found = survey(path, MAPPING, refused=kept)
        except MappingError:
            counted["refused"] += 1
        else:
            assert found.refused == sum(found.refused_by_fault.values()) == kept.rows
            assert all(one.detail and one.what_to_do for one in found.examples)
            counted["read"] += 1
        assert monotonic() - began < PATIENCE_S, (seed, number)
    return counted


def test_two_thousand_spoiled_files_are_read_or_refused(tmp_path: Path):
    counted = read_all(tmp_path, 2_000, seed=2026)
    assert counted["read"] > 500
    assert counted["refused"] > 200


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_a_hundred_thousand_spoiled_files_are_read_or_refused(tmp_path: Path):
    print(read_all(tmp_path, 100_000, seed=2027))
