"""The board's process: joined to store and broker, and to the account of what runs in this home."""

import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

import msgspec

from infra.embedded.home import Home, parts_json
from streams.config import Settings
from streams.errors import WrongUse
from streams.joined import Joined
from streams.letters import send_again
from streams.show.board.app import Board
from streams.show.board.running import Pulse
from streams.show.board.signin import Sessions
from streams.show.exporter import Metrics, serve
from streams.where import Addresses, free_port, read_key
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.clickhouse import Never, Warehouse
from streams.wire.http_server import server
from streams.wire.kafka import Later as BrokerLater
from streams.wire.kafka import Undelivered

AWAY = (StoreLater, Never, BrokerLater, Undelivered)
"""What a question may end with that is no defect of the board's."""
ANSWER_SECONDS = 20.0
"""A store that takes longer is as good as away: nobody watches a board that stands still."""
LOCAL = ("127.0.0.1", "localhost", "::1")


class Listening(msgspec.Struct, frozen=True):
    """On which address and port, and by which names it may be reached ("*": by any)."""

    host: str
    port: int
    names: tuple[str, ...]

    @property
    def url(self) -> str:
        """How a browser of this machine reaches it."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def listening(host: str, port: int, names: Sequence[str]) -> Listening:
    """On that port, 0 for a free one. A board of this machine alone is reached by the machine's own
    names only: a page from elsewhere whose name leads here reads nothing."""
    own = LOCAL if host in LOCAL else ()
    return Listening(host, port or free_port(), (*own, *names) or ("*",))


def board(settings: Settings, where: Addresses, at: Listening, place: str, token: str) -> int:
    """Serve the board until a signal asks for the end."""
    key = read_key(settings)
    joined = Joined(where, Warehouse(where.clickhouse, answer_seconds=ANSWER_SECONDS))
    home = Home(settings.home_dir)

    def retry(id: str) -> str:
        try:
            return send_again(joined, key, id)
        except WrongUse as why:
            raise ValueError(str(why)) from why

    shown = Board(
        at=joined,
        pulse=Pulse(joined.store, joined.lags, lambda: parts_json(home.run()), AWAY),
        sessions=Sessions(token, monotonic),
        retry=retry,
        wall=lambda: datetime.now(UTC),  # noqa: TID251 - how fresh is a question about now
        place=place,
        hosts=at.names,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn hears them, and raises them again after
    serve(settings.metrics_port, Metrics(), lambda: {"ready": True}, settings.metrics_host)
    served = server(shown.app(), at.host, at.port)
    served.run()
    return int(not served.started)
