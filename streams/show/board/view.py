"""What a page of the board looks at: whose figures, of which window, at which instants."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from streams.core.conditions import MICROSECOND
from streams.core.events import INFINITY
from streams.core.figures import Query
from streams.core.lifecycle import Flow
from streams.core.registry import PLAIN
from streams.show.figures import Answers, place_now
from streams.show.rates import Unreadable, parse_when

AUTO, TODAY, WEEK, MONTH, ALL = "auto", "today", "week", "month", "all"
WINDOWS = (AUTO, TODAY, WEEK, MONTH, ALL)
"""By filing: the local day that A lies in, seven days with it, its month, everything; `auto` is
today where the place's clock runs, else everything."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """A page's question as its address asks it; instants as text, empty where none is named."""

    place: str
    flow: Flow = Flow.CASE
    window: str = AUTO
    from_: str = ""
    to: str = ""
    as_of: str = ""
    known_at: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str], place: str) -> "View":
        """That of an address; `place` where it names none. Unreadable where it cannot be read."""
        try:
            flow = Flow(asked.get("flow", Flow.CASE))
        except ValueError:
            raise Unreadable(f"flow is one of {', '.join(Flow)}") from None
        window = asked.get("window", AUTO)
        if window not in WINDOWS:
            raise Unreadable(f"window is one of {', '.join(WINDOWS)}")
        names = {"from_": "from", "to": "to", "as_of": "as-of", "known_at": "known-at"}
        told = {name: asked.get(key, "") for name, key in names.items()}
        for text in filter(None, told.values()):
            parse_when(text, "UTC")
        return cls(place=asked.get("place") or place, flow=flow, window=window, **told)

    @property
    def live(self) -> bool:
        """Whether it moves with the place's clock."""
        return not self.as_of

    def query(self, store: Answers, zone: str, wall: datetime) -> Query:
        """The question in full, at the place's own now unless an instant is named."""

        def when(text: str) -> datetime | None:
            return parse_when(text, zone) if text else None

        as_of = when(self.as_of) or place_now(store, self.place, wall)
        ticking = self.live and as_of != wall
        window = (TODAY if ticking else ALL) if self.window == AUTO else self.window
        named = self.from_ or self.to
        return Query(
            as_of=as_of,
            known_at=when(self.known_at) or INFINITY,
            from_=when(self.from_) if named else opening(window, as_of, zone),
            to=when(self.to),
            place=self.place,
            flow=self.flow,
            figures=PLAIN,
            zone=zone,
        )


def opening(window: str, as_of: datetime, zone: str) -> datetime | None:
    """Since when a window reaches; at midnight the day is the one that has just ended."""
    last = (as_of - MICROSECOND).astimezone(ZoneInfo(zone)).date()
    first: dict[str, date] = {
        TODAY: last,
        WEEK: last - timedelta(days=6),
        MONTH: last.replace(day=1),
    }
    return parse_when(first[window].isoformat(), zone) if window in first else None
