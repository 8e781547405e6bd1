"""Merging on a simulated day whose truth is known: how much is found, how much of it is right."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from random import Random  # noqa: TID251 - seeded, it repeats itself

import msgspec
import pytest

from streams.core.codec import encode_binary
from streams.core.record import Record
from streams.core.results import CaseRecord
from streams.core.topics import CASES
from streams.entry.places import shipped_book
from streams.entry.simulate import TOPICS, Day
from streams.entry.simulate_reports import Reported, Reporting
from tests.flow.memory_chain import ARRIVAL_MS, chain

DAY = Day.of(60, "Asia/Shanghai")
RULES = shipped_book("dongguan").at("dongguan", DAY.end)
assert RULES is not None


def near_misses(drawn: list[Reported], rng: Random) -> Iterator[Reported]:
    """Of every tenth report: the same spot for another matter, and the same matter a street on."""
    matters, names = list(RULES.matters.values()), [name.name for name in RULES.names]
    for number, one in enumerate(drawn[::10]):
        name = next((name for name in names if name in one.data.text), None)
        if one.matter is None or name is None:
            continue
        others = [m for m in matters if m.code != one.matter and not m.general]
        house = one.data.text.partition(name)[2].partition("号")[0]
        same_spot = f"{name}{house if house.isdecimal() else 9}号有{rng.choice(others).terms[0]}"
        street = names[(names.index(name) + 1) % len(names)]
        camera = {"camera": "cam-next-street"} if one.source == "patrol" else {}
        for kind, said in (
            (1, {"text": same_spot, "matter": None}),
            (2, {"text": one.data.text.replace(name, street), "point": None, **camera}),
        ):
            data = msgspec.structs.replace(one.data, **said)
            id, problem = f"near-{number}-{kind}", -10 * one.problem - kind
            yield msgspec.structs.replace(one, id=id, data=data, us=one.us + 1, problem=problem)


def record(number: int, one: Reported) -> Record:
    kind = f"gridloop.report.{one.source}.v1"
    headers, value = encode_binary(kind, one.sender, one.id, DAY.instant(one.us), one.data)
    return Record(TOPICS[one.source].name, 0, number, ARRIVAL_MS, None, value, headers)


@pytest.mark.parametrize("seed", [60, 7])
def test_nearly_all_of_one_problem_is_merged_and_nearly_nothing_else(seed: int) -> None:
    rng = Random(seed)
    drawn = list(Reporting(RULES, DAY, rng).draw(600))
    truth = {one.id: one for one in [*drawn, *near_misses(drawn, rng)]}
    outs, _ = chain([record(n, one) for n, one in enumerate(truth.values())])
    cases: dict[str, str] = {}
    for out in outs:
        if out.topic == CASES.name:
            told = msgspec.json.decode(out.value or b"", type=CaseRecord)
            cases |= {row.id: row.case_id for row in told.reports}
    assert cases.keys() == truth.keys()

    merged = pairs(cases)
    meant = pairs({id: one.problem for id, one in truth.items()})
    missed = Counter(
        "没有事项 unclassified" if None in (truth[a].matter, truth[b].matter) else "其他 other"
        for a, b in meant - merged
    )
    precision, recall = len(merged & meant) / len(merged), len(merged & meant) / len(meant)
    for a, b in sorted(merged - meant):
        print(
            "false",
            truth[a].id,
            truth[a].data.text,
            truth[a].data.point,
            "|",
            truth[b].id,
            truth[b].data.text,
            truth[b].data.point,
        )
    print(f"precision {precision:.3f} recall {recall:.3f} of {len(meant)} pairs; missed {missed}")
    assert len(meant) > 50
    assert precision >= 0.98
    assert recall >= 0.90


def pairs(group_of: dict[str, object]) -> set[tuple[str, str]]:
    groups: dict[object, list[str]] = defaultdict(list)
    for id in sorted(group_of):
        groups[group_of[id]].append(id)
    return {pair for group in groups.values() for pair in combinations(group, 2)}
