"""Statements, as far as the gateway must know them: their kind, and the head of an INSERT.

The engine parses SQL; this only finds keywords, on a copy of the text in which every literal,
quoted name and comment is blanked out at its own length, so that positions stay the same.
"""

import re

import msgspec

_QUOTED = re.compile(
    r"""(?<![\w$])\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|"""
    r""""(?:[^"\\]|\\.)*"|--[^\n]*|\#[ !][^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
_FIRST = re.compile(r"[\s(]*([A-Za-z]+)")
_FORMAT = re.compile(r"\sformat\s+(?P<form>\w+)(?=\s*$|\s+settings\b)", re.IGNORECASE)
_OUTFILE = re.compile(r"\binto\s+outfile\b", re.IGNORECASE)
_NESTED = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
_HEAD = rf"""\s*insert\s+into\s+
    (?P<target>(?:table\s+)?function\s+\w+\s*{_NESTED}|(?:table\s+)?\w+(?:\s*\.\s*\w+)?)\s*
    (?P<columns>{_NESTED})?\s*
    (?P<settings>settings\s+.*?)?\s*"""
_FLAGS = re.IGNORECASE | re.DOTALL | re.VERBOSE
_INSERT = re.compile(rf"{_HEAD}(?:values|format\s+(?P<form>\w+))\s*;?\s*$", _FLAGS)
_ROWS = r"(?:values(?!\w)|format\s+(?P<form>\w+)[^\S\n]*\s)"
_INSERT_ROWS = re.compile(_HEAD + _ROWS, _FLAGS)
_READING = frozenset({"select", "with", "from"})


class InsertHead(msgspec.Struct, frozen=True):
    """The head of an INSERT whose rows come apart from it; texts as the client wrote them.

    `target` is a table or `function f(...)`, `columns` a bracketed list or "", `settings` a
    SETTINGS clause or "", `form` the format of the rows where they do not come as blocks.
    """

    target: str
    columns: str
    settings: str
    form: str

    def from_file(self, path: str, form: str = "Native") -> str:
        """The INSERT with its rows in a file, whose path is given as a literal."""
        head = f"INSERT INTO {self.target} {self.columns} FROM INFILE {path}"
        return f"{head} {self.settings} FORMAT {form}"

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
    """The head of an INSERT that waits for rows; None for every other statement."""
    return _head(_INSERT.match(bare), sql)


def insert_with_rows(raw: bytes) -> tuple[InsertHead, int] | None:
    """The head of an INSERT that is followed by its rows, and at which byte they begin."""
    sql = raw.decode("latin-1")  # a letter a byte: positions are those of the bytes
    found = _INSERT_ROWS.match(skeleton(sql))
    head = _head(found, sql)
    if found is None or head is None:
        return None
    texts = (text.encode("latin-1").decode() for text in msgspec.structs.astuple(head))
    return InsertHead(*texts), found.end()


def _head(found: re.Match[str] | None, sql: str) -> InsertHead | None:
    if found is None:
        return None

    def text(name: str) -> str:
        start, end = found.span(name)
        return sql[start:end].strip() if start >= 0 else ""

    return InsertHead(text("target"), text("columns"), text("settings"), text("form") or "Values")


def plain(sql: str, bare: str) -> str:
    """A statement without its FORMAT clause and without what ends it."""
    if verb(bare) == "insert":
        return sql
    end, found = _clause(bare)
    return sql[:end] if found is None else sql[: found.start()] + sql[found.end() : end]


def form(bare: str) -> str:
    """The format that a statement (as its skeleton) asks for; "" where it names none."""
    _, found = _clause(bare)
    return "" if found is None or verb(bare) == "insert" else found["form"]


def _clause(bare: str) -> tuple[int, re.Match[str] | None]:
    end = len(bare.rstrip("; \t\r\n"))
    return end, _FORMAT.search(bare, 0, end)


def several(bare: str) -> bool:
    """Whether the text (as its skeleton) is more than one statement."""
    return ";" in bare.rstrip("; \t\r\n")


def writes_a_file(bare: str) -> bool:
    """Whether a query (as its skeleton) asks for INTO OUTFILE, which a server must not do."""
    return _OUTFILE.search(bare) is not None
