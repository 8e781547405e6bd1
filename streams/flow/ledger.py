"""Which offset of a partition may be committed: chunks go out in order, acks come in any."""

from collections import deque


class Piece:
    """One delivered chunk; everything before offset `end` is either in it or in an earlier one."""

    __slots__ = ("done", "end")

    def __init__(self, end: int) -> None:
        self.end = end
        self.done = False


class Ledger:
    """One partition's chunks since its last seek."""

    __slots__ = ("_pieces", "_safe")

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._safe: int | None = None

    def deliver(self, end: int) -> Piece:
        """Note a chunk whose last record is `end - 1`; set its `done` when it is acknowledged."""
        piece = Piece(end)
        self._pieces.append(piece)
        return piece

    def reach(self, position: int) -> None:
        """Note that no record stands between the last delivered one and `position`.

        What lies there was compacted away, or is a transaction's marker, which nobody can ack.
        """
        if self._pieces:
            self._pieces[-1].end = max(self._pieces[-1].end, position)
        else:
            self._safe = max(self._safe or 0, position)

    def settle(self) -> int | None:
        """The offset to commit: all before it is done. None while nothing is known."""
        while self._pieces and self._pieces[0].done:
            self._safe = self._pieces.popleft().end
        return self._safe
