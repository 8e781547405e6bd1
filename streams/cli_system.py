"""Commands that run things: up, down, status."""

import shutil
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from infra.embedded.claim import claimed
from infra.embedded.detached import down as stop_detached
from infra.embedded.detached import spawn
from infra.embedded.home import FOLDERS, Home, Run, parts_json
from streams.browser import answers
from streams.cli_options import JSON, print_json
from streams.config import Settings
from streams.core.instants import aware
from streams.entry.gateway_keys import read_keys
from streams.errors import WrongUse
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.running import check_ports
from streams.show.rates import local_text
from streams.where import Away, without_password
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Later as BrokerLater

LIVE_SPEED = 600.0
LOOK_SECONDS = 1.0
PLAIN_SECONDS = 5.0

BOARD_SECONDS = 20.0
"""How long `up` waits for the board; all else goes without it."""


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command(hidden=True)(supervise)


# --- the embedded system as a service -----------------------------------------------------------

Live_ = Annotated[list[str] | None, typer.Option("--place", help="地方 · whose clock runs.")]
Keys = Annotated[
    Path | None,
    typer.Option("--gateway", help="钥匙文件 · run the gateway too, with these keys."),
]


def up(place: Live_ = None, gateway: Keys = None, json_: JSON = False) -> None:
    """启动 · start broker, engine, workers and sink as a service; returns when all are ready."""
    chosen = settings()
    if gateway is not None:
        read_keys(gateway)  # before anything starts
    run = _joined_or_started(chosen, place or (), gateway)
    if not run.service:
        _say(
            f"注意：它属于正在运行的命令(进程 {run.pid})，随其结束"
            f" · note: it is part of a command that runs (process {run.pid}), and ends with it"
        )
    if json_:
        print_json(_status(chosen))
    else:
        where = run.addresses
        Console().print(
            f"已就绪 ready  kafka {where['kafka']}  clickhouse {where['clickhouse']}\n"
            f"看板 board  {board_url(run)}\n"
            "下一步 next: gridloop import FILE --mapping M · gridloop demo · gridloop rates"
        )


def _joined_or_started(chosen: Settings, places: Sequence[str], gateway: Path | None) -> Run:
    home = Home(chosen.home_dir)
    with claimed(home, _say) as (run, hold):
        if run is not None:
            if gateway is not None and "gateway" not in run.addresses:
                raise WrongUse("this home runs without a gateway: `gridloop down` first")
            return run
        check_ports(chosen, gateway=gateway is not None)
        words = [word for name in places for word in ("--place", name)]
        if gateway is not None:
            words += ["--gateway", str(gateway.resolve())]
        started = spawn(
            home, [sys.executable, "-m", "streams", "supervise", "--held", *words], hold=hold
        )
    if (url := board_url(started)) is not None:
        answers(url, BOARD_SECONDS)
    return started


def _say(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, soft_wrap=True)


def supervise(
    place: Live_ = None,
    gateway: Keys = None,
    held: Annotated[bool, typer.Option("--held", help="The starter passed its hold on.")] = False,
) -> None:
    """Keep the embedded system of this home in the foreground; what `up` starts."""
    from streams.system import embedded  # noqa: PLC0415 - a second that other commands spare

    chosen = settings()
    home = Home(chosen.home_dir)
    home.create()
    with nullcontext() if held else home.held():
        embedded(chosen, _say, tuple(place or ()), gateway, service=True).serve()


def down(
    purge: Annotated[bool, typer.Option(help="清空 · wipe this home's data as well.")] = False,
) -> None:
    """停止 · stop what runs in this home; its data stay, unless purged."""
    home = Home(settings().home_dir)
    stopped = stop_detached(home)
    Console().print("已停止 stopped" if stopped else "没有在运行 nothing was running")
    if purge:
        with home.held() if home.root.exists() else nullcontext():
            wipe(home)
        Console().print(f"已清空 wiped {home.root}")


def wipe(home: Home) -> None:
    """Remove what we keep in a home, and nothing that somebody else put there."""
    for name in (*FOLDERS, "engine"):
        shutil.rmtree(home.root / name, ignore_errors=True)
    for file in (home.run_file, home.users, home.lock):
        file.unlink(missing_ok=True)


def status(json_: JSON = False) -> None:
    """状态 · what runs, where it is reached, how far behind, how much memory."""
    said = _status(settings())
    if json_:
        print_json(said)
        return
    console = Console()
    console.print(f"kafka {said['kafka']}  clickhouse {said['clickhouse']}")
    if said["board"]:
        console.print(f"看板 board  {said['board']}")
    for part in said["parts"]:
        mega = part["rss_bytes"] / 1e6
        console.print(f"  {part['name']:<12} {part['state']:<10} {part['pid']}  {mega:.0f} MB")
    console.print(
        f"在途 lag {said['lag']}  死信 dead letters {said['dead_letters']}"
        f"  最新事实 last fact {said['last_fact_at']}"
    )


def _status(chosen: Settings) -> dict[str, Any]:
    run = Home(chosen.home_dir).run()
    if run is None and not chosen.kafka:
        raise Away(f"nothing runs in {chosen.home_dir}: start it with `gridloop up`")
    where = run.addresses if run else {}
    said: dict[str, Any] = {
        "kafka": chosen.kafka or where.get("kafka"),
        "clickhouse": without_password(chosen.clickhouse) or where.get("clickhouse"),
        "clickhouse_http": where.get("clickhouse_http"),
        "gateway": where.get("gateway"),
        "board": board_url(run),
        "parts": parts_json(run),
        "lag": None,
        "dead_letters": None,
        "last_fact_at": None,
    }
    try:
        return said | _counts(Joined.of(chosen))
    except (Away, StoreLater, BrokerLater):
        return said  # before the services answer there is nothing to count


def board_url(run: Run | None) -> str | None:
    """Where the board of what runs here is; None where there is none."""
    return f"http://{run.addresses['board']}/" if run and "board" in run.addresses else None


def _counts(at: Joined) -> dict[str, Any]:
    letters, newest = dead_letters(at.store), last_fact(at.store)
    return {
        "lag": at.lag(),
        "dead_letters": letters,
        "last_fact_at": local_text(newest, DEFAULT_ZONE) if newest else None,
    }


def dead_letters(store: Warehouse) -> int:
    """How many refused inputs are listed now."""
    ((count,),) = store.query("SELECT count() FROM dead_letters FINAL WHERE NOT withdrawn", {})
    return int(count)


def last_fact(store: Warehouse) -> datetime | None:
    """When the newest stored fact arrived."""
    ((at,),) = store.query("SELECT maxOrNull(ingested_at) FROM facts", {})
    return at if at is None else aware(at)
