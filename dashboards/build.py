"""Every board and alert rule as text: written into the project, and compared with what stands."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import (
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

HERE = Path(__file__).resolve().parent
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


def drawn() -> dict[Path, str]:
    """Every file that is generated, by its path."""
    return {
        HERE / "json" / lang.value / f"{board.id}.json": _text(board, lang)
        for lang in Lang
        for board in BOARDS
    }


def _text(board: Board, lang: Lang) -> str:
    plain = json.dumps(
        board.drawn(lang), cls=JSONEncoder, ensure_ascii=False, sort_keys=True, indent=1
    )
    return plain + "\n"


def write() -> list[Path]:
    """Write what is generated, and remove what is not any more; the files that changed."""
    wanted = drawn()
    changed = [path for path in stale() if path not in wanted]
    for path in changed:
        path.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def stale() -> list[Path]:
    """Files that stand and differ from what is generated, are missing, or should not be there."""
    wanted = drawn()
    there = set((HERE / "json").rglob("*.json"))
    differ = [p for p, text in wanted.items() if p not in there or p.read_text("utf-8") != text]
    return sorted({*differ, *(there - set(wanted))})
