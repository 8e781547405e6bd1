"""A bulletin as Markdown."""

from collections.abc import Iterator

from streams.show.bulletin.sheet import Bulletin, Section, text
from streams.show.rates import local_text

DEFINITIONS = "指标口径见 docs/figures.md · what each figure means: docs/figures.md"
ASSUMED = "本地资料中的假定 · assumed in the place's documents:"
RUNNING = "本期未结束，上期为整期 · the period is not over; the one before is whole"


def markdown(bulletin: Bulletin) -> str:
    """The whole bulletin, one table a section."""
    return "\n".join(_lines(bulletin)) + "\n"


def head(bulletin: Bulletin) -> list[str]:
    """Whose bulletin of which days, as of when and as known when."""
    as_of, known = (
        local_text(at.replace(microsecond=0), bulletin.period.zone)
        for at in (bulletin.as_of, bulletin.known_at)
    )
    return [
        f"{bulletin.name_en} · {bulletin.en}",
        bulletin.days,
        f"截至 as of {as_of} · 按所知 as known at {known}",
        *([RUNNING] if bulletin.running else []),
    ]


def _lines(bulletin: Bulletin) -> Iterator[str]:
    yield f"# {bulletin.name_zh}{bulletin.zh} {bulletin.period.name}"
    for line in head(bulletin):
        yield ""
        yield line
    for section in bulletin.sections:
        yield ""
        yield from _section(section, bulletin.period.zone)
    yield ""
    yield "## 说明 · Notes"
    yield ""
    yield DEFINITIONS
    yield ""
    if bulletin.notes:
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
    if section.note:
        yield _plain(section.note)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(words: str) -> str:
    """Words that end no cell, begin no line and open no tag."""
    for mark, stands in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("\n", " ")):
        words = words.replace(mark, stands)
    return words
