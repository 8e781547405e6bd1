"""Which reports of a day are one case, worked out plainly: every report beside every one before.

The rules are those of docs/merging.md, read by hand; personal data in texts is masked by the
project's own masks, which its tests cover.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

from rapidfuzz import fuzz

from streams.core.events import Requester
from streams.core.privacy import Tokeniser
from tests.journey.recount_rules import Rules, plain

MASKS = Tokeniser(b"any key: the masks are the same  ")

Closed = Callable[[list[Any], datetime], str]
"""How the case of some reports, the first one leading, stood before an instant."""


class Told:
    """What is compared of a report."""

    def __init__(self, seen: Any, rules: Rules) -> None:
        said = seen.data
        self.seen, self.identity, self.at = seen, seen.identity, seen.at
        words = f"{said['text']}\n{said.get('address', '')}"
        who = said.get("requester") or {}
        self.matter = rules.matter(said["text"], said.get("matter"))
        self.home = rules.area(said.get("area"), words)
        self.grid, self.camera = said.get("grid"), said.get("camera")
        self.point = said.get("point")
        self.spots = _spots(plain(words), rules)
        self.asked = who.get("phone") or who.get("id_number") or who.get("name")
        self.text = plain(MASKS.scrub(said["text"], Requester(**who) if who else None))

    @property
    def order(self) -> tuple[Any, ...]:
        return self.at, *self.identity


class Case:
    """Reports that are one case, in their order."""

    def __init__(self, first: Told) -> None:
        self.reports = [first]


def groups(
    reports: list[Any], rules: Rules, closed: Closed, read: dict[Any, str]
) -> list[list[Any]]:
    """The published reports by case, the one that opened it first; what each was `read` as."""
    cases: list[Case] = []
    for report in sorted((Told(one, rules) for one in reports), key=lambda one: one.order):
        joined, read[report.identity] = _joined(report, cases, rules, closed)
        if joined is None:
            cases.append(Case(report))
        else:
            joined.reports.append(report)
    return [[one.seen for one in case.reports] for case in cases]


def _joined(
    report: Told, cases: list[Case], rules: Rules, closed: Closed
) -> tuple[Case | None, str]:
    row = rules.merging["rows"][0]
    found = []
    for case in cases:
        scores = [score for one in case.reports if (score := _score(report, one, row)) is not None]
        if not scores or max(scores) < row["candidate_from"]:
            continue
        if any(_place(report, one, row) is None for one in case.reports):
            continue
        if closed([one.seen for one in case.reports], report.at) == "open":
            best = max(
                (one for one in case.reports if _score(report, one, row) == max(scores)),
                key=lambda one: [-ord(c) for c in f"{one.at.isoformat()}{one.identity}"],
            )
            found.append((max(scores), case, best))
    found.sort(key=lambda one: (-one[0], one[2].order))
    if not found:
        return None, "apart"
    if found[0][0] < row["merged_from"]:
        return None, "proposed"
    score, case, best = found[0]
    rivals = (other for s, _, other in found[1:] if score - s < 0.05)
    undecided = any(_place(best, other, row) is None for other in rivals)
    return (None, "proposed") if undecided else (case, "linked")


def _score(one: Told, other: Told, row: dict[str, Any]) -> float | None:
    gap, window = one.at - other.at, timedelta(hours=row["hours"])
    place = _place(one, other, row)
    if gap > window or place is None or one.home != other.home:
        return None
    if None not in (one.matter, other.matter) and one.matter != other.matter:
        return None
    score = place * (1.0 if one.matter == other.matter is not None else 0.65)
    score *= 1 - 0.2 * sqrt(gap / window)
    score += 0.15 * fuzz.ratio(one.text, other.text) / 100
    if one.asked and one.asked == other.asked:
        score += 0.1
    return round(min(score, 1.0), 4)


def _place(one: Told, other: Told, row: dict[str, Any]) -> float | None:
    if one.home != other.home:
        return None
    if one.camera and one.camera == other.camera:
        return 1.0
    if one.point and other.point:
        away = _metres(one.point, other.point)
        return None if away > row["radius_m"] else 1 - 0.3 * away / row["radius_m"]
    if one.spots and other.spots:
        sure = []
        for name, number in one.spots:
            for its, theirs in other.spots:
                if name == its and number == theirs and number:
                    sure.append(0.95)
                elif name == its and not (number and theirs):
                    sure.append(0.74)
        return max(sure, default=None)
    return 0.55 if one.grid and one.grid == other.grid else 0.25


def same_spot(one: Told, other: Told, rules: Rules) -> bool:
    """Whether both are surely of one place: a camera, a name, or within the radius."""
    place = _place(one, other, rules.merging["rows"][0]) if rules.merging else None
    return place is not None and place >= 0.7


def _metres(one: dict[str, Any], other: dict[str, Any]) -> float:
    """By the haversine formula."""
    north, east = (radians(other[name] - one[name]) for name in ("lat", "lon"))
    half = sin(north / 2) ** 2
    half += cos(radians(one["lat"])) * cos(radians(other["lat"])) * sin(east / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(half))


def _spots(text: str, rules: Rules) -> set[tuple[str, str]]:
    """The names in a text, the longest from left to right, each with the number behind it."""
    found, at = set(), 0
    while at < len(text):
        sizes = range(rules.longest_name, 1, -1)
        name = next((text[at : at + n] for n in sizes if text[at : at + n] in rules.names), None)
        if name is None:
            at += 1
            continue
        at += len(name)
        if name in rules.gazetteer:
            number = re.match(r"\d{1,5}(号|栋|幢|弄|巷|队)", text[at:])
            found.add((name, number.group() if number else ""))
    return found
