"""Who is on duty: alarms as they are raised and taken back, from gridloop.alarms.v1.

python docs/examples/duty_officer.py --kafka HOST:PORT --place dongguan
"""
# ruff: noqa: T201 - what an example does it shows

import argparse
import json
import sqlite3
from typing import Any

from kafka import KafkaConsumer

TABLE = "CREATE TABLE IF NOT EXISTS alarm (id PRIMARY KEY, revision, rings)"


def take(store: sqlite3.Connection, told: dict[str, Any]) -> str:
    """Ring, or take it back; once: a repeat is answered with nothing."""
    known = store.execute("SELECT revision FROM alarm WHERE id = ?", (told["id"],)).fetchone()
    if known is not None and known[0] >= told["revision"]:
        return ""
    withdrawn = told.get("withdrawn", False)
    row = (told["id"], told["revision"], not withdrawn)
    store.execute("INSERT OR REPLACE INTO alarm VALUES (?, ?, ?)", row)
    if withdrawn and known is None:
        return ""  # it never rang here
    what = f"{told['kind']} {told.get('area')} {told.get('case_id')} at {told['at']}"
    return f"taken back: {what}" if withdrawn else what


def at_end(consumer: KafkaConsumer) -> bool:
    """Whether all that is there has been read."""
    mine = consumer.assignment()
    ends = consumer.end_offsets(mine) if mine else {}
    return bool(mine) and all(consumer.position(tp) >= end for tp, end in ends.items())


def main() -> None:
    """Follow the topic; offsets are committed only after what they brought is kept."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kafka", default="127.0.0.1:9092", help="host:port")
    words.add_argument("--place", required=True, help="the place's id")
    words.add_argument("--store", default=":memory:", help="a file that remembers what was done")
    words.add_argument("--until-idle", action="store_true", help="end when all has been read")
    given = words.parse_args()
    store = sqlite3.connect(given.store)
    store.execute(TABLE)
    consumer = KafkaConsumer(
        "gridloop.alarms.v1",
        bootstrap_servers=given.kafka,
        group_id=f"duty-{given.place}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    while not (given.until_idle and at_end(consumer)):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                told = json.loads(record.value)
                if told["place"] == given.place and (done := take(store, told)):
                    print(done, flush=True)
        store.commit()
        consumer.commit()
    consumer.close()


if __name__ == "__main__":
    main()
