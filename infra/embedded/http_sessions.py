"""Sessions of the HTTP interface: one a request, or kept under a name between requests."""

import contextlib
import threading
from collections.abc import Iterator
from time import monotonic

from infra.embedded.engine_store import Session, Store
from infra.embedded.failed import SESSION_LOCKED, TOO_MANY_QUERIES, Failed
from infra.embedded.http_request import Asked

MOST = 100
"""Sessions that are kept."""


class _Kept:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.until: float | None = None  # None while it is in use


class Sessions:
    """The sessions that are kept, by user and name; the idle ones until their time is over."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def lent(self, asked: Asked, user: str, mark: str) -> Iterator[Session]:
        """The session of this request, for the block; a named one serves one request at a time."""
        if not asked.session:
            with contextlib.closing(self._store.session(mark)) as session:
                yield session
            return
        kept = self._take((user, asked.session), mark)
        try:
            yield kept.session
        finally:
            kept.until = monotonic() + asked.session_seconds

    def _take(self, name: tuple[str, str], mark: str) -> _Kept:
        with self._lock:
            self._forget()
            kept = self._kept.get(name)
            if kept is None:
                if len(self._kept) >= MOST:
                    raise Failed(TOO_MANY_QUERIES, f"More than {MOST} sessions are kept")
                kept = self._kept[name] = _Kept(self._store.session(mark))
            elif kept.until is None:
                raise Failed(
                    SESSION_LOCKED,
                    f"Session {name[1]} is locked by a concurrent client. (SESSION_IS_LOCKED)",
                )
            kept.until = None
            return kept

    def _forget(self) -> None:
        now = monotonic()
        for name, kept in list(self._kept.items()):
            if kept.until is not None and kept.until < now:
                self._kept.pop(name).session.close()

    def close(self) -> None:
        """Close those that are idle."""
        with self._lock:
            for kept in self._kept.values():
                if kept.until is not None:
                    kept.session.close()
            self._kept.clear()
