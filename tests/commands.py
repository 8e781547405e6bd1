"""The program called as a person calls it, in this process."""

import sys
from collections.abc import Callable

import pytest

from streams.cli import main

Run = Callable[..., tuple[int, str, str]]


def runner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> Run:
    """Calls the command with the words given: exit code, standard output, standard error."""

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["gridloop", command, *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call
