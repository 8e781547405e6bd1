"""The program: its commands are where it says, and its failures are those that there are."""

from importlib import import_module

import pytest

from streams.cli import COMMANDS, EXIT_CODES, MODULES, commands_of
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
