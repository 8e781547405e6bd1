"""What stands on the source topics, read by hand: good reports, acts and calls; what is refused."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from streams.core.record import Record

SCHEMAS = Path(__file__).parents[2] / "schemas" / "events"
DOORS = {f"gridloop.reports.{s}.v1": s for s in ("gridworker", "patrol", "hotline", "citizen")}
ACTS = "gridloop.acts.v1"
ROUNDS = "gridloop.rounds.v1"
CALLS = "gridloop.calls.v1"
OTHERS = {ROUNDS: "gridloop.round.v1", CALLS: "gridloop.call.v1"}

Identity = tuple[str, str]


@dataclass
class Seen:
    """A well-formed record: whose it is, when it was, what it says."""

    identity: Identity
    at: datetime
    data: dict[str, Any]
    source: str = ""


@dataclass
class Published:
    """What stands on the source topics, in distinct contents: good reports, acts, calls, and the
    rest."""

    reports: dict[Identity, Seen] = field(default_factory=dict)
    acts: dict[Identity, Seen] = field(default_factory=dict)
    calls: dict[Identity, Seen] = field(default_factory=dict)
    sent: int = 0
    refused: int = 0


def published(records: Iterable[Record], place: str) -> Published:
    """Read the records of the source topics, each partition in its order: of one identity the
    first content stands, a repeat says nothing, and other bytes are refused."""
    found = Published()
    contents: set[tuple[str, bytes]] = set()
    bytes_of: dict[Identity, bytes] = {}
    for record in records:
        content = (record.topic, _digest(record))
        if content in contents:
            continue
        contents.add(content)
        found.sent += record.topic in DOORS
        seen = _read(record, place)
        if record.topic == CALLS:
            if seen is not None:
                found.calls.setdefault(seen.identity, seen)
        elif record.topic == ROUNDS:
            if seen is not None and seen.data.get("result") == "failed":
                found.reports.setdefault(seen.identity, _as_report(seen))
        elif (
            seen is None or bytes_of.setdefault(seen.identity, record.value or b"") != record.value
        ):
            found.refused += record.topic in DOORS
        elif record.topic in DOORS:
            found.reports[seen.identity] = seen
        else:
            found.acts[seen.identity] = seen
    return found


def _digest(record: Record) -> bytes:
    return hashlib.sha256(repr((record.headers, record.value)).encode()).digest()


def _read(record: Record, place: str) -> Seen | None:
    source = DOORS.get(record.topic, "")
    other = OTHERS.get(record.topic, "gridloop.act.v1")
    kind = f"gridloop.report.{source}.v1" if source else other
    try:
        told = {name: value.decode() for name, value in record.headers}
        at = datetime.fromisoformat(told["ce_time"])
        seen = Seen((told["ce_source"], told["ce_id"]), at, json.loads(record.value or b""), source)
    except (KeyError, ValueError, RecursionError):
        return None
    if not isinstance(seen.data, dict):
        return None
    known = {*_schema(kind)["properties"]} >= {*seen.data}
    whole = {*seen.data} >= {*_schema(kind)["required"]}
    good = told.get("ce_type") == kind and at.tzinfo is not None and at.year >= 1970
    return seen if good and known and whole and seen.data["place"] == place else None


def _as_report(made: Seen) -> Seen:
    """What a round that failed says: a report by whoever made it, of whom or what it was."""
    words = [made.data[name] for name in ("subject", "text") if name in made.data]
    said = {**made.data, "text": " ".join(words), "reporter": made.data.get("worker")}
    return Seen(made.identity, made.at, said, "check")


def _schema(kind: str, _read: dict[str, Any] = {}) -> dict[str, Any]:  # noqa: B006 - read once
    if kind not in _read:
        _, name = kind.removesuffix(".v1").split(".", 1)
        _read[kind] = json.loads((SCHEMAS / name / "v1.json").read_text("utf-8"))
    schema: dict[str, Any] = _read[kind]
    return schema
