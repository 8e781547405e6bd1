"""Poison: whatever upstreams write, nothing crashes, and each record is stored or listed."""

import pytest

from tests.journey.harbour import founding, report
from tests.journey.judgement import judge, write
from tests.journey.mutants import Mutant, mutants
from tests.journey.system import System

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACE = "mire"
NOISE = bytes(range(256))


def test_every_random_or_mutated_record_is_stored_or_listed(system: System) -> None:
    """Each dead letter has a reason, its origin and its original bytes; no process falls."""
    system.publish(founding(PLACE))
    before = system.restarts()
    noise = Mutant("gridloop.acts.v1", b"\xff", NOISE, (("ce_id", NOISE),))
    records = write(system, [*mutants(400, seed=7, place=PLACE), noise])
    assert len(records) == 401

    judged = judge(system, records)
    assert judged.refused.total() + judged.stored.total() == 401
    assert {"not_json", "invalid", "not_cloudevent", "unknown_type", "empty"} <= {*judged.refused}
    assert {"report", "act", "round", "call"} <= {*judged.stored}
    assert system.restarts() == before, system.logs()

    listed = system.json("dead-letters", "list", "--limit", "1000", "--json")
    (sent,) = [one for one in records if one.value == NOISE]
    origin = (sent.topic, sent.partition, sent.offset)
    (letter,) = [one for one in listed if (one["topic"], one["partition"], one["offset"]) == origin]
    assert letter["reason"] == "not_cloudevent"
    shown = system.json("dead-letters", "show", letter["letter_id"], "--json")
    assert shown["value"] == NOISE.decode(errors="backslashreplace")

    system.publish([report(PLACE, "after", "2026-03-03T08:00:00+08:00")])
    kept = "SELECT count() FROM reports FINAL WHERE place = %(place)s AND id = 'after'"
    assert system.ask(kept, place=PLACE)[0][0] == 1
