"""The engine's server: accepts clients on the loopback, a thread each, and stops cleanly."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

from infra.embedded import native
from infra.embedded.engine_client import Client
from infra.embedded.engine_store import Store
from infra.embedded.failed import TOO_MANY_QUERIES, Failed


class Server:
    """Clients of one store; `run` returns once `stopping` says so and all have ended."""

    def __init__(self, store: Store, listener: socket.socket, *, most: int = 64) -> None:
        self._store, self._listener, self._most = store, listener, most
        self._clients: dict[Client, threading.Thread] = {}
        self._served = 0

    def run(self, stopping: Callable[[], bool], *, patience: float) -> None:
        """Serve; then give running queries `patience` seconds, and end those that take longer."""
        while not stopping():
            ready, _, _ = select.select([self._listener], [], [], 0.25)
            if ready:
                with contextlib.suppress(OSError):  # the client went before it was accepted
                    self._accept()
            self._tend()
        self._listener.close()
        self._wait_for_idle(patience)
        self._end_queries(lambda client: client.busy)
        self._wait_for_idle(2.0)
        for client in list(self._clients):
            client.hang_up()
        for thread in list(self._clients.values()):
            thread.join(timeout=1.0)

    def _accept(self) -> None:
        sock, _ = self._listener.accept()
        sock.setblocking(True)
        if len(self._clients) >= self._most:
            reason = native.exception(TOO_MANY_QUERIES, f"More than {self._most} connections")
            threading.Thread(target=_refuse, args=(sock, reason), daemon=True).start()
            return
        self._served += 1
        client = Client(self._store, sock, f"client {self._served}")
        thread = threading.Thread(target=client.serve, name=client.mark, daemon=True)
        self._clients[client] = thread
        thread.start()

    def _tend(self) -> None:
        """Forget clients that have ended; end the queries that nobody waits for."""
        for client, thread in list(self._clients.items()):
            if not thread.is_alive():
                del self._clients[client]
        self._end_queries(lambda client: client.busy and client.unwanted())

    def _end_queries(self, unwanted: Callable[[Client], bool]) -> None:
        for client in list(self._clients):
            if unwanted(client):
                with contextlib.suppress(Failed):  # it is asked again soon
                    self._store.kill(client.mark)

    def _wait_for_idle(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(client.busy for client in self._clients):
            time.sleep(0.02)


def _refuse(sock: socket.socket, reason: bytes) -> None:
    """Say why, and read the greeting too: else the reason would be lost with the connection."""
    with sock, contextlib.suppress(OSError):
        sock.settimeout(1.0)
        sock.sendall(reason)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(4096):
            pass
