"""What the tests of the engine share: clients, tables, patience."""

from collections.abc import Callable
from itertools import count
from time import monotonic, sleep
from typing import Any

from clickhouse_driver import Client

from infra.embedded.engine import Engine

numbers = count(1)


def closing_client(engine: Engine, **options: Any) -> Any:
    """A client that disconnects at the end of a with block."""
    return Client("127.0.0.1", port=engine.port, **options)


def new_table(
    client: Client, columns: str, tail: str = "ENGINE = MergeTree ORDER BY tuple()"
) -> str:
    """A table that no other test knows."""
    name = f"t{next(numbers)}"
    client.execute(f"CREATE TABLE {name} ({columns}) {tail}")
    return name


def wait_for(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once it holds; fail when it does not in time."""
    until = monotonic() + seconds
    while not holds():
        assert monotonic() < until, "it did not come to hold in time"
        sleep(0.02)


RUNNING = """SELECT count() FROM system.processes
    WHERE query LIKE '%(500000000000)%' AND query NOT LIKE '%system.processes%'"""
"""How many of the endless queries run."""
ENDLESS = "SELECT sum(cityHash64(number)) FROM numbers(500000000000)"
