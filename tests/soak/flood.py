"""One upstream that sends at a steady rate: python flood.py HOST:PORT TOKEN PER_SECOND SECONDS.

Prints one JSON value: how many requests got which status, and the latency of each 202 in seconds.
"""

import http.client
import json
import sys
from collections import Counter
from time import monotonic, sleep


def main() -> None:
    """Send reports one after the other, each at its time, or at once where it is late."""
    where, token, per_second, seconds = sys.argv[1:]
    connection = http.client.HTTPConnection(*where.split(":"), timeout=60)
    head = {"authorization": f"Bearer {token}", "content-type": "application/cloudevents+json"}
    began, number = monotonic(), 0
    counted, latencies = Counter[int](), list[float]()
    while (now := monotonic()) - began < float(seconds):
        due = began + number / float(per_second)
        if now < due:
            sleep(due - now)
        body = _report(f"{token}-{began}-{number}")
        asked = monotonic()
        connection.request("POST", "/v1/events", body, head)
        answer = connection.getresponse()
        answer.read()
        counted[answer.status] += 1
        if answer.status == 202:
            latencies.append(monotonic() - asked)
        number += 1
    print(json.dumps({"counted": counted, "latencies": latencies}))


def _report(id: str) -> bytes:
    source, time = "/dongguan/grid-app", "2026-03-05T09:00:00+08:00"
    data = {"place": "dongguan", "text": "路灯不亮", "reporter": "W-1"}
    head = {"specversion": "1.0", "type": "gridloop.report.gridworker.v1", "source": source}
    return json.dumps({**head, "id": id, "time": time, "data": data}).encode()


if __name__ == "__main__":
    main()
