"""A place's rules read by hand from its YAML: which matter, whose duty, what deadline."""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from streams.core.calendar import parse_calendar
from streams.core.clock import deadline, parse_limit

PLACES = Path(__file__).parents[2] / "schemas" / "places"


class Rules:
    """One place, as its folder has it; the calendar's arithmetic is the project's own, which its
    tests cover."""

    def __init__(self, place: str, folder: Path | None = None) -> None:
        bodies: dict[str, Any] = {}
        for path in (folder or PLACES / place).glob("*.yaml"):
            document = yaml.safe_load(path.read_text("utf-8"))
            bodies[document["kind"]] = document["body"]
        self.place, self.profile = place, bodies["place"]
        self.areas: dict[str, dict[str, Any]] = {a["code"]: a for a in bodies["areas"]["areas"]}
        self.kinds_of: dict[str | None, str] = bodies["areas"].get("kinds_of", {})
        self.matters: dict[str, dict[str, Any]] = {
            m["code"]: m for m in bodies["matters"]["matters"]
        }
        self.categories = {c["code"]: c for c in bodies["matters"]["categories"]}
        self.duties: list[dict[str, Any]] = bodies["responsibility"]["duties"]
        listed = bodies["responsibility"]["departments"]
        self.departments = {d["id"] for d in listed}
        self.territory = {d["area"]: d["id"] for d in reversed(listed) if "area" in d}
        self.admission: list[dict[str, Any]] = bodies.get("admission", {"lists": []})["lists"]
        self.fallback_department: str = bodies["responsibility"]["default_department"]
        self.limits: dict[tuple[str, str, str], str] = {
            (row.get("clock", "overall"), row.get("mode", "normal"), row["matter"]): row["limit"]
            for row in bodies["limits"]["limits"]
            if row.keys() <= {"id", "matter", "limit", "mode", "clock"}
        }
        self.ledger: list[dict[str, Any]] = bodies.get("base_data", {}).get("entries", [])
        calendar = PLACES / "_calendars" / f"{bodies['calendar']['use']}.json"
        self.calendar = parse_calendar(json.loads(calendar.read_text("utf-8")))
        self.words: dict[str, list[str]] = {}
        for code, matter in self.matters.items():
            for word in {*matter.get("quotes", ()), *matter["terms"]}:
                self.words.setdefault(plain(word), []).append(code)
        self.longest = max(map(len, self.words))
        self.merging: dict[str, Any] | None = bodies.get("merging")
        self.gate: dict[str, Any] = bodies.get("gate", {})
        self.closures: dict[str, Any] = bodies.get("closures", {})
        listed = bodies.get("gazetteer", {"names": []})["names"]
        self.gazetteer = {plain(one["name"]): one["area"] for one in listed}
        spare = self.profile["fallback_area"]
        inner = {c: a for c, a in self.areas.items() if c != spare and a.get("parent")}
        self.names = {plain(area["name"]): code for code, area in inner.items()} | self.gazetteer
        self.longest_name = max(map(len, self.names))
        self.matter_of = cache(self._matter_of)
        self.lead = cache(self._lead)

    def area(self, given: str | None, text: str) -> str:
        """The area that came with the report, else the lowest whose name its words hold, if all
        others that they hold lie above it; what has neither falls to an area of its own."""
        if given in self.areas:
            return given
        spare = str(self.profile["fallback_area"])
        held = {code for name, code in self.names.items() if name in plain(text)}
        return next((code for code in held if held <= {*self._upward(code)}), spare)

    def _upward(self, code: str) -> Iterator[str]:
        here: str | None = code
        while here is not None:
            yield here
            here = self.areas[here].get("parent")

    def lies(self, said: dict[str, Any], text: str) -> dict[str, str]:
        """In which area of each level it lies; where areas list grids, in which grid."""
        own = [*self._upward(self.area(said.get("area"), text))]
        found = {self.areas[code]["level"]: code for code in reversed(own)}
        if any(said.get("grid") in self.areas[code].get("grids", ()) for code in own):
            found.setdefault("grid", said["grid"])
        return found

    def matter(self, text: str, given: str | None) -> str | None:
        """The matter that came with the report, else the one for which its words say most."""
        return given if given in self.matters else self.matter_of(plain(text))

    def _matter_of(self, text: str) -> str | None:
        letters: Counter[str] = Counter()
        times: Counter[str] = Counter()
        at = 0
        while at < len(text):
            sizes = range(self.longest, 0, -1)
            word = next((w for n in sizes if (w := text[at : at + n]) in self.words), None)
            for code in self.words[word] if word else ():
                letters[code] += len(word or "")
                times[code] += 1
            at += len(word) if word else 1
        for code, matter in self.matters.items():
            if any(plain(word) in text for word in matter.get("not_terms", ())):
                letters.pop(code, None)
        order = list(self.matters)
        return min(
            letters,
            key=lambda code: (
                *(self.matters[code].get("general", False), -letters[code], -times[code]),
                order.index(code),
            ),
            default=None,
        )

    def visible(self, matter: str | None) -> bool | None:
        """Whether a patrol can see it, as its matter says, or else its category."""
        if matter is None:
            return None
        said = self.matters[matter]
        group = self.categories[said["category"]].get("patrol_visible")
        return said.get("patrol_visible", group)

    def lifecycle(self, matter: str | None) -> str:
        """The way that cases of this matter go: its own, else its category's, else the place's."""
        own = self.profile.get("lifecycles", {})
        return str(
            next((own[s] for s in self._scopes(matter) if s in own), self.profile["lifecycle"])
        )

    def admitted(self, matter: str | None) -> bool:
        """Whether it is on one of the lists, where there are any; what nobody has named may be."""
        if not self.admission or matter is None:
            return True
        return any({*one["matters"]} & {*self._scopes(matter)} for one in self.admission)

    def _scopes(self, matter: str | None) -> list[str]:
        return [matter, self.matters[matter]["category"], "*"] if matter else ["*"]

    def _lead(self, matter: str | None, area: str) -> str:
        """Who leads: by matter, else by category; within each the nearest area decides, then a row
        for its level; else whose area it is; else who takes the rest."""
        level = self.areas[area]["level"]
        for scope in self._scopes(matter):
            for where in (*self._upward(area), "*"):
                rows = [
                    duty
                    for duty in self.duties
                    if duty["matter"] == scope and duty.get("area", "*") == where
                    if duty.get("level", level) == level
                ]
                if rows:
                    return str(min(rows, key=lambda duty: "level" not in duty)["lead"])
        near = (self.territory[code] for code in self._upward(area) if code in self.territory)
        return next(near, self.fallback_department)

    def deadline(
        self, matter: str | None, start: datetime, mode: str = "normal", clock: str = "overall"
    ) -> datetime | None:
        """When the limit of this matter runs out; None where there is none. Those of the mode go
        before the normal ones."""
        modes = (mode, "normal")
        rows = ((clock, one, scope) for one in modes for scope in self._scopes(matter))
        limit = next((self.limits[row] for row in rows if row in self.limits), None)
        return deadline(start, parse_limit(limit), self.calendar).at if limit else None


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
