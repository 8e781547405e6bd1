"""Commands that are one part each, for containers: work, sink, clock, gateway, board, exporter;
and what makes clusters of your own ready for them.

What runs a part takes a second to import, so each command imports it when it is called.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams.errors import WrongUse
from streams.joined import settings
from streams.logs import set_up_logging
from streams.where import addresses, read_key


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command(epilog=PREPARE_EXAMPLES)(prepare)
    app.command()(work)
    app.command()(sink)
    app.command()(clock)
    app.command(epilog=GATEWAY_EXAMPLES)(gateway)
    app.command(epilog=BOARD_EXAMPLES)(board)
    app.command(epilog=EXPORTER_EXAMPLES)(exporter)


PREPARE_EXAMPLES = """
Examples:

`GRIDLOOP_KAFKA=kafka:9092 GRIDLOOP_CLICKHOUSE=clickhouse:9000 gridloop prepare`
"""


def prepare() -> None:
    """布置 · make your own Kafka and ClickHouse ready: topics, tables, the shipped places, the key.

    What is there stays; run it again after every upgrade.
    """
    from streams.keep.migrations import migrate  # noqa: PLC0415 - see above
    from streams.system import lay_topics  # noqa: PLC0415 - see above

    chosen = settings()
    where = addresses(chosen)
    read_key(chosen)
    lay_topics(where.kafka)
    applied = migrate(where.clickhouse)
    Console().print(f"已就绪 ready: {len(applied)} migrations applied now", highlight=False)


def work() -> None:
    """处理 · intake, tickets and casework: any number of these share the partitions."""
    from streams import worker  # noqa: PLC0415 - see above

    set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.work(chosen, addresses(chosen)))


def sink() -> None:
    """入库 · what came out, into ClickHouse."""
    from streams import worker  # noqa: PLC0415 - see above

    set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.sink(chosen, addresses(chosen)))


def clock(
    place: Annotated[list[str], typer.Option(help="地方 · a place whose clock this is.")],
) -> None:
    """时钟 · a tick for live places every ten seconds."""
    from streams import worker  # noqa: PLC0415 - see above

    set_up_logging()
    chosen = settings()
    raise typer.Exit(worker.clock(chosen, addresses(chosen), place))


GATEWAY_EXAMPLES = """
Examples:

`gridloop gateway --keys keys.yaml` (docs/gateway.md says what stands in it)

`gridloop gateway --keys keys.yaml --host 0.0.0.0 --port 8470` (behind a proxy that speaks TLS)

`gridloop gateway --keys keys.yaml --check` (is the file right? nothing is served)

`gridloop up --gateway keys.yaml` (as a part of the embedded system)
"""


def gateway(
    keys: Annotated[Path, typer.Option(help="钥匙文件 · who may send what (YAML).")],
    host: Annotated[str, typer.Option(help="地址 · on which to listen.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="端口 · default 8470, or GRIDLOOP_GATEWAY_PORT."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="只检查 · say what is wrong with the file, serve nothing."),
    ] = False,
) -> None:
    """网关 · the way in by HTTP: CloudEvents, GB/T 28181 alarms, GA/T 1400, work orders."""
    from streams import worker  # noqa: PLC0415 - see above
    from streams.entry.gateway_keys import read_keys  # noqa: PLC0415 - see above

    ring = read_keys(keys)
    if check:
        Console().print(f"可用 usable: {', '.join(ring.names)}", highlight=False)
        return
    set_up_logging()
    chosen = settings()
    kafka = chosen.kafka or addresses(chosen).kafka
    raise typer.Exit(worker.gateway(chosen, kafka, ring, host, port or chosen.gateway_port))


BOARD_EXAMPLES = """
Examples:

`gridloop board` (on a free port of this machine; it says which)

`gridloop board --port 8480 --token-file board.token` (who has the token may retry dead letters)

`gridloop board --host 0.0.0.0 --port 8480 --allow-host board.example.org` (behind a proxy with TLS)
"""
LEAST_TOKEN = 16


def board(
    place: Annotated[
        str, typer.Option(help="地方 · shown first; default the one that was written to last.")
    ] = "",
    host: Annotated[str, typer.Option(help="地址 · on which to listen.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="端口 · default GRIDLOOP_BOARD_PORT, or a free one."),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(help="口令文件 · sign-in; or GRIDLOOP_BOARD_TOKEN. Without: read-only."),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="域名 · another name by which browsers reach it, as behind a proxy."),
    ] = None,
) -> None:
    """看板 · the board in a browser: figures, deadlines, dead letters, live."""
    from streams import boarding  # noqa: PLC0415 - see above

    chosen = settings()
    token = token_file.read_text("utf-8").strip() if token_file else chosen.board_token
    if (token_file or token) and len(token) < LEAST_TOKEN:
        raise WrongUse(f"the board's token has {len(token)} characters; it takes {LEAST_TOKEN}")
    set_up_logging()
    where = addresses(chosen)
    listening = boarding.listening(host, port or chosen.board_port, allow_host or ())
    Console(stderr=True).print(f"看板 board  {listening.url}", highlight=False)
    raise typer.Exit(boarding.board(chosen, where, listening, place, token))


EXPORTER_EXAMPLES = """
Examples:

`GRIDLOOP_METRICS_PORT=9108 gridloop exporter` (then `curl 127.0.0.1:9108/metrics`)

`gridloop exporter --recount-hours 0` (without the recount)
"""


def exporter(
    recount_hours: Annotated[
        float, typer.Option(min=0, help="重算间隔 · hours between two recounts; 0: none.")
    ] = 1.0,
) -> None:
    """指标 · lag, dead letters, breaches, silent departments and the recount, for Prometheus."""
    from streams import exporting  # noqa: PLC0415 - see above

    set_up_logging()
    raise typer.Exit(exporting.exporter(settings(), recount_hours * 3600))
