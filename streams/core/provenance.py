"""来由 · by whom and by which port a report came: told at the door, kept for good by its case."""

from typing import Any

import msgspec

from streams.core.events import CitizenReport, GridworkerReport, HotlineReport

PUBLIC = "public"
"""群众 · the kind of reporter that is none of the staff."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Who reported and how, and in what kind of grid and area; None where nobody says so."""

    reporter_kind: str | None = None
    """A kind of staff, or the public; of a camera none."""
    channel: str | None = None
    """The port of citizens and staff, the line of a hotline."""
    citizen_kind: str | None = None
    grid_kind: str | None = None
    area_kind: str | None = None
    """As the area tree had them that was in force when it was reported."""


PROVENANCE = Provenance.__struct_fields__


def provenance_of(row: Any) -> dict[str, Any]:
    """What a row has of it, by field."""
    return {name: getattr(row, name) for name in PROVENANCE}


def said_by(report: object) -> dict[str, Any]:
    """What a report says itself of who reports, and how."""
    match report:
        case GridworkerReport():
            return {"reporter_kind": report.reporter_kind.value, "channel": report.channel}
        case HotlineReport():
            return {"reporter_kind": PUBLIC, "channel": report.line}
        case CitizenReport():
            told = {"reporter_kind": PUBLIC, "channel": report.channel}
            return {**told, "citizen_kind": report.kind and report.kind.value}
    return {}
