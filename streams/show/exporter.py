"""Every metric of ours, declared once; and the small server that shows them: /metrics, /healthz."""

import json
from collections.abc import Callable, Iterable
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, make_wsgi_app

PREFIX = "gridloop_"

COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "flow_chunks_total": ("Chunks acknowledged.", ("hop",)),
    "flow_rounds_total": ("Rounds of chunks that were sent and kept together.", ("hop",)),
    "flow_records_in_total": ("Records acknowledged.", ("hop", "topic")),
    "flow_records_out_total": ("Records sent, repeated ones too.", ("hop", "topic")),
    "flow_state_writes_total": ("Kept values written to the changelog.", ("hop",)),
    "flow_state_cut_total": ("Chunks cut because their state outgrew one batch.", ("hop",)),
    "flow_given_up_total": ("Chunks left to the next owner of their partition.", ("hop",)),
    "flow_later_total": ("Waits in place because the broker could not.", ("hop", "error")),
    "gateway_requests_total": ("Requests taken.", ("route", "key")),
    "gateway_events_total": ("Events that the broker has.", ("route", "key")),
    "gateway_nothing_total": ("Requests taken that held no finding.", ("route", "key")),
    "gateway_refused_total": ("Requests not taken.", ("route", "key", "reason")),
    "sink_records_total": ("Records whose rows are stored.", ()),
    "sink_rows_total": ("Rows stored, repeated ones too.", ("table",)),
    "sink_flushes_total": ("Batches stored.", ()),
    "sink_storing_seconds_total": ("Time spent on storing batches.", ()),
    "sink_waited_seconds_total": ("Time waited for a store that was away.", ()),
}
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "clock_last_tick_timestamp_seconds": ("The latest tick written.", ("place",)),
    "sink_store_away": ("1 while the store is away, else 0.", ()),
    "sink_gathered_rows": ("Rows that wait for the next batch.", ()),
    "sink_last_fact_timestamp_seconds": ("When the newest stored fact arrived.", ()),
    "classified_reports": (
        "Reports of the last 28 days by what said their matter.",
        ("place", "layer"),
    ),
    "classified_abstained_ratio": (
        "Of cases' reports whose sender named no matter, the share left to people.",
        ("place",),
    ),
    "classified_drift": ("Population stability index of matters since training.", ("place",)),
    "classified_matter_drift": ("One matter's part of the index.", ("place", "matter")),
    "sink_last_record_timestamp_seconds": ("When the newest stored record arrived.", ()),
    "slots_behind_seconds": (
        "For how long slots of a place have begun that are not yet kept as rows.",
        ("place",),
    ),
    "broker_up": ("1 while the broker answers the exporter, else 0.", ()),
    "store_up": ("1 while the store answers the exporter, else 0.", ()),
    "lag_records": ("Records on our topics that a group has yet to pass.", ("group",)),
    "dead_letters": ("Refused inputs that are not withdrawn.", ("reason",)),
    "breaches_recent": ("Deadlines breached in the hour before the place's now.", ("place",)),
    "calendar_missing_cases": (
        "Open cases whose limit needs a year without a calendar.",
        ("place",),
    ),
    "department_silent_seconds": (
        "How long a department with open cases has done nothing, at the place's now.",
        ("place", "department"),
    ),
    "verify_cases": ("Cases that the last recount compared.", ()),
    "verify_differences": ("Figures on which stream and recount differed.", ()),
    "verify_last_timestamp_seconds": ("When the last recount ended.", ()),
}

Health = Callable[[], dict[str, Any]]
"""What /healthz says; its "ready" decides between 200 and 503."""


Values = dict[tuple[str, ...], float]
"""Of a gauge with labels: their values, in the order of its declaration, and its own."""


class Metrics:
    """The counters and gauges of one process; a name that is not declared above is a KeyError.

    A gauge is shown once it is set: a worker does not know whether the store is up, and its 0
    would say that it is down.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            name: Counter(PREFIX + name, text, labels, registry=self.registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(PREFIX + name, text, labels, registry=None)
            for name, (text, labels) in GAUGES.items()
        }
        self._told: set[str] = set()
        self.registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The gauges that were set, for the registry."""
        return [one for name in sorted(self._told) for one in self._gauges[name].collect()]

    def count(self, name: str, value: float = 1, **labels: str) -> None:
        """Add to a counter; the prefix may be left out."""
        counter = self._counters[name.removeprefix(PREFIX)]
        (counter.labels(**labels) if labels else counter).inc(value)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge; the prefix may be left out."""
        name = name.removeprefix(PREFIX)
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)
        self._told.add(name)

    def gauges(self, name: str, values: Values) -> None:
        """Set a gauge for these values of its labels, and for no others any more."""
        gauge = self._gauges[name]
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        self._told.add(name)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """A scrape is no news."""


def serve(port: int, metrics: Metrics, health: Health, host: str = "127.0.0.1") -> int:
    """Serve in a thread that ends with the process; port 0 takes a free one."""
    shown = make_wsgi_app(metrics.registry)

    def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            answer: Iterable[bytes] = shown(environ, start)
            return answer
        said = health()
        status = "200 OK" if said.get("ready") else "503 Service Unavailable"
        start(status, [("Content-Type", "application/json")])
        return [json.dumps(said, ensure_ascii=False).encode()]

    server = make_server(host, port, app, handler_class=_Quiet)
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server.server_port
