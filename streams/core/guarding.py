"""包保: what a risk must have before it may be resolved: the “five ones”, and two owners."""

from typing import Any

import msgspec

from streams.core.events import Act, ActKind, FiveOnes


def lacking(act: Act) -> list[str]:
    """What a guarding does not name: of the five ones (五个一), and of the owners: the `area` that
    keeps it steady (属地稳控), the `department` that resolves it (部门化解)."""
    owners = {"area": act.area, "department": act.department}
    return [name for name, value in (_ones(act) | owners).items() if not value]


def said(act: Act) -> dict[str, Any]:
    """What a guarding says beside its department, which its fact carries; of other acts nothing."""
    return {"area": act.area, **_ones(act)} if act.act is ActKind.GUARD else {}


def _ones(act: Act) -> dict[str, Any]:
    ones = msgspec.structs.asdict(act.guard or FiveOnes())
    return ones | {"cadres": list(ones["cadres"])}
