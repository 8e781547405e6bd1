"""One run in this process: python -m tests.bench.run '{"stage": …}'; its figures as JSON."""

import logging
import sys

import msgspec

from tests.bench import bare, hops
from tests.bench.job import Job, Meter
from tests.bench.stages import ALL, SEND, SINK


def main() -> int:
    """Do as told and print the figures; 1 where the run ended before all was through."""
    logging.basicConfig(level=logging.WARNING)
    job = msgspec.json.decode(sys.argv[1], type=Job)
    stage = ALL[job.stage]
    if job.how == "hop":
        meter = Meter(job.records, hops.end_this)
        code = (hops.run_sink if stage is SINK else hops.run_hop)(stage, job, meter)
    else:
        meter = Meter(job.records)
        runs = {SINK.name: bare.run_sink, SEND.name: bare.run_send}
        code = runs.get(stage.name, bare.run_hop)(stage, job, meter)
    if meter.figures is None:
        return code or 1
    print(msgspec.json.encode(meter.figures).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
