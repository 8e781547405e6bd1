"""Documents may be read by several threads first: by the board's page, or beside the sink."""

import subprocess
import sys

READ_AT_ONCE = """
import sys, threading
from datetime import UTC, datetime
from streams.core.events import Reference, ReferenceKind
from streams.core.placecheck import read_body
from streams.entry.places import place_dir
from streams.entry.yamlfile import load_yaml

files = [load_yaml(path) for path in sorted(place_dir("siming").glob("*.yaml"))]
kinds = [kind for kind in ReferenceKind if kind not in ("calendar", "classifier")]
documents = [
    Reference(place="siming", kind=ReferenceKind(one["kind"]), version="1",
              valid_from=datetime(2020, 1, 1, tzinfo=UTC), body=one["body"])
    for one in files if one["kind"] in kinds
]
assert len(documents) > 5
sys.setswitchinterval(1e-5)
together = threading.Barrier(4)

def read():
    together.wait()
    for one in documents: read_body(one)

threads = [threading.Thread(target=read) for _ in range(4)]
for one in threads: one.start()
for one in threads: one.join()
"""


def test_threads_that_read_documents_first_at_once_do_not_end_the_process() -> None:
    """In a process of its own each time; unprepared, about two of three end by a signal."""
    for _ in range(3):
        ran = subprocess.run([sys.executable, "-c", READ_AT_ONCE], capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
