"""Every board and alert rule as text: written into the project, and compared with what stands."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import (
    alerts,
    cases,
    departments,
    grids,
    matters,
    modules,
    overview,
    pipeline,
    sources,
    timeliness,
)
from dashboards.board import Board
from dashboards.words import Lang

ROOT = Path(__file__).resolve().parents[1]
JSON = ROOT / "dashboards" / "json"
RULES = ROOT / "infra" / "grafana" / "provisioning" / "alerting" / "rules.yaml"

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    timeliness.BOARD,
    departments.BOARD,
    grids.BOARD,
    sources.BOARD,
    matters.BOARD,
    cases.CASES,
    cases.ONE,
    pipeline.BOARD,
    *modules.BOARDS,
)


def write() -> list[Path]:
    """Write what is generated, and remove what is not any more; the files that changed."""
    wanted = _drawn()
    changed = _stale(wanted)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    return changed


def stale() -> list[Path]:
    """Files that differ from what is generated, are missing, or should not be there."""
    return _stale(_drawn())


def shown(path: Path) -> str:
    """A file's path inside the project."""
    return path.relative_to(ROOT).as_posix()


def _drawn() -> dict[Path, str]:
    boards = {
        JSON / lang.value / f"{board.id}.json": _text(board, lang)
        for lang in Lang
        for board in BOARDS
    }
    return {**boards, RULES: alerts.rules_yaml()}


def _text(board: Board, lang: Lang) -> str:
    told = board.drawn(lang)
    return json.dumps(told, cls=JSONEncoder, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _stale(wanted: dict[Path, str]) -> list[Path]:
    differ = {
        path
        for path, text in wanted.items()
        if not path.is_file() or path.read_text("utf-8") != text
    }
    return sorted(differ | {path for path in JSON.rglob("*.json") if path not in wanted})
