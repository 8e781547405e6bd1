"""Dashboards: Grafana's boards and alert rules, written from the registry of figures."""

from types import ModuleType

import typer
from rich.console import Console

from streams.cli_options import JSON, print_json
from streams.errors import CheckFailed, WrongUse

EXAMPLES = """
Examples:

`gridloop dashboards build`

`gridloop dashboards check --json`
"""


def add_to(app: typer.Typer) -> None:
    """Hang these commands into the program."""
    dashboards = typer.Typer(help="看板 · Grafana's boards and alert rules.", no_args_is_help=True)
    dashboards.command("build", epilog=EXAMPLES)(build)
    dashboards.command("check", epilog=EXAMPLES)(check)
    app.add_typer(dashboards, name="dashboards")


def build(json_: JSON = False) -> None:
    """生成 · write every board (dashboards/json) and alert rule; only what changed is touched."""
    maker = _maker()
    changed = [maker.shown(path) for path in maker.write()]
    if json_:
        print_json({"boards": len(maker.BOARDS), "changed": changed})
    else:
        Console().print(f"看板 boards {len(maker.BOARDS)}  已更新 changed {len(changed)}")
        for one in changed:
            Console().print(f"  {one}", highlight=False)


def check(json_: JSON = False) -> None:
    """检查 · whether the committed boards and rules are those of the code."""
    maker = _maker()
    stale = [maker.shown(path) for path in maker.stale()]
    if json_:
        print_json({"boards": len(maker.BOARDS), "stale": stale})
    else:
        for one in stale:
            Console(stderr=True).print(one, highlight=False)
    if stale:
        raise CheckFailed("the boards are not those of the code: run `gridloop dashboards build`")


def _maker() -> ModuleType:
    """Imported here: boards are drawn by a library that only builders have."""
    try:
        from dashboards import build as maker  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise WrongUse(
            f"no module {missing.name}: boards are drawn by builders; install the group dev"
            " (`pip install --group dev`), or use the committed dashboards/json as they are"
        ) from missing
    return maker
