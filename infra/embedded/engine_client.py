"""One client of the engine: its packets answered in turn, until it goes."""

import contextlib
import errno
import socket
from typing import IO

from clickhouse_driver.protocol import ClientPacketTypes
from clickhouse_driver.varint import read_varint

from infra.embedded import native, statement
from infra.embedded.engine_store import Block, Failed, Session, Store, quoted
from infra.embedded.native_blocks import (
    header,
    read_counts,
    retyped,
    split,
    step_over,
    zoneless,
)
from infra.embedded.native_columns import UnknownColumnType, column
from infra.embedded.native_tape import Tape, varint

_NOT_IMPLEMENTED, _SYNTAX, _UNKNOWN_PACKET, _NO_SPACE, _OUTFILE = 48, 62, 99, 243, 358


def _columns(block: bytes) -> list[tuple[str, str]]:
    """Names and types of a block's columns; none where a type is unknown here and to clients."""
    try:
        return header(block)
    except UnknownColumnType:
        return []


def _described(session: Session, sql: str) -> list[tuple[str, str]]:
    """The same, of a query that gave no block."""
    rows = session.rows(f"DESCRIBE TABLE ({sql})")
    return [(name, kind) for name, kind, *_ in rows]


def _check_receivable(columns: list[tuple[str, str]]) -> None:
    """Refuse, before the client sends anything, columns whose blocks could not be read."""
    for name, kind in columns:
        try:
            column(kind)
        except UnknownColumnType:
            raise Failed(_NOT_IMPLEMENTED, f"Column {name}: {kind} cannot be received") from None


class Client:
    """A conversation over one socket, in the thread that calls `serve`."""

    def __init__(self, store: Store, sock: socket.socket, mark: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._store, self._socket, self.mark = store, sock, mark
        self._tape = Tape(sock.recv_into)
        self._session: Session | None = None
        self._database = ""
        self.busy = False

    def serve(self) -> None:
        """Answer until the client goes or breaks the protocol."""
        try:
            with contextlib.suppress(EOFError, OSError):
                self._converse()
        finally:
            self.busy = False
            if self._session is not None:
                self._session.close()
            self._socket.close()

    def _converse(self) -> None:
        try:
            self._greet()
            while True:
                kind = read_varint(self._tape)
                if kind == ClientPacketTypes.PING:
                    self._send(native.pong())
                elif kind == ClientPacketTypes.QUERY:
                    self.busy = True
                    self._answer(native.read_query(self._tape))
                    self.busy = False
                elif kind != ClientPacketTypes.CANCEL:
                    raise native.BrokenProtocol(f"packet {kind} cannot be understood")
        except (native.BrokenProtocol, UnicodeDecodeError) as error:
            self._part(_UNKNOWN_PACKET, str(error))
        except UnknownColumnType as error:
            self._part(_NOT_IMPLEMENTED, f"A column of type {error} cannot be received")
        except Failed as failed:
            self._part(failed.code, failed.message)

    def _greet(self) -> None:
        if read_varint(self._tape) != ClientPacketTypes.HELLO:
            raise native.BrokenProtocol("this is ClickHouse's native port: a greeting comes first")
        greeting = native.read_hello(self._tape)
        if greeting.revision < native.REVISION:
            raise native.BrokenProtocol(f"protocol {native.REVISION} or later is needed")
        self._session = self._store.session(self.mark)
        if greeting.database:
            self._session.use(greeting.database)
        self._database = self._session.database()
        self._send(native.hello(self._store.version))

    def _answer(self, query: native.Query) -> None:
        if query.compressed:
            reason = "The embedded engine does not compress: connect with compression=False"
            raise native.BrokenProtocol(reason)
        given = self._external_tables()
        try:
            if given:
                raise Failed(_NOT_IMPLEMENTED, "External tables cannot be received")
            self._run(query)
        except Failed as failed:
            self._send(native.exception(failed.code, failed.message))

    def _run(self, query: native.Query) -> None:
        session, bare = self._sessions(), statement.skeleton(query.sql)
        session.apply(query.settings)
        if statement.writes_a_file(bare):
            raise Failed(_OUTFILE, "INTO OUTFILE is not allowed. (INTO_OUTFILE_NOT_ALLOWED)")
        head = statement.insert_head(query.sql, bare)
        verb = statement.verb(bare)
        if head is not None:
            self._insert(session, head)
        elif statement.reads(bare):
            self._stream(session, statement.plain(query.sql, bare))
        elif verb == "set":
            session.set(query.sql)
        else:
            if verb != "insert" and statement.several(bare):
                raise Failed(_SYNTAX, "Syntax error (Multi-statements are not allowed)")
            self._whole(session, statement.plain(query.sql, bare))
            if verb == "use":
                self._database = session.database()
        self._send(native.end_of_stream())

    def _sessions(self) -> Session:
        if self._session is None:
            raise native.BrokenProtocol("a greeting comes first")
        return self._session

    def _external_tables(self) -> bool:
        given = False
        while counts := self._next_block():
            step_over(self._tape, *counts)
            given = True
        return given

    def _next_block(self) -> tuple[int, int] | None:
        """Counts of the next block on its way, None at the end of the data."""
        native.read_data_header(self._tape)
        columns, rows = read_counts(self._tape)
        return (columns, rows) if columns else None

    def _stream(self, session: Session, sql: str) -> None:
        last: Block | None = None
        with contextlib.closing(session.stream(sql)) as blocks:
            for block in blocks:
                if last is None:
                    found = _columns(block.raw)
                    columns = self._zoned(sql, found) if zoneless(found) else found
                    self._send_columns(columns)
                raw = block.raw if columns == found else retyped(block.raw, columns)
                self._send(native.data_header(), raw)
                last = block
        if last is None:
            self._send_columns(_described(session, sql))
        else:
            self._send(native.progress(rows=last.read_rows, size=last.read_bytes))

    def _zoned(self, sql: str, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The columns with their zones, asked in a session beside, since this one is streaming."""
        with contextlib.closing(self._store.session(f"{self.mark} beside")) as beside:
            try:
                beside.use(self._database)
                return _described(beside, sql)
            except Failed:  # a temporary table, which only this session sees
                return found

    def _whole(self, session: Session, sql: str) -> None:
        result = session.run(sql)
        for number, block in enumerate(split(result.raw)):
            if not number:
                self._send_columns(_columns(block))
            self._send(native.data_header(), block)
        self._send(native.progress(rows=result.read_rows, size=result.read_bytes))

    def _send_columns(self, columns: list[tuple[str, str]]) -> None:
        if columns:
            self._send(native.data_header(), native.empty_block(columns))

    def _insert(self, session: Session, head: statement.InsertHead) -> None:
        columns = [(name, kind) for name, kind, *_ in session.rows(head.shape)]
        _check_receivable(columns)
        self._send_columns(columns)
        spool = self._store.spool(self.mark)
        try:
            with spool.open("wb", buffering=0) as file:
                rows = self._receive(file)
            if rows:
                session.run(head.from_file(quoted(str(spool))))
            self._send(native.progress(rows=0, size=0, written_rows=rows))
        finally:
            spool.unlink(missing_ok=True)

    def _receive(self, file: IO[bytes]) -> int:
        """Write the client's blocks as they came; the number of their rows."""
        received, failures = 0, []

        def keep(raw: bytes) -> None:
            try:
                if file.write(raw) != len(raw):
                    raise OSError(errno.ENOSPC, "the disk is full")
            except OSError as error:  # all the same, the rest of the blocks must be read
                failures.append(error)

        while counts := self._next_block():
            keep(b"".join(varint(count) for count in counts))
            self._tape.record(keep)
            step_over(self._tape, *counts)
            self._tape.stop()
            received += counts[1]
        if failures:
            raise Failed(_NO_SPACE, f"The rows could not be kept: {failures[0]}")
        return received

    def _send(self, *pieces: bytes) -> None:
        self._socket.sendall(b"".join(pieces))

    def _part(self, code: int, message: str) -> None:
        """Say why, and read what is still on its way, so that the reason arrives."""
        self._send(native.exception(code, message))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(1.0)
        while self._socket.recv(65536):
            pass

    def gone(self) -> bool:
        """Whether the other side has closed, seen from another thread."""
        try:
            return not self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def hang_up(self) -> None:
        """End the conversation, from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
