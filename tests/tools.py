"""Programs beside Python that a test may ask for: named as not run where they are absent."""

import os
import shutil
import subprocess

import pytest

ALL = bool(os.environ.get("GRIDLOOP_ALL_TOOLS"))
"""Whether an absent program fails its tests, as in CI."""


def needs(program: str, package: str) -> pytest.MarkDecorator:
    """Skips a test where the program is absent, unless all of them must be there."""
    return pytest.mark.skipif(
        shutil.which(program) is None and not ALL,
        reason=f"{program} is not on this machine (Debian: package {package})",
    )


promtool = needs("promtool", "prometheus")
amtool = needs("amtool", "prometheus-alertmanager")
prometheus = needs("prometheus", "prometheus")
alertmanager = needs("prometheus-alertmanager", "prometheus-alertmanager")
CHROMIUM = os.environ.get("GRIDLOOP_CHROMIUM") or "chromium"
chromium = needs(CHROMIUM, "chromium and fonts-noto-cjk")


def run(program: str, *words: object, given: bytes = b"") -> tuple[int, str]:
    """The program's exit code, and all that it said."""
    assert shutil.which(program), f"GRIDLOOP_ALL_TOOLS is set, and {program} is not there"
    done = subprocess.run(
        [program, *map(str, words)],
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode()
