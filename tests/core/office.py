"""The shipped office calendar, and local times of its zone, for the tests of calendar and clock."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams.core.calendar import Calendar, parse_calendar
from streams.core.clock import deadline, parse_limit

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "schemas/places/_calendars/cn-office.json").read_text("utf-8")
)
CN = parse_calendar(DOCUMENT)
HERE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    """A local time of Shanghai, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


def due(start: str, limit: str, calendar: Calendar = CN) -> str:
    """The deadline as a local time of Shanghai."""
    answer = deadline(at(start), parse_limit(limit), calendar)
    assert answer.at.tzinfo is UTC
    return answer.at.astimezone(HERE).replace(tzinfo=None).isoformat()
