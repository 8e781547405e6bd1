"""A supervisor: starts parts in the order of their needs, keeps them up, stops them in reverse."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from graphlib import TopologicalSorter
from threading import Lock
from time import sleep
from types import FrameType
from typing import Self

import msgspec

from infra.embedded.home import Home, PartRun, Run, State, memory, own_account
from infra.embedded.keeper import Keeper, Part, PartFailed

__all__ = ["Asked", "Part", "PartFailed", "Supervisor", "asked_to_stop"]

LOOK_SECONDS = 0.05


class Asked:
    """How often somebody has asked for the end; a signal handler counts here."""

    def __init__(self) -> None:
        self.times = 0

    def __bool__(self) -> bool:
        return self.times > 0


@contextmanager
def asked_to_stop() -> Iterator[Asked]:
    """Count SIGINT, SIGTERM and SIGHUP instead of dying of them; main thread only."""
    asked = Asked()

    def note(_number: int, _frame: FrameType | None) -> None:
        asked.times += 1  # nothing that could wait: the main thread may hold any lock now

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, note) for number in signals]
    try:
        yield asked
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


class Supervisor:
    """The parts of one home, kept by this process; as a context manager it starts and stops them.

    `held` says that this process has the home already. Raises HomeBusy where another has it,
    PartFailed where a part does not come up, graphlib.CycleError or KeyError where the needs do not
    fit. A part that dies later is started again, after 0.2 s and then ever longer up to 5 s,
    without end.
    """

    def __init__(
        self,
        home: Home,
        parts: Sequence[Part],
        *,
        addresses: Mapping[str, str] | None = None,
        metrics: Mapping[str, str] | None = None,
        service: bool = False,
        held: bool = False,
    ) -> None:
        self.home = home
        self._writing = Lock()
        self._account = msgspec.structs.replace(
            own_account(State.STARTING),
            addresses=addresses or {},
            metrics=metrics or {},
            service=service,
        )
        self._keepers = {one.name: Keeper(one, home.log(one.name), self._write) for one in parts}
        tuple(TopologicalSorter({one.name: one.after for one in parts}).static_order())
        for keeper in self._keepers.values():
            keeper.before = [self._keepers[name] for name in keeper.part.after]
            for other in keeper.before:
                other.behind.append(keeper)
        self._held_already = held
        self._held = ExitStack()
        self._holds = False  # the home, and so its account

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def run(self) -> Run:
        """The account as it stands now."""
        return msgspec.structs.replace(
            self._account, parts=tuple(keeper.run for keeper in self._keepers.values())
        )

    def part(self, name: str) -> PartRun:
        """How the part of that name fares now."""
        return self._keepers[name].run

    def memory(self) -> dict[str, int]:
        """Resident bytes of each part with its children."""
        return memory(self.run)

    def start(self, asked: Asked | None = None) -> None:
        """Start all parts; return when they are ready, or as soon as the end is asked for."""
        self.home.create()
        if not self._held_already:
            self._held.enter_context(self.home.held())
        self._held.callback(self.home.clear_run)
        self._holds = True
        for keeper in self._keepers.values():
            keeper.thread.start()
        unsettled = list(self._keepers.values())
        while unsettled and not asked:
            for keeper in [one for one in unsettled if one.up.is_set()]:
                keeper.part.then()
                keeper.settle()
                unsettled.remove(keeper)
            self._raise_failure()
            sleep(LOOK_SECONDS)
        self._now(State.READY)

    def stop(self, asked: Asked | None = None) -> None:
        """Stop all parts, dependents first; return when no process is left. Twice is once.

        Whoever has asked for the end more than once, by `asked`, has the rest killed.
        """
        # Before anybody can see that the stop has begun: whoever asks again from then on is heard.
        before = min(asked.times, 1) if asked else 0
        self._now(State.STOPPING)
        for keeper in self._keepers.values():
            keeper.stopping.set()
        for thread in [one.thread for one in self._keepers.values() if one.thread.ident]:
            while thread.is_alive():
                thread.join(LOOK_SECONDS)
                if asked and asked.times > before:
                    self._hurry()
        self._holds = False
        self._held.close()

    def serve(self, ready: Callable[[], None] = lambda: None) -> None:
        """Start, call `ready`, stay until a signal asks for the end, stop. Main thread only."""
        with asked_to_stop() as asked:
            try:
                self.start(asked)
                if not asked:
                    ready()
                while not asked:
                    sleep(LOOK_SECONDS)
            finally:
                self.stop(asked)

    def _hurry(self) -> None:
        for keeper in self._keepers.values():
            keeper.hurry()

    def _raise_failure(self) -> None:
        for keeper in self._keepers.values():
            if keeper.failure:
                raise keeper.failure

    def _now(self, state: State) -> None:
        self._account = msgspec.structs.replace(self._account, state=state)
        self._write()

    def _write(self) -> None:
        with self._writing:
            if not self._holds:
                return
            try:
                self.home.write_run(self.run)
            except OSError as error:
                # A full disk must not end the keeping of the parts.
                sys.stderr.write(f"cannot write {self.home.run_file}: {error}\n")
