"""Commands about a place: `gridloop place new`, `gridloop place check`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from streams import placecheck
from streams.cli_options import JSON, print_json
from streams.entry.newplace import LIFECYCLES, SOURCES, Answers, check_free, write_place
from streams.errors import CheckFailed, WrongUse
from streams.joined import Joined, settings
from streams.running import running
from streams.show.placecheck import checks_json, checks_table

NEW_EXAMPLES = """
Examples:

`gridloop place new reedbank` (asks for what it needs)

`gridloop place new reedbank --name 芦岸镇 --name-en Reedbank --area "north 北街道: n1 桥头社区"
--matter "lamp 路灯不亮: 路灯不亮, 路灯损坏" --department "streets 街面管理队: lamp" --json`
"""
CHECK_EXAMPLES = """
Examples:

`gridloop place check siming`

`gridloop place check dongguan --json`

`gridloop place check myplace --folder places/myplace`
"""


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    place = typer.Typer(help="地方 · what is known of a place.", no_args_is_help=True)
    place.command(epilog=NEW_EXAMPLES)(new)
    place.command(epilog=CHECK_EXAMPLES)(check)
    app.add_typer(place, name="place")


# --- new ------------------------------------------------------------------------------------------

Lines = list[str] | None


def new(
    place: Annotated[str, typer.Argument(help="地方 · its id, as a folder may be called.")],
    folder: Annotated[
        Path | None, typer.Option(help="资料夹 · where to write it; default a folder of its id.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="中文名 · its name in Chinese.")] = None,
    name_en: Annotated[str | None, typer.Option(help="英文名 · its name in English.")] = None,
    zone: Annotated[str, typer.Option(help="时区 · the zone of its days.")] = "Asia/Shanghai",
    lifecycle: Annotated[
        str | None, typer.Option(help=f"生命周期 · how its cases go: {', '.join(LIFECYCLES)}.")
    ] = None,
    limit: Annotated[str | None, typer.Option(help="时限 · of every case; default none.")] = None,
    area: Annotated[
        Lines, typer.Option(help="片区 · `code street: code community, code community`; several.")
    ] = None,
    matter: Annotated[Lines, typer.Option(help="事项 · `code name: word, word`; several.")] = None,
    department: Annotated[
        Lines, typer.Option(help="部门 · `code name: matter, matter`; several, the first is 兜底.")
    ] = None,
    source: Annotated[
        Lines, typer.Option(help=f"来源 · of {', '.join(SOURCES)}; several, default all.")
    ] = None,
    json_: JSON = False,
) -> None:
    """新建 · write the files of a new place, ready to be run; asks for what no option says."""
    ask, folder = _Asking(may=not json_), folder or Path(place)
    check_free(folder)
    answers = Answers(
        place=place,
        name_zh=ask.one(name, "--name", "中文名 name in Chinese"),
        name_en=ask.one(name_en, "--name-en", "英文名 name in English"),
        zone=zone,
        lifecycle=ask.one(lifecycle, "--lifecycle", "生命周期 lifecycle", LIFECYCLES[0]),
        limit=ask.one(limit, "--limit", "时限 limit, as `5 working days`, empty for none", ""),
        areas=ask.many(area, "--area", "片区 area, as `north 北街道: n1 桥头社区, n2 塘尾村`"),
        matters=ask.many(matter, "--matter", "事项 matter, as `lamp 路灯不亮: 路灯不亮, 路灯损坏`"),
        departments=ask.many(
            department, "--department", "部门 department, as `streets 街面管理队: lamp`"
        ),
        sources=tuple(source or SOURCES),
    )
    written = write_place(answers, folder)
    following = f"gridloop demo --place {place} --folder {folder}"
    if json_:
        print_json(
            {
                "place": place,
                "folder": str(folder),
                "files": [str(path) for path in written],
                "next": following,
            }
        )
        return
    out = Console()
    for path in written:
        out.print(f"  {path}", highlight=False, soft_wrap=True)
    out.print(f"下一步 next: {following}", highlight=False, soft_wrap=True)


class _Asking:
    """Asks for what no option has said, where somebody may be asked."""

    def __init__(self, *, may: bool) -> None:
        self._may = may

    def one(self, said: str | None, option: str, question: str, usual: str | None = None) -> str:
        """The answer, else what is usual; WrongUse names the option where there is neither."""
        if said is not None:
            return said
        if not self._may:
            if usual is None:
                raise WrongUse(f"{option} is missing, and with --json nobody is asked")
            return usual
        try:
            return str(typer.prompt(question, default=usual, show_default=bool(usual)))
        except typer.Abort:
            raise WrongUse(f"{option} is missing, and nobody has answered") from None

    def many(self, said: Lines, option: str, question: str) -> tuple[str, ...]:
        """The answers, until one is empty; the first may not be."""
        if said:
            return tuple(said)
        first = self.one(None, option, question)
        more = partial(self.one, None, option, f"{question} (空行结束 empty to end)", "")
        return (first, *iter(more, ""))


# --- check ----------------------------------------------------------------------------------------


def check(
    place: Annotated[str, typer.Argument(help="地方 · a place's id.")],
    folder: Annotated[
        Path | None, typer.Option(help="资料夹 · the place's folder; default the shipped one.")
    ] = None,
    json_: JSON = False,
) -> None:
    """核对 · replay what a place has published, and see whether the same figures come out."""
    the_plan = placecheck.plan(place, folder)  # before anything starts
    chosen, console = settings(), Console(stderr=True)
    with running(chosen, console.print) as stay:
        with console.status("") as waiting:
            done = placecheck.run(Joined.of(chosen), the_plan, waiting.update)
        stay()
    if json_:
        print_json(checks_json(place, done.checks, the_plan.constants, the_plan.assumed))
    else:
        out = Console()
        out.print(checks_table(done.checks))
        out.print(
            f"{len(the_plan.constants)} 个数只照录，不重算 stated only, not computed;"
            f" 假定 assumed {len(the_plan.assumed)}; {done.sent} 条 records,"
            f" {done.seconds:.0f} s",
            highlight=False,
        )
    wrong = [one.id for one in done.checks if not one.holds]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} of {len(done.checks)} published figures do not come out: "
            + ", ".join(wrong)
        )
