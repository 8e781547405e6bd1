"""Commands that run things: up, down, status, demo."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live

from infra.embedded.detached import down as stop_detached
from infra.embedded.detached import spawn
from infra.embedded.home import FOLDERS, Home, memory
from infra.embedded.supervise import asked_to_stop
from streams import demo as play
from streams.cli_options import JSON, print_json
from streams.config import Settings
from streams.entry.gateway_keys import read_keys
from streams.errors import WrongUse
from streams.joined import DEFAULT_ZONE, Joined, settings
from streams.show.figures import ask, latest_tick
from streams.show.live import Picture, draw, line, save
from streams.show.rates import figures_json, local_text
from streams.show.rounds import coverage_table, row_json
from streams.where import Away, addresses
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.clickhouse import Warehouse
from streams.wire.kafka import Later as BrokerLater

LIVE_SPEED = 600.0
LOOK_SECONDS = 1.0
PLAIN_SECONDS = 5.0


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command(epilog=DEMO_EXAMPLES)(demo)
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
    home = Home(chosen.home_dir)
    run = home.run()
    if run is None:
        words = [word for name in place or () for word in ("--place", name)]
        if gateway is not None:
            words += ["--gateway", str(gateway.resolve())]
        run = spawn(home, [sys.executable, "-m", "streams", "supervise", *words])
    elif gateway is not None and "gateway" not in run.addresses:
        raise WrongUse("this home runs without a gateway: `gridloop down` first")
    if json_:
        print_json(_status(chosen))
    else:
        where = run.addresses
        Console().print(
            f"已就绪 ready  kafka {where['kafka']}  clickhouse {where['clickhouse']}\n"
            "下一步 next: gridloop import FILE --mapping M · gridloop demo · gridloop rates"
        )


def supervise(place: Live_ = None, gateway: Keys = None) -> None:
    """Keep the embedded system of this home in the foreground; what `up` starts."""
    from streams.system import embedded  # noqa: PLC0415 - a second that other commands spare

    with_say = Console(stderr=True).print
    embedded(settings(), with_say, tuple(place or ()), gateway).serve()


def down(
    purge: Annotated[bool, typer.Option(help="清空 · wipe this home's data as well.")] = False,
) -> None:
    """停止 · stop what runs in this home; its data stay, unless purged."""
    home = Home(settings().home_dir)
    stopped = stop_detached(home)
    Console().print("已停止 stopped" if stopped else "没有在运行 nothing was running")
    if purge:
        wipe(home)
        Console().print(f"已清空 wiped {home.root}")


def wipe(home: Home) -> None:
    """Remove what we keep in a home, and nothing that somebody else put there."""
    for name in (*FOLDERS, "engine"):
        shutil.rmtree(home.root / name, ignore_errors=True)
    for file in (home.run_file, home.root / "lock"):
        file.unlink(missing_ok=True)


def status(json_: JSON = False) -> None:
    """状态 · what runs, where it is reached, how far behind, how much memory."""
    said = _status(settings())
    if json_:
        print_json(said)
        return
    console = Console()
    console.print(f"kafka {said['kafka']}  clickhouse {said['clickhouse']}")
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
    sizes = memory(run) if run else {}
    where = run.addresses if run else {}
    said: dict[str, Any] = {
        "kafka": chosen.kafka or where.get("kafka"),
        "clickhouse": chosen.clickhouse or where.get("clickhouse"),
        "clickhouse_http": None,
        "gateway": where.get("gateway"),
        "board": None,
        "parts": [
            {
                "name": part.name,
                "pid": part.pid,
                "state": part.state.value,
                "rss_bytes": sizes.get(part.name, 0),
                "restarts": part.restarts,
            }
            for part in (run.parts if run else ())
        ],
        "lag": None,
        "dead_letters": None,
        "last_fact_at": None,
    }
    try:
        return said | _counts(Joined.of(chosen))
    except (Away, StoreLater, BrokerLater):
        return said  # before the services answer there is nothing to count


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
    return at if at is None else at.replace(tzinfo=UTC)


# --- the demo -----------------------------------------------------------------------------------

DEMO_EXAMPLES = """
Examples:

`gridloop demo` (what `make run` runs: a day of Dongguan, live)

`gridloop demo --until-done --reports 20000 --json`
"""


def demo(
    place: Annotated[str, typer.Option(help="地方 · whose day is simulated.")] = "dongguan",
    reports: Annotated[int, typer.Option(min=1, help="上报数 · distinct reports.")] = 2000,
    seed: Annotated[
        int | None, typer.Option(min=0, help="种子 · also the day; default the next new day.")
    ] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.1, help="倍速 · simulated seconds per second.")
    ] = None,
    poison: Annotated[int, typer.Option(min=0, help="坏数据 · malformed records to add.")] = 0,
    until_done: Annotated[
        bool, typer.Option("--until-done", help="等到全部入库 · end when all is stored.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help="画面 · write the last screen to this SVG at the end.")
    ] = None,
    json_: JSON = False,
) -> None:
    """演示 · a simulated day of a place from all sources, with closure rates moving live."""
    if json_ and not until_done:
        raise WrongUse("--json tells of a day that is over: use it with --until-done")
    chosen = settings()
    play.check_place(place)  # before anything starts
    say = Console(stderr=True)
    with running(chosen, lambda text: say.print(text, highlight=False)):
        at = Joined.of(chosen)
        if seed is None:
            seed = play.next_seed(at.store, place)
        play.check_home(at.store, place, seed)
        if latest_live(chosen, place):
            raise WrongUse(f"the clock of {place!r} runs here: a demo may not write its ticks too")
        if until_done:
            _until_done(at, play.plan(place, seed, reports, poison, speed), chosen, json_)
        else:
            the_plan = play.plan(place, seed, reports, poison, speed or LIVE_SPEED)
            last = _live(at, the_plan)
            if picture is not None:
                save(last, picture)


def latest_live(chosen: Settings, place: str) -> bool:
    """Whether this home keeps the live clock of a place."""
    run = Home(chosen.home_dir).run()
    return run is not None and f"clock:{place}" in run.addresses


@contextmanager
def running(chosen: Settings, say: Callable[[str], None]) -> Iterator[None]:
    """What runs already, or an embedded system for as long as this command runs."""
    try:
        addresses(chosen)
    except Away:
        from streams.system import embedded  # noqa: PLC0415 - as above

        say("正在启动真实的 Kafka 与 ClickHouse… starting the real Kafka and ClickHouse")
        with embedded(chosen, say):
            yield
    else:
        yield


def _until_done(at: Joined, the_plan: play.Plan, chosen: Settings, json_: bool) -> None:
    console = Console(stderr=True)
    with console.status("") as waiting, play.Peak(Home(chosen.home_dir)) as peak:
        _, done = play.run_to_end(at, the_plan, waiting.update)
    zone = the_plan.rules.zone
    said = {
        "place": the_plan.place,
        "day": the_plan.day.date.isoformat(),
        "as_of": local_text(the_plan.day.end, zone),
        "reports_sent": done.sent,
        "reports_stored": done.stored,
        "dead_letters": done.refused,
        "cases": done.cases,
        "figures": figures_json(done.total.figures),
        "rounds": [row_json(row) for row in done.rounds],
        "seconds": round(done.seconds, 3),
        "reports_per_second": round(done.stored / done.seconds, 1),
        "peak_rss_bytes": peak.bytes,
    }
    if json_:
        print_json(said)
    else:
        Console().print_json(data=said, ensure_ascii=False)


def _live(at: Joined, the_plan: play.Plan) -> Picture:
    """Show the day as it goes, until somebody asks for the end; the last screen shown."""
    console = Console()
    sending = play.Sending(at.where.kafka, the_plan)
    with asked_to_stop() as asked, _screen(console) as show:
        sending.start()
        try:
            while True:
                picture = _picture(at, sending)
                show(picture)
                sending.rest(LOOK_SECONDS if console.is_terminal else PLAIN_SECONDS, asked)
                if asked:
                    return picture
        finally:
            sending.stop()


@contextmanager
def _screen(console: Console) -> Iterator[Callable[[Picture], None]]:
    """A screen that is drawn anew; a line a time where there is none."""
    if not console.is_terminal:
        yield lambda picture: console.print(line(picture), soft_wrap=True)
        return
    with Live(console=console, auto_refresh=False) as screen:
        yield lambda picture: screen.update(draw(picture), refresh=True)


def _picture(at: Joined, sending: play.Sending) -> Picture:
    the_plan, over = sending.plan, sending.done
    now = latest_tick(at.store, the_plan.place) or the_plan.day.start
    now = min(max(now, the_plan.day.start + timedelta(seconds=1)), the_plan.day.end)
    newest = last_fact(at.store)
    wall = datetime.now(UTC)  # noqa: TID251 - how fresh is a question about now
    note = f"种子 seed {the_plan.seed}  ×{the_plan.speed:g}  "
    note += "一天已过 the day is over" if over else "Ctrl-C 停止 stops"
    rounds = play.day_rounds(at.store, the_plan, now)
    rows = {
        by: ask(at.store, play.day_query(the_plan, now, by))
        for by in ((), ("source",), ("department",))
    }
    return Picture(
        place=the_plan.rules.name_zh,
        at=now,
        zone=the_plan.rules.zone,
        total=rows[()][0],
        rounds=coverage_table(rounds, ("kind", "schedule"), the_plan.rules),
        by_source=rows["source",][1:],
        by_department=rows["department",][1:],
        departments={code: one.name for code, one in the_plan.rules.departments.items()},
        sent=sum(sending.played.sent.values()),
        lag=at.lag(),
        dead_letters=dead_letters(at.store),
        freshness=(wall - newest).total_seconds() if newest else None,
        note=note,
    )
