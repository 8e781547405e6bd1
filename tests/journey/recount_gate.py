"""Which findings of cameras have become cases, worked out by hand from docs/cameras.md."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.journey.recount_rules import Rules

Eye = tuple[str, str, str | None]
"""Home, camera, algorithm."""


def alone(report: Any) -> bool:
    """Whether only a camera says so."""
    return report.source == "patrol" and not report.data.get("confirmed", False)


def eye(report: Any, rules: Rules) -> Eye:
    said = report.data
    words = f"{said['text']}\n{said.get('address', '')}"
    return rules.area(said.get("area"), words), said["camera"], said.get("algorithm")


class Verdicts:
    """Every word of a person on a camera's finding."""

    def __init__(self, reports: Iterable[Any], acts: dict[Any, list[Any]], rules: Rules) -> None:
        self.said = [
            (act.at, act.identity, eye(one, rules), one.identity, act.data["passed"])
            for one in reports
            if alone(one)
            for act in acts.get(one.identity, ())
            if act.data["act"] == "verify" and act.at >= one.at
        ]
        self.said.sort(key=lambda one: one[:2])

    def before(self, through: Eye, at: datetime) -> list[bool]:
        """The last word on each finding through this eye before an instant."""
        last = {one[3]: one[4] for one in self.said if one[2] == through and one[0] < at}
        return list(last.values())


def passes(looks: list[Any], matter: str | None, rules: Rules, verdicts: Verdicts) -> bool:
    """Whether the last of these findings lets their case pass by itself; the first opened it."""
    row = _row(looks[-1], matter, rules)
    lasting = row and row.get("persistence")
    if not row or not lasting:
        return False
    at, through = looks[-1].at, eye(looks[-1], rules)
    since = at - timedelta(minutes=lasting["minutes"])
    mine = [one.at for one in looks if eye(one, rules) == through and one.at >= since]
    mine = mine[-lasting["of"] :]
    dwell = timedelta(minutes=lasting.get("dwell_minutes", 0))
    said = verdicts.before(through, at)
    right = len(said) >= lasting["judged_from"] and (
        sum(said) / len(said) >= lasting["precision_from"]
    )
    long = len(mine) >= lasting["shown"] and at - mine[0] >= dwell
    return right and long and not _quiet(row, at, rules)


def _row(look: Any, matter: str | None, rules: Rules) -> dict[str, Any] | None:
    category = [rules.matters[matter]["category"]] if matter else []
    for scope in (matter, *category, "*"):
        fits = [
            row
            for row in rules.gate.get("rows", ())
            if row["matter"] == scope
            and row.get("algorithm") in (None, look.data.get("algorithm"))
            and row.get("camera_class") in (None, look.data["camera_class"])
            and row.get("device", "camera") == "camera"  # no place lists a sentinel,
            and row.get("mode", "normal") == "normal"  # or begins in an emergency
        ]
        if fits:
            return max(fits, key=lambda row: ("algorithm" in row, "camera_class" in row))
    return None


def _quiet(row: dict[str, Any], at: datetime, rules: Rules) -> bool:
    now = f"{at.astimezone(ZoneInfo(rules.profile['zone'])):%H:%M}"
    hours = [(one["begins"], one["ends"]) for one in row.get("quiet", ())]
    return any(a <= now < b if a <= b else now >= a or now < b for a, b in hours)
