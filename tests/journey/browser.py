"""A real Chromium on the board, and all that its pages complained of."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from tests.tools import CHROMIUM

# No sandbox within a container's root; and nothing that would look for the Internet.
WORDS = (
    *("--no-sandbox", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WALL, PHONE = {"width": 1920, "height": 1080}, {"width": 390, "height": 844}
PATIENCE_MS = 90_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; fails where there is none."""
    program = shutil.which(CHROMIUM)
    assert program, "GRIDLOOP_ALL_TOOLS is set, and chromium is not there"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(WORDS))
        yield browser
        browser.close()


class Looking:
    """Pages of one board, opened one after the other; `complaints` is what none may have."""

    def __init__(self, browser: Browser, board: str) -> None:
        self.browser, self._board = browser, board.rstrip("/")
        self.complaints: list[str] = []

    def at(self, path: str, size: dict[str, int] = WALL) -> Page:
        """A page of its own at this address, once its head is there."""
        context = self.browser.new_context(viewport=size)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self._heard(said.type, said.text))
        page.goto(f"{self._board}{path}")
        page.wait_for_selector("#head .brand")
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)
