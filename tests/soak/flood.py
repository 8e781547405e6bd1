"""One upstream at a steady rate: python flood.py HOST:PORT TOKEN PER_SECOND SECONDS.

It sends at its pace for as long as the gateway takes what it sends, and costs little itself. Prints
one JSON value: how many requests got which status, and the latency of each 202 in seconds.
"""

import json
import re
import socket
import sys
from collections import Counter
from threading import Thread
from time import monotonic, sleep

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
TAIL = 12


def main() -> None:
    """Send reports, each at its time, or at once where it is late; read the answers beside it."""
    where, token, per_second, seconds = sys.argv[1:]
    host, _, port = where.partition(":")
    line = socket.create_connection((host, int(port)), timeout=5)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    asked, answered = list[float](), list[tuple[str, float]]()
    reader = Thread(target=_read, args=(line, answered))
    reader.start()
    began = monotonic()
    while (now := monotonic()) - began < float(seconds):
        due = began + len(asked) / float(per_second)
        if now < due:
            sleep(due - now)
        asked.append(monotonic())
        try:
            line.sendall(_request(token, f"{token}-{began}-{len(asked)}"))
        except TimeoutError:
            break
    sleep(0.1)
    line.shutdown(socket.SHUT_RDWR)
    reader.join()
    pairs = zip(asked, answered, strict=False)
    latencies = [at - when for when, (status, at) in pairs if status == "202"]
    counted = Counter(status for status, _ in answered)
    print(json.dumps({"counted": counted, "latencies": latencies}))


def _read(line: socket.socket, answered: list[tuple[str, float]]) -> None:
    """Note each answer's status and time; answers come in the order of the requests."""
    left = b""
    while got := line.recv(65_536):
        now, left = monotonic(), left + got
        end = 0
        for found in STATUS.finditer(left):
            answered.append((found[1].decode(), now))
            end = found.end()
        left = left[max(end, len(left) - TAIL) :]


def _request(token: str, id: str) -> bytes:
    body = (
        b'{"specversion": "1.0", "type": "gridloop.report.gridworker.v1",'
        b'"source": "/dongguan/grid-app", "id": "%b", "time": "2026-03-05T09:00:00+08:00",'
        b'"data": {"place": "dongguan", "text": "a lamp is out", "reporter": "W-1"}}' % id.encode()
    )
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %b\r\n"
        b"Content-Type: application/cloudevents+json\r\nContent-Length: %d\r\n\r\n"
    )
    return head % (token.encode(), len(body)) + body


if __name__ == "__main__":
    main()
