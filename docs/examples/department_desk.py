"""A department's system: what it is asked to do, from gridloop.dispatches.v1.

python docs/examples/department_desk.py --kafka HOST:PORT --department street-care
"""
# ruff: noqa: T201 - what an example does it shows

import argparse
import json
import sqlite3
from typing import Any

from kafka import KafkaConsumer

TABLE = "CREATE TABLE IF NOT EXISTS work (id PRIMARY KEY, revision, to_do)"

OVER = ("recalled", "returned_approved")


def take(store: sqlite3.Connection, told: dict[str, Any]) -> str:
    """Take up what is asked, or put it down; once: a repeat is answered with nothing."""
    about = told.get("ends", told["id"])
    known = store.execute("SELECT revision FROM work WHERE id = ?", (about,)).fetchone()
    if known is not None and known[0] >= told["revision"]:
        return ""
    asked = "withdrawn" if told.get("withdrawn") else told["asked"]
    row = (about, told["revision"], asked not in ("withdrawn", *OVER))
    store.execute("INSERT OR REPLACE INTO work VALUES (?, ?, ?)", row)
    return f"{asked} {told['case_id']} by {told.get('deadline')}: {told.get('text', '')}"


def at_end(consumer: KafkaConsumer) -> bool:
    """Whether all that is there has been read."""
    mine = consumer.assignment()
    ends = consumer.end_offsets(mine) if mine else {}
    return bool(mine) and all(consumer.position(tp) >= end for tp, end in ends.items())


def main() -> None:
    """Follow the topic; offsets are committed only after what they brought is kept."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kafka", default="127.0.0.1:9092", help="host:port")
    words.add_argument("--department", required=True, help="the department's id")
    words.add_argument("--store", default=":memory:", help="a file that remembers what was done")
    words.add_argument("--until-idle", action="store_true", help="end when all has been read")
    given = words.parse_args()
    store = sqlite3.connect(given.store)
    store.execute(TABLE)
    consumer = KafkaConsumer(
        "gridloop.dispatches.v1",
        bootstrap_servers=given.kafka,
        group_id=f"desk-{given.department}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    while not (given.until_idle and at_end(consumer)):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                told = json.loads(record.value)
                if told["department"] == given.department and (done := take(store, told)):
                    print(done, flush=True)
        store.commit()
        consumer.commit()
    (left,) = store.execute("SELECT count(*) FROM work WHERE to_do").fetchone()
    print(f"to do: {left}")
    consumer.close()


if __name__ == "__main__":
    main()
