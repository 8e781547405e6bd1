"""Statements, as far as the gateway must know them: their kind, and the head of an INSERT.

The engine parses SQL; this only finds keywords, on a copy of the text in which every literal,
quoted name and comment is blanked out at its own length, so that positions stay the same.
"""

import re

import msgspec

_QUOTED = re.compile(
    r"""'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
_FIRST = re.compile(r"[\s(]*([A-Za-z]+)")
_FORMAT = re.compile(r"\sformat\s+\w+(?=\s*$|\s+settings\b)", re.IGNORECASE)
_OUTFILE = re.compile(r"\binto\s+outfile\b", re.IGNORECASE)
_NESTED = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_INSERT = re.compile(
    rf"""\s*insert\s+into\s+
    (?P<target>(?:table\s+)?function\s+\w+\s*{_NESTED}|(?:table\s+)?\w+(?:\s*\.\s*\w+)?)\s*
    (?P<columns>{_NESTED})?\s*
    (?P<settings>settings\s+.*?)?\s*
    (?:values|format\s+\w+)\s*;?\s*$""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_READING = frozenset({"select", "with", "from"})


class InsertHead(msgspec.Struct, frozen=True):
    """The head of an INSERT whose rows the client sends as blocks; texts as the client wrote them.

    `target` is a table or `function f(...)`, `columns` a bracketed list or "", `settings` a
    SETTINGS clause or "".
    """

    target: str
    columns: str
    settings: str

    def from_file(self, path: str) -> str:
        """The INSERT with its blocks in a file, whose path is given as a literal."""
        head = f"INSERT INTO {self.target} {self.columns} FROM INFILE {path}"
        return f"{head} {self.settings} FORMAT Native"

    @property
    def shape(self) -> str:
        """A query that names the columns to be sent, with their types."""
        source = re.sub(r"^(?:table\s+)?(?:function\s+)?", "", self.target, flags=re.IGNORECASE)
        wanted = self.columns[1:-1] if self.columns else "*"
        return f"DESCRIBE TABLE (SELECT {wanted} FROM {source})"


def _blanked(found: re.Match[str]) -> str:
    comment = found.group().startswith(("-", "#", "/"))
    return (" " if comment else "x") * len(found.group())


def skeleton(sql: str) -> str:
    """The text with literals and quoted names as x, comments as spaces; same length."""
    return _QUOTED.sub(_blanked, sql)


def verb(bare: str) -> str:
    """The first word of a statement (as its skeleton), in lower case; "" if there is none."""
    first = _FIRST.match(bare)
    return "" if first is None else first.group(1).lower()


def reads(bare: str) -> bool:
    """Whether a statement (as its skeleton) is a query whose result can be streamed."""
    return verb(bare) in _READING


def insert_head(sql: str, bare: str) -> InsertHead | None:
    """The head of an INSERT that waits for blocks; None for every other statement."""
    found = _INSERT.match(bare)
    if found is None:
        return None

    def text(name: str) -> str:
        start, end = found.span(name)
        return sql[start:end].strip() if start >= 0 else ""

    return InsertHead(target=text("target"), columns=text("columns"), settings=text("settings"))


def plain(sql: str, bare: str) -> str:
    """A statement without its FORMAT clause, which the wire ignores, and without what ends it."""
    if verb(bare) == "insert":
        return sql
    end = len(bare.rstrip("; \t\r\n"))
    found = _FORMAT.search(bare, 0, end)
    return sql[:end] if found is None else sql[: found.start()] + sql[found.end() : end]


def several(bare: str) -> bool:
    """Whether the text (as its skeleton) is more than one statement."""
    return ";" in bare.rstrip("; \t\r\n")


def writes_a_file(bare: str) -> bool:
    """Whether a query (as its skeleton) asks for INTO OUTFILE, which a server must not do."""
    return _OUTFILE.search(bare) is not None
