"""Trouble made on purpose: what is killed when, a worker that breaks, input that comes again."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, it repeats itself

from streams.core.figures import Query, Row
from streams.core.record import Record
from streams.core.registry import FIGURES, Ledger
from streams.core.topics import ACTS, REPORTS
from streams.demoplan import Plan
from streams.entry.simulate import Kind, Simulated, simulate
from streams.show.figures import ask
from streams.where import Away, free_port
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.kafka import Later, Publisher
from tests.journey.demo import PLACE, Day
from tests.journey.system import COMMAND, ROOT, System, until

Popen = subprocess.Popen[str]
Worker = AbstractContextManager[Popen]
Sent = Record | Simulated

BREAKING = Path(__file__).with_name("breaking_worker.py")
PARTS = ("work-0", "sink", "clickhouse", "kafka")

REPEATED = tuple(
    figure.id
    for figure in FIGURES.values()
    if figure.ledger is not Ledger.CARRIED
    and not figure.id.startswith(("intake_lag", "repeat_request"))
)
"""What a second run of a day must give again, whatever other days its home has; how long its
records took is its own."""


def breaking_worker(system: System, folder: Path, records: int) -> Worker:
    """A second worker that breaks after so many records."""
    return _worker(system, folder, [sys.executable, BREAKING, str(records)])


def plain_worker(system: System, folder: Path) -> Worker:
    """A second worker like the first."""
    return _worker(system, folder, [COMMAND, "work"])


@contextmanager
def _worker(system: System, folder: Path, command: Sequence[str | Path]) -> Iterator[Popen]:
    """The process, once it has work; none outlives this. It writes to worker.log."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    extra = {"GRIDLOOP_DATA_DIR": str(folder / "state"), "GRIDLOOP_METRICS_PORT": str(port)}
    with (folder / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            command,
            env={**system.env, **extra, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=log,
            stderr=log,
            text=True,
        )
    try:
        until(lambda: worker.poll() is not None or _ready(port), "the second worker has work")
        yield worker
    finally:
        if worker.poll() is None:
            worker.kill()
            worker.wait()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def sent(system: System) -> int:
    """Reports on the source topics; none while the broker does not say."""
    try:
        return sum(sum(system.ends(topic).values()) for topic in REPORTS)
    except Later:
        return 0


def stored(system: System) -> int:
    """Reports in the memory; none while it is away."""
    try:
        return int(system.ask("SELECT uniqExact(sender, id) FROM reports")[0][0])
    except (StoreLater, Away):
        return 0


def kill_on_the_way(
    system: System,
    demo: Popen,
    points: Mapping[int, str],
    reached: Callable[[System], int] = sent,
) -> None:
    """Kill a part each time that so many reports have come so far; the demo must still run then."""
    for reports, name in sorted(points.items()):
        await_reports(system, demo, reports, reached)
        system.kill(name)


def await_reports(
    system: System, demo: Popen, reports: int, reached: Callable[[System], int] = stored
) -> None:
    """Wait until so many reports have come so far; the demo must still run then."""
    until(
        lambda: demo.poll() is not None or reached(system) >= reports,
        f"{reports} reports",
        patience=1_200,
    )
    assert demo.poll() is None, f"the demo ended before it was disturbed\n{system.logs()}"


def run_through(
    system: System, words: Sequence[str], folder: Path, disturb: Callable[[Popen], None]
) -> Day:
    """Run a demo to its end while it is disturbed; what it said then."""
    said = folder / "said.json"
    demo = system.start("demo", "--until-done", "--json", *words, log=said)
    try:
        disturb(demo)
        assert demo.wait(3_000) == 0, said.read_text("utf-8") + system.logs()
    finally:
        demo.kill()
        demo.wait()
    answer = said.read_text("utf-8")
    return Day(json.loads(answer[answer.index("{") :]))


def again(system: System, records: Iterable[Sent], seed: int) -> None:
    """Send records in another order, and wait until they are done with."""
    shuffled = list(records)
    Random(seed).shuffle(shuffled)
    with Publisher(system.joined.where.kafka) as publisher:
        for one in shuffled:
            publisher.send(one.topic, one.key, one.value, one.headers)
    system.joined.drain()


def day_of(the_plan: Plan) -> list[Simulated]:
    """All that a demo of this plan sends, repeats too, but for the ticks and the poison."""
    p = the_plan
    records = simulate(p.rules, p.seed, p.reports, poison=p.poison, body=p.body)
    return [one for one in records if one.kind is not Kind.POISON]


def source_records(system: System) -> list[Record]:
    """All reports and acts as they stand on the source topics."""
    return list(system.read(*REPORTS, ACTS))


def _asked(system: System, day: Day, by: str) -> list[Row]:
    """The day's figures in one cut."""
    return ask(
        system.joined.store,
        Query(
            as_of=day.end,
            from_=day.start,
            to=day.end,
            place=PLACE,
            by=(by,),
            figures=REPEATED,
        ),
    )


def outcome(system: System, day: Day) -> dict[str, object]:
    """All that a day comes to: figures in each cut, and the cases and facts behind them."""
    cuts = {by: _asked(system, day, by) for by in ("source", "department")}
    within = {"place": PLACE, "start": day.start, "end": day.end}
    cases = system.ask(
        "SELECT case_id, state, handled_at, closed_at, deadline, department, matter, marks"
        " FROM cases FINAL WHERE place = %(place)s AND filed_at >= %(start)s"
        " AND filed_at < %(end)s ORDER BY case_id",
        **within,
    )
    facts = system.ask(
        "SELECT fact_id, case_id, kind, occurred_at, department, actor, detail FROM facts FINAL"
        " WHERE NOT withdrawn AND place = %(place)s AND occurred_at >= %(start)s"
        " AND occurred_at < %(end)s ORDER BY fact_id",
        **within,
    )
    return {**cuts, "cases": [*map(tuple, cases)], "facts": [*map(tuple, facts)]}
