"""Every topic: its name, what keys it, partitions and how long it is kept. Declared here only."""

import msgspec

HOUR_MS = 3_600_000
MIB = 1 << 20
FOREVER = -1
PARTITIONS = 12


class Topic(msgspec.Struct, frozen=True):
    """A topic's declaration; `config` is Kafka's own topic configuration."""

    name: str
    key: str
    config: dict[str, str]
    partitions: int = PARTITIONS


def _kept(retention_ms: int, **more: str) -> dict[str, str]:
    return {"retention.ms": str(retention_ms), "message.timestamp.type": "LogAppendTime", **more}


def _roomy(mib: int = 8) -> dict[str, str]:
    # What is taken at the door, up to 1 MiB, goes on together with its sealed original.
    return {"max.message.bytes": str(mib * MIB)}


def _compacted(room: dict[str, str], lag_hours: int = 24) -> dict[str, str]:
    # A day before compaction: a successor's state must stay readable beside a late writer's.
    # Longer where a record holds only what changed: a store that was away must still find them.
    lag = str(lag_hours * HOUR_MS)
    return _kept(FOREVER, **{"cleanup.policy": "compact", "min.compaction.lag.ms": lag}, **room)


GRIDWORKER = Topic("gridloop.reports.gridworker.v1", "any", _kept(72 * HOUR_MS))
PATROL = Topic("gridloop.reports.patrol.v1", "any", _kept(72 * HOUR_MS))
HOTLINE = Topic("gridloop.reports.hotline.v1", "any", _kept(72 * HOUR_MS))
CITIZEN = Topic("gridloop.reports.citizen.v1", "any", _kept(72 * HOUR_MS))
ACTS = Topic("gridloop.acts.v1", "any", _kept(72 * HOUR_MS))
ROUNDS = Topic("gridloop.rounds.v1", "any", _kept(72 * HOUR_MS))
CALLS = Topic("gridloop.calls.v1", "any", _kept(72 * HOUR_MS))
READINGS = Topic("gridloop.readings.v1", "any", _kept(72 * HOUR_MS))
REFERENCE = Topic("gridloop.reference.v1", "kind+id+version", _kept(FOREVER))
TICKETS = Topic("gridloop.tickets.v1", "source+report id", _kept(7 * 24 * HOUR_MS, **_roomy()))
INTAKE = Topic("gridloop.intake.v1", "home", _kept(FOREVER, **_roomy()))
TICKS = Topic("gridloop.ticks.v1", "place", _kept(24 * HOUR_MS))
FACTS = Topic("gridloop.facts.v1", "home", _kept(FOREVER, **_roomy()))
CASES = Topic("gridloop.cases.v1", "case", _compacted(_roomy(), lag_hours=7 * 24))
DISPATCHES = Topic("gridloop.dispatches.v1", "department", _kept(7 * 24 * HOUR_MS))
REPLIES = Topic("gridloop.replies.v1", "source", _kept(7 * 24 * HOUR_MS))
ALARMS = Topic("gridloop.alarms.v1", "area", _kept(7 * 24 * HOUR_MS))
DEAD_LETTERS = Topic("gridloop.dead-letters.v1", "source topic", _kept(FOREVER, **_roomy()))
TICKETS_STATE = Topic("gridloop.tickets-state.v1", "table key", _compacted(_roomy(16)))
CASEWORK_STATE = Topic("gridloop.casework-state.v1", "table key", _compacted(_roomy(16)))

REPORTS = (GRIDWORKER, PATROL, HOTLINE, CITIZEN)
DOORS = (*REPORTS, ACTS, ROUNDS, READINGS, CALLS, REFERENCE)
"""What upstreams may write to; intake reads exactly these."""

ALL = (
    *DOORS,
    *(TICKETS, INTAKE, TICKS, FACTS, CASES, DISPATCHES, REPLIES, ALARMS, DEAD_LETTERS),
    *(TICKETS_STATE, CASEWORK_STATE),
)
