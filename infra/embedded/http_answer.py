"""What the engine answers to one HTTP request: first how it went, then its result in pieces."""

import contextlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import msgspec

from infra.embedded import statement
from infra.embedded.engine_store import Block, Session, Store, quoted
from infra.embedded.failed import NO_OUTFILE, NO_SPACE, NOT_IMPLEMENTED, SYNTAX, Failed
from infra.embedded.http_coding import PACKED, decoded, encoded, encoding_of
from infra.embedded.http_request import Asked
from infra.embedded.http_sessions import Sessions
from infra.embedded.native import empty_block
from infra.embedded.reading import VERBS
from infra.embedded.users import User

MOST_SQL = 16 << 20
"""Bytes of a statement without the rows behind its head."""
_HEAD = 1 << 16
WHOLE_BYTES = 64 << 20
"""Bytes of a result in a format that has a head or a foot, and is made as a whole."""
STREAMED = frozenset({"TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "JSONEachRow"})
STREAMED |= {"JSONLines", "NDJSON", "JSONCompactEachRow", "JSONStringsEachRow"}
STREAMED |= {"JSONCompactStringsEachRow", "RowBinary", "Native", "Null"}
"""The formats whose pieces stand one behind another."""


class Begun(msgspec.Struct, frozen=True):
    """A statement that has been taken: the format of its result ("": it has none), how the body is
    encoded, and what was read and written, where that is known before the body is sent."""

    form: str
    encoding: str = ""
    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0


Answer = Generator[Begun | bytes, None, None]


class Errand(msgspec.Struct, frozen=True):
    """A request with all that running it takes; `mark` names it to `Store.kill`."""

    asked: Asked
    user: User
    mark: str
    body: Path


def answer(store: Store, sessions: Sessions, errand: Errand) -> Answer:
    """Run the statement: Begun, then bytes. Raises Failed, also amid the bytes."""
    asked = errand.asked
    with sessions.lent(asked, errand.user.name, errand.mark) as session:
        if asked.database:
            session.use(asked.database)
        work = _Work(store, session, errand)
        head = statement.insert_head(asked.query, statement.skeleton(asked.query))
        rows = decoded(errand.body, asked.body_encoding)
        if head is not None:
            yield work.insert(head, rows)
            return
        first = next(rows, b"")
        while len(first) < _HEAD and (more := next(rows, b"")):
            first += more
        found = None if asked.query else statement.insert_with_rows(first[:_HEAD])
        if found is not None:
            head, start = found
            yield work.insert(head, chain((first[start:],), rows))
            return
        yield from work.ask(_text(asked.query, first, rows))


def _text(query: str, first: bytes, rest: Iterator[bytes]) -> str:
    raw = first
    for piece in rest:
        raw += piece
        if len(raw) > MOST_SQL:
            raise Failed(SYNTAX, f"The statement is longer than {MOST_SQL} bytes")
    try:
        said = raw.decode()
    except UnicodeDecodeError as why:
        raise Failed(SYNTAX, f"The statement is not UTF-8: {why}") from None
    text = "\n".join(part for part in (query, said) if part)
    if not text.strip():
        raise Failed(SYNTAX, "Syntax error: Empty query. (SYNTAX_ERROR)")
    return text


class _Work:
    """One statement in a session."""

    def __init__(self, store: Store, session: Session, errand: Errand) -> None:
        self._store, self._session = store, session
        self._asked, self._user, self._body = errand.asked, errand.user, errand.body

    def ask(self, sql: str) -> Answer:
        """Run a statement without rows of its own."""
        asked, bare = self._asked, statement.skeleton(sql)
        if statement.writes_a_file(bare):
            raise Failed(NO_OUTFILE, "INTO OUTFILE is not allowed. (INTO_OUTFILE_NOT_ALLOWED)")
        verb = statement.verb(bare)
        if verb != "insert" and statement.several(bare):
            raise Failed(SYNTAX, "Syntax error (Multi-statements are not allowed)")
        form = statement.form(bare) or asked.form
        streams = statement.reads(bare) and form in STREAMED
        self._prepare({} if streams else {"max_result_bytes": str(WHOLE_BYTES)})
        if self._user.reads_only:
            self._store.outside.check(self._session, sql, asked.params)
        sql = statement.plain(sql, bare)
        yield from self._streamed(sql, form) if streams else self._whole(sql, form, verb)

    def _prepare(self, bounds: Mapping[str, str]) -> None:
        self._session.apply(self._user.settings({**bounds, **self._asked.settings}))

    def _streamed(self, sql: str, form: str) -> Answer:
        params = self._asked.params
        with contextlib.closing(self._session.stream(sql, form, params)) as blocks:
            first = next(blocks, None)
            begun = Begun(form, encoding_of(self._asked.answer_encodings))
            yield begun
            if first is not None:
                yield from self._encoded(chain((first,), blocks), begun)
        if first is None and form == "Native":  # even no rows have columns
            columns = empty_block(self._session.columns(sql, params))
            yield from self._encoded([Block(columns)], begun)

    def _whole(self, sql: str, form: str, verb: str) -> Answer:
        result = self._session.run(sql, form, self._asked.params)
        shown = form if verb in VERBS - {"use"} or result.raw else ""
        begun = _begun(result, shown, encoding_of(self._asked.answer_encodings))
        yield begun
        yield from self._encoded([result], begun)

    def _encoded(self, blocks: Iterable[Block], begun: Begun) -> Iterator[bytes]:
        pieces = (block.raw for block in blocks if block.raw)
        return encoded(pieces, PACKED if self._asked.packed else begun.encoding)

    def insert(self, head: statement.InsertHead, rows: Iterator[bytes]) -> Begun:
        """Store the rows, which come from the body."""
        if self._asked.params:
            raise Failed(NOT_IMPLEMENTED, "An INSERT with rows takes no parameters")
        if self._user.reads_only:
            self._store.outside.check(self._session, "INSERT")
        self._prepare({})
        spool = self._body.with_suffix(".decoded")
        try:
            with spool.open("wb") as file:
                for piece in rows:
                    file.write(piece)
            return _begun(self._session.run(head.from_file(quoted(str(spool)), head.form)), "", "")
        except OSError as why:
            raise Failed(NO_SPACE, f"The rows could not be kept: {why}") from None
        finally:
            spool.unlink(missing_ok=True)


def _begun(result: Block, form: str, encoding: str) -> Begun:
    return Begun(form, encoding, result.read_rows, result.read_bytes, result.written_rows)
