"""One home's cameras, for the tests of the gate: what they find, what they no longer find."""

from typing import Any

from streams.core.accepted import AcceptedAct, AcceptedReport
from streams.core.events import ActKind
from tests.flow.merging_world import Ended, act, id_of, report

PERSISTENCE: dict[str, Any] = {
    "shown": 3,
    "of": 5,
    "minutes": 60,
    "dwell_minutes": 10,
    "precision_from": 0.75,
    "judged_from": 2,
}
ROW: dict[str, Any] = {"matter": "*", "persistence": PERSISTENCE, "clear_after": 2}
GATE: dict[str, Any] = {"rows": [ROW]}
MINUTE = 1 / 60


def found(name: str, hours: float, camera: str = "C1", **more: Any) -> AcceptedReport:
    """A finding that nobody has confirmed."""
    given = {"source": "patrol", "algorithm": "litter", "camera_class": 2, "unconfirmed": True}
    return report(name, hours, 0, **{**given, "camera": camera, "text": "发现垃圾", **more})


def clear(name: str, hours: float, camera: str = "C1", **more: Any) -> AcceptedReport:
    """A look at which there is nothing any more."""
    return found(name, hours, camera, **{"unconfirmed": False, "clear": True, **more})


def verify(name: str, hours: float, passed: bool) -> AcceptedAct:
    """A person's word on a finding."""
    return act(ActKind.VERIFY, hours, name, passed=passed)


def learnt(right: int, wrong: int, camera: str = "C1") -> list[Any]:
    """Findings of a camera, some days before, that people confirmed or rejected."""
    made: list[Any] = []
    for n in range(right + wrong):
        hours = -500 + 60 * n
        made += [found(f"old{n}", hours, camera), verify(f"old{n}", hours + 1, n < right)]
    return made


def state_of(ended: Ended, name: str) -> str:
    return ended.cases[id_of(name)].state
