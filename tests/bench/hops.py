"""The product's own hop or sink, in this process, over all that stands on its inputs."""

import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from streams.core.record import Record
from streams.flow.app import App, Drain, build_app, run_app
from streams.flow.hop import Hop
from streams.flow.tally import Untallied
from streams.keep.sink import Sink
from streams.wire.clickhouse import Warehouse
from tests.bench.job import Job, Meter
from tests.bench.stages import Aside, Stage, copy_of, real_step


def end_this() -> None:
    """Ask this very process to end, as a supervisor does."""
    os.kill(os.getpid(), signal.SIGTERM)


def run_hop(stage: Stage, job: Job, meter: Meter) -> int:
    """Run the hop until its meter ends it; the exit code."""
    with real_step(stage, job, meter) as step, TemporaryDirectory() as folder:
        hop = _hop(stage, job, step)
        return run_app(build_app(f"bench-{job.id}", job.kafka, Path(folder), [hop], meter))


def _hop(stage: Stage, job: Job, step: Aside) -> Hop:
    assert stage.main is not None
    state = copy_of(stage.state, job) if stage.state else None
    return Hop(stage.name, step, stage.inputs, stage.main, state)


def run_sink(stage: Stage, job: Job, meter: Meter) -> int:
    """Run the sink, as its worker wires it, into a database of this run's own."""
    store = Warehouse(job.clickhouse, job.database)
    keeper = Sink(store, meter)

    async def take(records: list[Record], ack: Callable[[], object]) -> None:
        def stored() -> None:
            ack()
            meter.done(len(records))

        meter.begin()
        await keeper.take(records, stored)

    async def watch() -> None:
        await keeper.watch()

    with TemporaryDirectory() as folder:
        drain = Drain(stage.name, stage.inputs, take)
        app = build_app(f"bench-{job.id}", job.kafka, Path(folder), [drain], Untallied())
        app.task(watch)
        app.on_before_shutdown.connect(partial(_close, keeper), weak=False)
        return run_app(app)


async def _close(keeper: Sink, app: App, **_: Any) -> None:
    await keeper.close()
