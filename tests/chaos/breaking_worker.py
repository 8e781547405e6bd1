"""One more worker of a home whose casework breaks once: python breaking_worker.py RECORDS."""

import os
import sys
from collections.abc import Sequence

from streams import worker
from streams.config import Settings
from streams.core.record import Decision, Record, State, Step
from streams.core.topics import INTAKE
from streams.flow import casework
from streams.logs import set_up_logging
from streams.where import addresses


class Broken(RuntimeError):
    """What no part of the flow foresees."""


def breaking(step: Step, at: int) -> Step:
    """The step, until it has been given so many records of the intake log; then it raises."""
    given = 0

    def broken(records: Sequence[Record], state: State) -> Decision:
        nonlocal given
        given += sum(record.topic == INTAKE.name for record in records)
        if given >= at:
            raise Broken(f"planted at record {given}")
        return step(records, state)

    return broken


def main() -> int:
    """Work beside work-0 until the step breaks."""
    # mypy holds a module's function for a constant
    casework.step = breaking(casework.step, int(sys.argv[1]))  # type: ignore[assignment]
    set_up_logging()
    chosen = Settings.read(os.environ)
    return worker.work(chosen, addresses(chosen))


if __name__ == "__main__":
    sys.exit(main())
