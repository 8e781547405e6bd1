"""Bytes of the native protocol: read once and handed on as they came, or written."""

from collections.abc import Callable

from clickhouse_driver.bufferedreader import BufferedReader

_BUFFER = 1 << 20


class Tape(BufferedReader):  # type: ignore[misc]  # a compiled class without stubs
    """A buffered reader that can hand on, unchanged, every byte that is read from it.

    `fill` writes the next bytes into the buffer it is given and returns their number, 0 at the end.
    """

    position: int
    current_buffer_size: int
    buffer: bytearray

    def __init__(self, fill: Callable[[bytearray], int]) -> None:
        super().__init__(_BUFFER)
        self._fill = fill
        self._hand_on: Callable[[bytes], object] | None = None
        self._from = 0

    def read_into_buffer(self) -> None:
        """Called by the base class once all of the buffer is read; it sets `position` itself."""
        self._pass_on(self.current_buffer_size)
        self._from = 0
        self.current_buffer_size = self._fill(self.buffer)
        if not self.current_buffer_size:
            raise EOFError("the client has gone")

    def _pass_on(self, end: int) -> None:
        if self._hand_on is not None and end > self._from:
            self._hand_on(bytes(memoryview(self.buffer)[self._from : end]))
        self._from = end

    def record(self, hand_on: Callable[[bytes], object]) -> None:
        """From here on, every byte read goes to `hand_on` too."""
        self._hand_on, self._from = hand_on, self.position

    def stop(self) -> None:
        """Hand on what was read since, then record no more."""
        self._pass_on(self.position)
        self._hand_on = None

    def unread(self, size: int) -> bytes:
        """What is in the buffer behind the place of reading, at most `size` bytes of it."""
        end = min(self.position + size, self.current_buffer_size)
        return bytes(memoryview(self.buffer)[self.position : end])

    def skip(self, size: int) -> None:
        """Step over `size` bytes."""
        while size:
            if self.position == self.current_buffer_size:
                self.read_into_buffer()
                self.position = 0
            step = min(size, self.current_buffer_size - self.position)
            self.position += step
            size -= step


def tape_of(raw: bytes) -> Tape:
    """A tape over bytes at hand."""
    given = 0

    def fill(buffer: bytearray) -> int:
        nonlocal given
        piece = raw[given : given + len(buffer)]
        buffer[: len(piece)] = piece
        given += len(piece)
        return len(piece)

    return Tape(fill)


def varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def text(value: str) -> bytes:
    """A string behind its length."""
    raw = value.encode()
    return varint(len(raw)) + raw
