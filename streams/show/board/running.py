"""What the system is doing now: its parts, how far each stage is behind, what was stored last."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from streams.core.instants import aware
from streams.core.predicates import INSTANT, instant_text
from streams.core.query import REPLAY
from streams.show.figures import Answers

LATELY = timedelta(minutes=1)

_STORED = (
    f"SELECT maxOrNull(ingested_at), countIf(ingested_at > {INSTANT.format('since')}) FROM facts"
)
_LETTERS = "SELECT count() FROM dead_letters FINAL WHERE NOT withdrawn"
_PLACES = (
    "SELECT place FROM cases WHERE NOT endsWith(place, %(replay)s)"
    " GROUP BY place ORDER BY max(ingested_at) DESC, place"
)


class Pulse(msgspec.Struct, frozen=True):
    """Where the system is asked how it fares. Each may fail with one of `away`; then the rest is
    told all the same."""

    store: Answers
    lags: Callable[[], Mapping[str, int]]
    parts: Callable[[], Sequence[Mapping[str, Any]]]
    away: tuple[type[Exception], ...]

    def read(self, wall: datetime) -> dict[str, Any]:
        """How it fares at this instant of the wall clock."""
        lags, broker_away = self._tried(self.lags)
        stored, store_away = self._tried(lambda: stored_json(self.store, wall))
        return {
            "parts": list(self.parts()),
            "lags": lags,
            "broker_away": broker_away,
            "stored": stored,
            "store_away": store_away,
        }

    def _tried(self, question: Callable[[], Any]) -> tuple[Any, str | None]:
        try:
            return question(), None
        except self.away as why:
            return None, str(why)


def stored_json(store: Answers, wall: datetime) -> dict[str, Any]:
    """Facts of the last minute, seconds since the last one, and how much was refused."""
    since = instant_text(wall - LATELY)
    ((newest, facts),) = store.query(_STORED, {"since": since})
    ((letters,),) = store.query(_LETTERS, {})
    return {
        "facts_last_minute": int(facts),
        "seconds_since_fact": None
        if newest is None
        else round((wall - aware(newest)).total_seconds(), 1),
        "dead_letters": int(letters),
    }


def places(store: Answers) -> list[str]:
    """Every place that has cases, the one that was written to last first; no replays."""
    return [str(place) for (place,) in store.query(_PLACES, {"replay": REPLAY})]
