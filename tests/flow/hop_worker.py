"""One worker process of the broker tests: python worker.py '{"broker": ..., ...}'."""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from streams.core.record import Decision, Out, Record, State
from streams.core.topics import Topic
from streams.flow.app import Drain, build_app, health, run_app
from streams.flow.hop import Hop
from streams.flow.tally import Untallied


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What the process does: read `inputs`, send to `out`, keep state in `state`, if named."""

    broker: str
    group: str
    data_dir: str
    inputs: list[str]
    out: str
    dead: str
    partitions: int
    state: str | None = None
    raise_at: bytes = b"never"
    freeze_at: bytes = b"never"
    relay: str | None = None
    drain: bool = False
    pause_s: float = 0.0
    state_bytes: int = 1_048_588


class Freezing(dict[bytes, bytes | None]):
    """Writes that stop this very process when the hop, having sent all else, comes to keep them."""

    def __init__(self, writes: dict[bytes, bytes | None], once: Path) -> None:
        super().__init__(writes)
        self.once, self.asked = once, 0

    def items(self) -> Any:
        """First the hop asks how large they are, then for what to write."""
        self.asked += 1
        if self.asked == 2 and not self.once.exists():
            self.once.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
        return super().items()


class Follow:
    """Values are numbers, counted up for each key: keeps the last one, sends each new one on.

    A number that comes again is a repeat and dropped; one that comes too early is sent as a gap,
    which no test allows: it would show that state or a record was lost.
    """

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, records: Sequence[Record], state: State) -> Decision:
        time.sleep(self.job.pause_s)
        outs: list[Out] = []
        last: dict[bytes, int] = {}
        for record in records:
            if record.value == self.job.raise_at:
                raise RuntimeError("a step that fails")
            try:
                number = int((record.value or b"").split(b" ")[0])
            except ValueError:
                outs.append(Out(self.job.dead, record.key, record.value))
                continue
            outs += self._follow(record, number, last, state)
        writes: dict[bytes, bytes | None] = {key: b"%d" % n for key, n in last.items()}
        if any(record.value == self.job.freeze_at for record in records):
            writes = Freezing(writes, once=Path(self.job.data_dir, "frozen"))
        return Decision(outs, writes if self.job.state else {})

    def _follow(
        self, record: Record, number: int, last: dict[bytes, int], state: State
    ) -> list[Out]:
        key = record.key or b""
        if not self.job.state:
            return [Out(self.job.out, record.key, record.value)]
        before = last.get(key)
        if before is None:
            before = state.memo.get(key) or int(state.get(key) or 0)
        if number <= before:
            return []
        last[key] = state.memo[key] = number
        early = b"" if number == before + 1 else b" gap"
        return [Out(self.job.out, record.key, b"%d%s" % (number, early))]


class Notebook:
    """A drain: writes down what it is given, and acknowledges several chunks at once."""

    def __init__(self, job: Job) -> None:
        self.path = Path(job.data_dir + ".txt")
        self.pause_s = job.pause_s
        self.acks: list[Callable[[], object]] = []

    async def __call__(self, records: list[Record], ack: Callable[[], object]) -> None:
        await asyncio.sleep(self.pause_s)
        with self.path.open("ab") as book:
            book.writelines(b"%s %s\n" % (record.key, record.value) for record in records)
        self.acks.append(ack)
        if len(self.acks) == 1:
            asyncio.get_running_loop().call_later(0.3, self._settle)

    def _settle(self) -> None:
        # In reverse: the order of acks must not matter.
        while self.acks:
            self.acks.pop()()


def relayed(to: str, records: Sequence[Record], _: State) -> Decision:
    """Sends all on as they are."""
    return Decision([Out(to, record.key, record.value) for record in records])


def parts(job: Job) -> list[Hop | Drain]:
    """What the job's group is made of: a drain, or a hop, or two that hand on to each other."""
    inputs = tuple(Topic(name, "any", {}, job.partitions) for name in job.inputs)
    if job.drain:
        return [Drain("notebook", inputs, Notebook(job))]
    limit = {"max.message.bytes": str(job.state_bytes)}
    state = Topic(job.state, "key", limit, job.partitions) if job.state else None
    if not job.relay:
        return [Hop("follow", Follow(job), inputs, inputs[0], state)]
    between = Topic(job.relay, "any", {}, job.partitions)
    relay = Hop("relay", partial(relayed, job.relay), inputs, inputs[0])
    return [relay, Hop("follow", Follow(job), (between,), between, state)]


def main() -> int:
    """Run until SIGTERM, or until the step fails; keeps `health.json` in the data folder."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    folder = Path(job.data_dir)
    app = build_app(job.group, job.broker, folder, parts(job), Untallied())

    async def tell() -> None:
        (folder / "health.new").write_bytes(msgspec.json.encode(health(app)))
        (folder / "health.new").rename(folder / "health.json")

    app.timer(0.3)(tell)
    return run_app(app)


if __name__ == "__main__":
    sys.exit(main())
