"""A bulletin as Markdown."""

from collections.abc import Iterator

from streams.show.bulletin.sheet import Bulletin, Section, text
from streams.show.rates import local_text

DEFINITIONS = "指标口径见 docs/figures.md · what each figure means: docs/figures.md"
ASSUMED = "本地资料中的假定 · assumed in the place's documents:"
RUNNING = "本期未结束 · the period is not over"


def markdown(bulletin: Bulletin) -> str:
    """The whole bulletin, one table a section."""
    return "\n".join(_lines(bulletin)) + "\n"


def head(bulletin: Bulletin) -> str:
    """As of when, and as known when."""
    as_of, known = (
        local_text(at.replace(microsecond=0), bulletin.period.zone)
        for at in (bulletin.as_of, bulletin.known_at)
    )
    running = f" · {RUNNING}" if bulletin.running else ""
    return f"截至 as of {as_of} · 按所知 as known at {known}{running}"


def _lines(bulletin: Bulletin) -> Iterator[str]:
    yield f"# {bulletin.name_zh}{bulletin.zh} {bulletin.period.name}"
    yield ""
    yield f"{bulletin.name_en}: {bulletin.en}"
    yield ""
    yield head(bulletin)
    for section in bulletin.sections:
        yield ""
        yield from _section(section, bulletin.period.zone)
    yield ""
    yield "## 说明 · Notes"
    yield ""
    yield DEFINITIONS
    yield ""
    yield ASSUMED
    yield ""
    for note in bulletin.notes:
        yield f"- {_plain(note)}"


def _section(section: Section, zone: str) -> Iterator[str]:
    yield f"## {section.zh} · {section.en}"
    yield ""
    if section.rows:
        yield _row(f"{column.zh} {column.en}" for column in section.columns)
        yield _row("---:" if column.number else "---" for column in section.columns)
        for row in section.rows:
            yield _row(_plain(text(cell, zone)) for cell in row)
        yield ""
    yield _plain(section.note)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Words that end no cell, begin no line and open no tag."""
    for mark, stands in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("\n", " ")):
        words = words.replace(mark, stands)
    return words
