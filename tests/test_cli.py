"""The program: its commands are where it says, and its failures are those that there are."""

import errno
import socket
from importlib import import_module
from pathlib import Path

import pytest

from streams.cli import COMMANDS, EXIT_CODES, MODULES, commands_of, exit_code, in_words
from tests.commands import runner


@pytest.mark.parametrize("module", COMMANDS)
def test_a_module_has_the_commands_that_are_listed_of_it(module: str) -> None:
    assert tuple(commands_of(module)) == COMMANDS[module]


@pytest.mark.parametrize("name", EXIT_CODES)
def test_a_failure_is_called_what_it_is_called_here(name: str) -> None:
    """Else it would pass for a defect of ours."""
    module, _, kind = name.rpartition(".")
    found = getattr(import_module(module), kind)
    assert issubclass(found, Exception)
    assert f"{found.__module__}.{found.__qualname__}" == name


def test_help_lists_every_command_that_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = runner(monkeypatch, capsys, "--help")()
    assert code == 0
    assert [name for name in MODULES if f" {name} " not in out] == ["supervise"]


def test_a_slip_of_the_pen_is_told_what_it_may_have_meant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = runner(monkeypatch, capsys, "rate")()
    assert code == 2
    assert "'rates'" in error


@pytest.mark.parametrize(
    ("why", "code", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/a/b"), 2, "/a/b: No space left"),
        (OSError(errno.EROFS, "Read-only file system"), 2, "Read-only file system"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "x.csv"),
            2,
            "x.csv: No such",
        ),
        (PermissionError("not for you"), 2, "not for you"),
        (OSError(errno.EBADF, "Bad file descriptor"), None, "Bad file descriptor"),
    ],
)
def test_what_the_system_refuses_is_said_without_its_number(
    why: OSError, code: int | None, words: str
) -> None:
    assert exit_code(why) == code
    assert in_words(why).startswith(words)


def test_a_port_that_the_settings_fix_and_another_has_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("GRIDLOOP_HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("GRIDLOOP_BOARD_PORT", str(other.getsockname()[1]))
        code, _, error = runner(monkeypatch, capsys, "up")()
    assert code == 2
    assert "GRIDLOOP_BOARD_PORT" in error
