"""Simulated reports: who reports what, where and in which words."""

from collections.abc import Collection, Iterator
from itertools import accumulate
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself
from typing import Any

import msgspec

from streams.core.clock import Unit, parse_limit
from streams.core.events import (
    CitizenReport,
    GridworkerReport,
    HotlineReport,
    PatrolReport,
    ReporterKind,
    Requester,
)
from streams.core.limits import limit_of
from streams.core.locate import Whereabouts, locate
from streams.core.place import Area, Matter, PlaceRules
from streams.entry import simulate_shares as shares
from streams.entry.dayfile import DayBody
from streams.entry.simulate_day import Day
from streams.entry.simulate_problems import SPOT_M, Problem, Problems
from streams.entry.simulate_shares import Mix
from streams.entry.simulate_words import SCENES, Words, id_number_of, name_of, phone_of

Report = GridworkerReport | PatrolReport | HotlineReport | CitizenReport

PREFIXES = {"gridworker": "GW", "patrol": "SP", "hotline": "RX", "citizen": "SM"}
NO_SUCH_AREA = "990000000000"


class Reported(msgspec.Struct, frozen=True, gc=False):
    """A report, and what the simulator means by it: `us` is when it was, in the day's
    microseconds; `matter` None where its words tell none; `area` where intake will find it.
    Reports of one `problem` are one case; the `first` of them opens it."""

    us: int
    source: str
    sender: str
    id: str
    data: Report
    matter: str | None
    area: str
    problem: int
    first: bool


class Reporting:
    """Draws a day's reports for one place, one after the other."""

    def __init__(
        self, rules: PlaceRules, day: Day, rng: Random, body: DayBody = shares.USUAL
    ) -> None:
        self._rules = rules
        self._day = day
        self._rng = rng
        self._words = Words.of(rules)
        areas = Mix([(area, _falling_off(n)) for n, area in enumerate(lowest(rules))])
        self._problems = Problems(rules, rng, areas)
        told = [((one, _matters(rules, one.matters)), one.weight) for one in body.channels]
        self._channels = Mix(told)
        self._make = {
            "gridworker": self._gridworker,
            "patrol": self._patrol,
            "hotline": self._hotline,
            "citizen": self._citizen,
        }

    def draw(self, reports: int) -> Iterator[Reported]:
        """So many distinct reports, in the order in which they happen."""
        for number, us in enumerate(self._moments(reports), start=1):
            yield self._report(number, us)

    def _moments(self, reports: int) -> Iterator[int]:
        """When reports happen: each hour has its share to the nearest whole, within it evenly."""
        hours = accumulate(shares.HOURS)
        total = sum(shares.HOURS)
        done = 0
        for hour, so_far in enumerate(hours):
            until = round(reports * so_far / total)
            begin = hour * self._day.length_us // 24
            span = (hour + 1) * self._day.length_us // 24 - begin
            yield from sorted(begin + int(self._rng.random() * span) for _ in range(until - done))
            done = until

    def _report(self, number: int, us: int) -> Reported:
        rng = self._rng
        channel, matters = self._channels.draw(rng)
        source = channel.source
        problem, first = self._problems.draw(us, matters)
        area, matter = problem.area, problem.matter
        vague = matter is None or (first and rng.random() < shares.VAGUE)
        term = None if vague or matter is None else shares.one_of(matter.terms, rng)
        common: dict[str, Any] = {
            "place": self._rules.place,
            "text": self._words.sentence(source, self._spot(problem), term, rng),
            **self._where(area),
        }
        if rng.random() < shares.POINT_GIVEN[source]:
            common["point"] = self._problems.point(problem)
        if not vague and matter is not None and rng.random() < shares.MATTER_GIVEN[source]:
            common["matter"] = matter.code
        return Reported(
            us=us,
            source=source,
            sender=f"/{self._rules.place}/{source}/demo-{self._day.seed}",
            id=f"{PREFIXES[source]}{self._day.date:%Y%m%d}{number:06d}",
            data=self._make[source](common, problem, channel.by),
            matter=None if vague or matter is None else matter.code,
            area=self._found(common, area),
            problem=problem.number,
            first=first,
        )

    def _spot(self, problem: Problem) -> str:
        """How somebody says where it is: by the street, and mostly the number."""
        rng = self._rng
        if problem.spot is None:
            return self._words.somewhere(problem.area.name, rng)
        number = f"{problem.house}号" if rng.random() < shares.NUMBER_SAID else ""
        return f"{problem.spot}{number}"

    def _found(self, common: dict[str, Any], area: Area) -> str:
        """The area that the report names, else that of the names in its words."""
        if common.get("area") == area.code:
            return area.code
        found = locate(self._rules, Whereabouts(text=common["text"]))
        return found.area

    def _where(self, area: Area) -> dict[str, str]:
        drawn = self._rng.random()
        if drawn < shares.WRONG_AREA:
            return {"area": NO_SUCH_AREA}
        if drawn < shares.WRONG_AREA + shares.NO_AREA:
            return {}
        return {"area": area.code}

    # --- the four kinds ---------------------------------------------------------------------

    def _gridworker(self, common: dict[str, Any], problem: Problem, by: str | None) -> Report:
        kind, area = ReporterKind(by or ReporterKind.GRIDWORKER), problem.area
        if area.grids and common.get("area") == area.code:
            common["grid"] = area.grids[problem.number % len(area.grids)]
        reporter = f"{kind.value}-{area.code}-{shares.whole(1, 9, self._rng):02d}"
        return GridworkerReport(**common, reporter_kind=kind, reporter=reporter)

    def _patrol(self, common: dict[str, Any], problem: Problem, by: str | None) -> Report:
        rng = self._rng
        return PatrolReport(
            **common,
            camera=_camera(problem),
            camera_class=shares.CAMERA_CLASSES.draw(rng),
            scene=shares.one_of(SCENES, rng),
            algorithm="scene-rules",
            confidence=round(0.6 + 0.39 * rng.random(), 2),
            confirmed=rng.random() < shares.CONFIRMED,
        )

    def _hotline(self, common: dict[str, Any], problem: Problem, by: str | None) -> Report:
        return HotlineReport(line=by or "12345", requester=self._requester(common), **common)

    def _citizen(self, common: dict[str, Any], problem: Problem, by: str | None) -> Report:
        return CitizenReport(
            channel=by or "mini_program",
            kind=shares.CITIZEN_KINDS.draw(self._rng),
            requester=self._requester(common),
            **common,
        )

    def _requester(self, common: dict[str, Any]) -> Requester | None:
        rng = self._rng
        if rng.random() >= shares.NAMED:
            return None
        who = Requester(
            name=name_of(rng),
            phone=phone_of(rng),
            id_number=id_number_of(rng) if rng.random() < shares.ID_GIVEN else None,
        )
        if rng.random() < shares.NUMBER_IN_TEXT:
            common["text"] += f"联系人{who.name}，电话{who.phone}。"
        return who


def _camera(problem: Problem) -> str:
    """The camera that looks at it: one for every twenty house numbers of a street."""
    return f"cam-{problem.area.code}-{problem.north // SPOT_M:02d}{problem.house // 20:02d}"


def lowest(rules: PlaceRules) -> list[Area]:
    """The areas that hold no others: where things happen."""
    parents = {area.parent for area in rules.areas.values()}
    parents.add(rules.fallback_area)
    nowhere = Area(code=rules.fallback_area, name=rules.name_zh, level="place")
    return [area for area in rules.areas.values() if area.code not in parents] or [nowhere]


def _matters(rules: PlaceRules, among: Collection[str]) -> Mix[Matter] | None:
    """The place's matters, or those of these codes or categories; what must be done the same day
    comes up more often."""
    listed = [
        matter
        for matter in rules.matters.values()
        if not among or matter.code in among or matter.category in among
    ]
    pairs = [
        (matter, _falling_off(n) * (shares.SAME_DAY if _same_day(rules, matter) else 1.0))
        for n, matter in enumerate(listed)
    ]
    return Mix(pairs) if pairs else None


def _same_day(rules: PlaceRules, matter: Matter) -> bool:
    rule = limit_of(rules, matter.code)
    limit = parse_limit(rule.limit) if rule else None
    hours = {Unit.HOURS, Unit.WORKING_HOURS}
    return limit is not None and limit.unit in hours and limit.n <= shares.SAME_DAY_H


def _falling_off(n: int) -> float:
    return float((n + 1) ** -shares.FALLING_OFF)
