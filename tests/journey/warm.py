"""Commands that ask, run in a process of their own that need not import everything anew.

Most of what a short command costs is importing. A server that has imported it is forked for each;
what the command sees otherwise (arguments, environment, folder, standard streams) is its own.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from subprocess import TimeoutExpired
from tempfile import TemporaryDirectory

from streams.cli import COMMANDS, main

OF_A_DAEMON = frozenset({"cli_system", "cli_demo", "cli_import", "cli_parts"})
"""Modules whose commands start processes, or end others': these are started as a user does."""
WARM = {
    command: f"streams.{module}"
    for module, commands in COMMANDS.items()
    if module not in OF_A_DAEMON
    for command in commands
}
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([*dict.fromkeys(WARM.values())])


def run_warm(
    words: Sequence[str], env: Mapping[str, str], folder: Path, given: str | None, patience: float
) -> tuple[int, str, str]:
    """How the command ended, and what it wrote to its two outputs. Raises TimeoutExpired."""
    with TemporaryDirectory(prefix="gridloop-warm-") as scratch:
        streams = [Path(scratch, name) for name in ("in", "out", "err")]
        streams[0].write_text(given or "", "utf-8")
        process = _FORKS.Process(target=_command, args=(list(words), dict(env), folder, streams))
        process.start()
        process.join(patience)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise TimeoutExpired([*words], patience)
        out, err = (stream.read_text("utf-8") for stream in streams[1:])
        return process.exitcode, out, err


def _command(words: list[str], env: dict[str, str], folder: Path, streams: list[Path]) -> None:
    given, *outputs = streams
    os.dup2(os.open(given, os.O_RDONLY), 0)
    for number, stream in enumerate(outputs, 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT, 0o600), number)
    # What the fork brought of them leads elsewhere.
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8") for n in (1, 2))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["gridloop", *words]
    try:
        main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
