"""Ports of this machine: which one answers, which is free, and where a home looks for one."""

import os
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

HOST = "127.0.0.1"


def listens(port: int) -> bool:
    """Whether something answers there."""
    # By connecting: a probe that binds the port could take it from the service that starts.
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """Whether a service could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def in_turn(folder: Path, first: int, count: int) -> Iterator[int]:
    """All of so many ports; two folders begin at different ones, by their paths."""
    offset = zlib.crc32(os.fsencode(folder))
    return (first + (offset + step) % count for step in range(count))
