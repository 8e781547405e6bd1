"""One run of one stage, in a process of its own: what it is told, and what it tells."""

import resource
from collections import Counter
from collections.abc import Callable
from time import monotonic, process_time

import msgspec


class Job(msgspec.Struct, frozen=True):
    """A run: `how` is `hop` (the product's) or `bare`; `records` is how many it has to read."""

    stage: str
    how: str
    id: str
    kafka: str
    clickhouse: str
    home: str
    records: int
    place: str = "dongguan"
    seed: int = 0
    reports: int = 0

    @property
    def database(self) -> str:
        """Where this run alone stores rows."""
        return f"bench_{self.id}"


class Figures(msgspec.Struct, frozen=True):
    """What a run took from its first decision to its last acknowledged record.

    `cpu_seconds` are those of the whole process in that time, threads too; `chunks` how often a
    step was asked; `sent` the records that came out, by the topic they would have gone to.
    """

    records: int
    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    chunks: int
    sent: dict[str, int] = {}

    @property
    def rate(self) -> float:
        """Records per second."""
        return self.records / self.seconds


class Meter:
    """Counts records until all are done, then keeps the figures and says so, once."""

    def __init__(self, wanted: int, when_done: Callable[[], object] = lambda: None) -> None:
        self.figures: Figures | None = None
        self.sent: Counter[str] = Counter()
        self._wanted, self._when_done = wanted, when_done
        self._records = self._chunks = 0
        self._began: tuple[float, float] | None = None

    def begin(self) -> None:
        """A decision is about to be taken; the clock runs from the first one."""
        self._chunks += 1
        if self._began is None:
            self._began = monotonic(), process_time()

    def done(self, records: int) -> None:
        """So many more records are sent on or stored."""
        self._records += records
        if self._records < self._wanted or self.figures is not None:
            return
        assert self._began is not None, "done before it began"
        self.figures = Figures(
            self._records,
            monotonic() - self._began[0],
            process_time() - self._began[1],
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            self._chunks,
            dict(self.sent),
        )
        self._when_done()

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """A hop's tally: records count when their chunk is acknowledged."""
        if name == "records_in":
            self.done(int(value))

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """A sink's tally has gauges, which say nothing here."""
