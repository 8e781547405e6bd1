"""The command `gridloop demo`: a simulated day of a place, live or to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from infra.embedded.home import Home
from infra.embedded.supervise import asked_to_stop
from streams import demo as play
from streams import demoplan
from streams.browser import open_board
from streams.cli_options import JSON, print_json
from streams.cli_system import board_url, dead_letters, last_fact
from streams.config import Settings
from streams.demoplan import Plan
from streams.errors import WrongUse
from streams.joined import Joined, settings
from streams.reference import publish_documents
from streams.running import running
from streams.show.figures import ask, latest_tick
from streams.show.live import Picture, draw, line, save
from streams.show.rates import figures_json, local_text
from streams.show.rounds import coverage_table, row_json
from streams.wire.clickhouse import Later as StoreLater
from streams.wire.kafka import Later as BrokerLater

LIVE_SPEED = 600.0
LOOK_SECONDS = 1.0
PLAIN_SECONDS = 5.0


def add_to(app: typer.Typer) -> None:
    """Hang the command into the program."""
    app.command(epilog=EXAMPLES)(demo)


EXAMPLES = """
Examples:

`gridloop demo` (what `make run` runs: a day of Dongguan, live)

`gridloop demo --place jianghai` (any place of schemas/places, by its own loop and channels)

`gridloop demo --place myplace --folder places/myplace`

`gridloop demo --until-done --reports 20000 --json`
"""


def demo(
    place: Annotated[str, typer.Option(help="地方 · whose day is simulated.")] = "dongguan",
    folder: Annotated[
        Path | None, typer.Option(help="资料夹 · the place's folder; default the shipped one.")
    ] = None,
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
    open_: Annotated[
        bool,
        typer.Option(
            "--open/--no-open", help="在浏览器打开看板 · open the board, if there is a display."
        ),
    ] = True,
    json_: JSON = False,
) -> None:
    """演示 · a simulated day of a place from all sources, with closure rates moving live."""
    if json_ and not until_done:
        raise WrongUse("--json tells of a day that is over: use it with --until-done")
    chosen = settings()
    documents = demoplan.documents_of(place, folder)  # before anything starts
    say = Console(stderr=True)
    with running(chosen, lambda text: say.print(text, highlight=False, soft_wrap=True)) as stay:
        at = Joined.of(chosen)
        if seed is None:
            seed = demoplan.next_seed(at.store, place)
        demoplan.check_home(at.store, place, seed)
        if latest_live(chosen, place):
            raise WrongUse(f"the clock of {place!r} runs here: a demo may not write its ticks too")
        if folder is not None:
            publish_documents(at.where.kafka, documents)
            at.drain()
        pace = speed if until_done else speed or LIVE_SPEED
        the_plan = demoplan.plan(place, seed, reports, poison, pace, folder)
        if until_done:
            _until_done(at, the_plan, chosen, json_)
            stay()
        else:
            if (url := board_url(Home(chosen.home_dir).run())) is not None:
                url += f"?place={place}"
                say.print(f"看板 board  {url}", highlight=False, soft_wrap=True)
                open_board(url, wanted=open_)
            last = _live(at, the_plan)
            if picture is not None and last is not None:
                save(last, picture)
            say.print("已停止 stopped")


def latest_live(chosen: Settings, place: str) -> bool:
    """Whether this home keeps the live clock of a place."""
    run = Home(chosen.home_dir).run()
    return run is not None and f"clock:{place}" in run.addresses


def _until_done(at: Joined, the_plan: Plan, chosen: Settings, json_: bool) -> None:
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


def _live(at: Joined, the_plan: Plan) -> Picture | None:
    """Show the day as it goes, until somebody asks for the end; the last screen shown."""
    console = Console()
    sending = play.Sending(at.where.kafka, the_plan)
    with asked_to_stop() as asked, _screen(console) as show:
        sending.start()
        picture = None
        try:
            while True:
                over = sending.done
                # A service that is away comes back; until then the last screen stays.
                with suppress(StoreLater, BrokerLater):
                    picture = _picture(at, sending, over=over)
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


def _picture(at: Joined, sending: play.Sending, *, over: bool) -> Picture:
    the_plan = sending.plan
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
