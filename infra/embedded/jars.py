"""The broker's jars: pinned by coordinate and SHA-256, fetched once into a cache of the user."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import msgspec
from jgo.config import GlobalSettings
from jgo.maven import Artifact, MavenContext
from jgo.parse import Coordinate

PINS = Path(__file__).with_name("jars.json")
ROOTS = ("org.apache.kafka:kafka_2.13:4.1.2", "org.slf4j:slf4j-simple:1.7.36")

Say = Callable[[str], None]


class JarsUnavailable(Exception):
    """A pinned jar is neither in the cache nor to be had now, or its bytes are not the pinned."""


class Jar(msgspec.Struct, frozen=True):
    """One pinned jar; `coordinate` is group:artifact:version."""

    coordinate: str
    sha256: str
    size: int

    @property
    def path(self) -> Path:
        """Where it lies below the cache's jars folder (the layout of a local repository)."""
        group, artifact, version = self.coordinate.split(":")
        return Path(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def cache_folder(env: Mapping[str, str] = os.environ) -> Path:
    """GRIDLOOP_CACHE, or gridloop below the user's cache folder; no part of any home."""
    if given := env.get("GRIDLOOP_CACHE"):
        return Path(given).expanduser().resolve()
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gridloop"


def pinned() -> list[Jar]:
    """The jars of the committed list, in class path order."""
    return msgspec.json.decode(PINS.read_bytes(), type=list[Jar])


def class_path() -> list[Path]:
    """All pinned jars, their bytes checked; JarsUnavailable if one is missing or another."""
    folder = cache_folder() / "jars"
    if bad := [jar.coordinate for jar in pinned() if not _holds(folder / jar.path, jar)]:
        raise JarsUnavailable(f"missing or altered in {folder}: {', '.join(bad)}")
    return [folder / jar.path for jar in pinned()]


def fetch(say: Say) -> list[Path]:
    """Bring what the cache lacks, four at a time; asks no network when nothing is missing."""
    with _locked(cache_folder()) as folder:
        lacking = [jar for jar in pinned() if not _holds(folder / "jars" / jar.path, jar)]
        if lacking:
            _download(lacking, folder / "jars", say)
    return class_path()


def pin(say: Say) -> None:
    """Resolve the roots anew and write the list that is committed."""
    with _locked(cache_folder()) as folder:
        context = _context(folder / "jars")
        # The resolver drops what a root without a scope depends on.
        scoped = [replace(Coordinate.parse(root), scope="compile") for root in ROOTS]
        roots = [context.create_dependency(coordinate) for coordinate in scoped]
        inputs, others = context.resolver.resolve(roots)
        kept = [*inputs, *(one for one in others if one.scope in ("compile", "runtime"))]
        jars = [_measured(one.artifact) for one in kept]
    PINS.write_bytes(msgspec.json.format(msgspec.json.encode(jars), indent=1) + b"\n")
    say(f"pinned {len(jars)} jars, {sum(jar.size for jar in jars) / 1e6:.0f} MB")


def _measured(artifact: Artifact) -> Jar:
    path = artifact.resolve()
    coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
    return Jar(coordinate, _sha256(path), path.stat().st_size)


def _download(jars: Sequence[Jar], folder: Path, say: Say) -> None:
    context, began = _context(folder), monotonic()
    say(f"fetching {len(jars)} jars of the broker, {sum(jar.size for jar in jars) / 1e6:.0f} MB")
    with ThreadPoolExecutor(4) as pool:
        for number, jar in enumerate(pool.map(lambda jar: _fetched(context, jar), jars), 1):
            say(f"  {number:>2}/{len(jars)} {jar.coordinate}")
    say(f"fetched in {monotonic() - began:.1f} s")


def _fetched(context: MavenContext, jar: Jar) -> Jar:
    group, name, version = jar.coordinate.split(":")
    # A half-written file of an interrupted fetch would be taken for the jar.
    (context.repo_cache / jar.path).unlink(missing_ok=True)
    try:
        path = context.project(group, name).at_version(version).artifact().resolve()
    except (OSError, RuntimeError) as error:
        raise JarsUnavailable(f"{jar.coordinate}: {error}") from error
    if not _holds(path, jar):
        path.unlink()
        raise JarsUnavailable(f"{jar.coordinate}: its bytes are not those pinned")
    return jar


def _context(folder: Path) -> MavenContext:
    # Mirrors that the user has set for jgo come first; jgo's own default is the last resort.
    mirrors = GlobalSettings.load().repositories
    plain = MavenContext(repo_cache=folder, timeout=60)
    return MavenContext(
        repo_cache=folder, remote_repos={**mirrors, **plain.remote_repos}, timeout=60
    )


def _holds(path: Path, jar: Jar) -> bool:
    return path.is_file() and path.stat().st_size == jar.size and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
