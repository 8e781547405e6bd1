"""One client of the engine: its packets answered in turn, until it goes."""

import contextlib
import errno
import socket
from typing import IO

from clickhouse_driver.protocol import ClientPacketTypes
from clickhouse_driver.varint import read_varint

from infra.embedded import native, statement
from infra.embedded.engine_store import Block, Session, Store, quoted
from infra.embedded.failed import (
    NO_OUTFILE,
    NO_SPACE,
    NOT_IMPLEMENTED,
    SYNTAX,
    UNKNOWN_PACKET,
    Failed,
)
from infra.embedded.native_blocks import (
    header,
    read_counts,
    retyped,
    split,
    step_over,
    zoneless,
)
from infra.embedded.native_columns import UnknownColumnType, column
from infra.embedded.native_packing import BadPacking, unpacked
from infra.embedded.native_tape import Tape, varint
from infra.embedded.users import User

_CANCEL = varint(ClientPacketTypes.CANCEL)


def _columns(block: bytes) -> list[tuple[str, str]]:
    """Names and types of a block's columns; none where a type is unknown here and to clients."""
    try:
        return header(block)
    except UnknownColumnType:
        return []


def _check_receivable(columns: list[tuple[str, str]]) -> None:
    """Refuse, before the client sends anything, columns whose blocks could not be read."""
    for name, kind in columns:
        try:
            column(kind)
        except UnknownColumnType:
            raise Failed(NOT_IMPLEMENTED, f"Column {name}: {kind} cannot be received") from None


class Client:
    """A conversation over one socket, in the thread that calls `serve`."""

    def __init__(self, store: Store, sock: socket.socket, mark: str) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._store, self._socket, self.mark = store, sock, mark
        self._tape = self._blocks = Tape(sock.recv_into)
        self._packed = unpacked(self._tape.read)
        self._session: Session | None = None
        self._user: User | None = None
        self._database = ""
        self.busy = False
        self._hearing = False  # whether nothing but a CANCEL may come now
        self._cancelled = False

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
        except (native.BrokenProtocol, BadPacking, UnicodeDecodeError) as error:
            self._part(UNKNOWN_PACKET, str(error))
        except UnknownColumnType as error:
            self._part(NOT_IMPLEMENTED, f"A column of type {error} cannot be received")
        except Failed as failed:
            self._part(failed.code, failed.message)

    def _greet(self) -> None:
        if read_varint(self._tape) != ClientPacketTypes.HELLO:
            raise native.BrokenProtocol("this is ClickHouse's native port: a greeting comes first")
        greeting = native.read_hello(self._tape)
        if greeting.revision < native.REVISION:
            raise native.BrokenProtocol(f"protocol {native.REVISION} or later is needed")
        self._user = self._store.users.user(greeting.user, greeting.password)
        self._session = self._store.session(self.mark)
        if greeting.database:
            self._session.use(greeting.database)
        self._database = self._session.database()
        self._send(native.hello(self._store.version))

    def _answer(self, query: native.Query) -> None:
        self._blocks = self._packed if query.compressed else self._tape
        given = self._external_tables()
        self._cancelled = False
        try:
            if given:
                raise Failed(NOT_IMPLEMENTED, "External tables cannot be received")
            self._run(query)
        except Failed as failed:
            if not self._cancelled:
                self._send(native.exception(failed.code, failed.message))
                return
        finally:
            self._hearing = False
        self._send(native.end_of_stream())

    def _run(self, query: native.Query) -> None:
        session, user = self._known()
        bare = statement.skeleton(query.sql)
        session.apply(user.settings(query.settings))
        if statement.writes_a_file(bare):
            raise Failed(NO_OUTFILE, "INTO OUTFILE is not allowed. (INTO_OUTFILE_NOT_ALLOWED)")
        head = statement.insert_head(query.sql, bare)
        verb = statement.verb(bare)
        if user.reads_only:
            self._store.outside.check(session, query.sql)
        if head is not None:
            self._insert(session, head)
            return
        self._hearing = True
        if statement.reads(bare):
            self._stream(session, statement.plain(query.sql, bare))
        elif verb == "set":
            session.set(query.sql)
        else:
            if verb != "insert" and statement.several(bare):
                raise Failed(SYNTAX, "Syntax error (Multi-statements are not allowed)")
            self._whole(session, statement.plain(query.sql, bare))
            if verb == "use":
                self._database = session.database()

    def _known(self) -> tuple[Session, User]:
        if self._session is None or self._user is None:
            raise native.BrokenProtocol("a greeting comes first")
        return self._session, self._user

    def _external_tables(self) -> bool:
        given = False
        while counts := self._next_block():
            step_over(self._blocks, *counts)
            given = True
        return given

    def _next_block(self) -> tuple[int, int] | None:
        """Counts of the next block on its way, None at the end of the data."""
        native.read_data_header(self._tape)
        native.read_block_info(self._blocks)
        columns, rows = read_counts(self._blocks)
        return (columns, rows) if columns else None

    def _stream(self, session: Session, sql: str) -> None:
        last: Block | None = None
        with contextlib.closing(session.stream(sql)) as blocks:
            for block in blocks:
                if last is None:
                    found = _columns(block.raw)
                    columns = self._zoned(session, sql, found) if zoneless(found) else found
                    self._send_columns(columns)
                raw = block.raw if columns == found else retyped(block.raw, columns)
                self._send_block(raw)
                last = block
        if last is None:
            self._send_columns(session.columns(sql))
        else:
            self._send(native.progress(rows=last.read_rows, size=last.read_bytes))

    def _zoned(
        self, session: Session, sql: str, found: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """The columns with their zones, asked in a session beside, since this one is streaming."""
        with contextlib.closing(self._store.session(f"{self.mark} beside")) as beside:
            try:
                beside.use(self._database)
                beside.apply(session.applied)
                return beside.columns(sql)
            except Failed:  # a temporary table, which only this session sees
                return found

    def _whole(self, session: Session, sql: str) -> None:
        result = session.run(sql)
        for number, block in enumerate(split(result.raw)):
            if not number:
                self._send_columns(_columns(block))
            self._send_block(block)
        self._send(native.progress(rows=result.read_rows, size=result.read_bytes))

    def _send_columns(self, columns: list[tuple[str, str]]) -> None:
        if columns:
            self._send_block(native.empty_block(columns))

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
            self._blocks.record(keep)
            step_over(self._blocks, *counts)
            self._blocks.stop()
            received += counts[1]
        if failures:
            raise Failed(NO_SPACE, f"The rows could not be kept: {failures[0]}")
        return received

    def _send_block(self, block: bytes) -> None:
        self._send(native.data(block, compressed=self._blocks is self._packed))

    def _send(self, packet: bytes) -> None:
        self._socket.sendall(packet)

    def _part(self, code: int, message: str) -> None:
        """Say why, and read what is still on its way, so that the reason arrives."""
        self._send(native.exception(code, message))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.settimeout(1.0)
        while self._socket.recv(65536):
            pass

    def unwanted(self) -> bool:
        """Whether the answer is waited for no longer, seen from another thread: the other side
        has closed, or has sent CANCEL."""
        try:
            coming = self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            coming = b" "
        except OSError:
            return True
        self._cancelled = self._hearing and _CANCEL in (self._tape.unread(1), coming)
        return not coming or self._cancelled

    def hang_up(self) -> None:
        """End the conversation, from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
