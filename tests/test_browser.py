"""The board in a browser: opened once it answers, and only where somebody could see it."""

from pathlib import Path
from threading import enumerate as threads

import pytest

from streams import browser
from streams.show.exporter import Metrics, serve
from streams.where import free_port
from tests.journey.system import until


@pytest.fixture
def answering() -> str:
    """An address whose /healthz says that all is well."""
    return f"http://127.0.0.1:{serve(0, Metrics(), lambda: {'ready': True})}/"


def test_it_waits_for_an_answer_and_gives_up(answering: str) -> None:
    assert browser.answers(f"{answering}?place=x", 10)
    assert not browser.answers(f"http://127.0.0.1:{free_port()}/", 0.3)


def test_without_a_terminal_or_against_ones_will_nothing_is_opened(
    answering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    browser.open_board(answering, wanted=True)  # a test's output is no terminal
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    browser.open_board(answering, wanted=False)
    assert "browser" not in {thread.name for thread in threads()}


def test_before_a_terminal_and_a_display_the_browser_gets_the_address(
    answering: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The browser is a script that notes what it is given."""
    noted, script = tmp_path / "noted", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\nprintf %s "$1" > {noted}\n')
    script.chmod(0o755)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BROWSER", f"{script} %s")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    browser.open_board(f"{answering}?place=x", wanted=True)
    until(lambda: noted.exists() and noted.read_text(), "the browser was called", patience=20)
    assert noted.read_text() == f"{answering}?place=x"
