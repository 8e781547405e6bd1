"""A hotline's system: how its tickets stand, from gridloop.replies.v1.

python docs/examples/ticket_status.py --kafka HOST:PORT --sender /dongguan/12345
"""
# ruff: noqa: T201 - what an example does it shows

import argparse
import json
import sqlite3
from typing import Any

from kafka import KafkaConsumer

TABLE = "CREATE TABLE IF NOT EXISTS reply (id PRIMARY KEY, revision, ticket, status, withdrawn)"

STANDS = "SELECT status FROM reply WHERE ticket = ? AND NOT withdrawn ORDER BY revision DESC"


def take(store: sqlite3.Connection, told: dict[str, Any]) -> str:
    """Note a reply, once; answers how the ticket stands then, or nothing for a repeat."""
    ticket, withdrawn = told["ticket"]["id"], told.get("withdrawn", False)
    known = store.execute("SELECT revision FROM reply WHERE id = ?", (told["id"],)).fetchone()
    if known is not None and known[0] >= told["revision"]:
        return ""
    # An opinion or a topic that was decided: "decided adopted", then "closed adopted".
    status = " ".join(filter(None, (told["status"], told.get("outcome"))))
    row = (told["id"], told["revision"], ticket, status, withdrawn)
    store.execute("INSERT OR REPLACE INTO reply VALUES (?, ?, ?, ?, ?)", row)
    (stands,) = store.execute(STANDS, (ticket,)).fetchone() or ("unknown",)
    return f"{ticket} {stands}" + (f", {status} was wrong" if withdrawn else "")


def at_end(consumer: KafkaConsumer) -> bool:
    """Whether all that is there has been read."""
    mine = consumer.assignment()
    ends = consumer.end_offsets(mine) if mine else {}
    return bool(mine) and all(consumer.position(tp) >= end for tp, end in ends.items())


def main() -> None:
    """Follow the topic; offsets are committed only after what they brought is kept."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kafka", default="127.0.0.1:9092", help="host:port")
    words.add_argument("--sender", required=True, help="the CloudEvents source of its reports")
    words.add_argument("--store", default=":memory:", help="a file that remembers what was done")
    words.add_argument("--until-idle", action="store_true", help="end when all has been read")
    given = words.parse_args()
    store = sqlite3.connect(given.store)
    store.execute(TABLE)
    consumer = KafkaConsumer(
        "gridloop.replies.v1",
        bootstrap_servers=given.kafka,
        group_id=f"tickets-{given.sender}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    while not (given.until_idle and at_end(consumer)):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                told = json.loads(record.value)
                if told["ticket"]["sender"] == given.sender and (done := take(store, told)):
                    print(done, flush=True)
        store.commit()
        consumer.commit()
    consumer.close()


if __name__ == "__main__":
    main()
