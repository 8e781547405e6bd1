"""The board opened in a browser, where somebody sits before one."""

import os
import sys
import urllib.error
import urllib.request
import webbrowser
from threading import Thread
from time import monotonic, sleep

PATIENCE_SECONDS = 60.0
LOOK_SECONDS = 0.2


def open_board(url: str, *, wanted: bool) -> None:
    """Open it once it answers, without waiting; nothing where no terminal and no display is."""
    if wanted and sys.stdout.isatty() and _display():
        Thread(target=_open, args=(url,), name="browser", daemon=True).start()


def answers(url: str, patience: float) -> bool:
    """Whether it answers, within so many seconds."""
    until = monotonic() + patience
    while monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url.partition('?')[0]}healthz", timeout=2):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            sleep(LOOK_SECONDS)
    return False


def _open(url: str) -> None:
    if answers(url, PATIENCE_SECONDS):
        webbrowser.open(url)


def _display() -> bool:
    windowed = sys.platform in {"darwin", "win32"}
    return windowed or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
