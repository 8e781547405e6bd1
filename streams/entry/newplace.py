"""A new place written as data: from a few answers the files that every place needs, and no more."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any, get_args

import msgspec
import yaml
from msgspec import Meta

from streams.core.events import INFINITY, Code, Label, ReferenceKind
from streams.core.place import Rulebook
from streams.core.placedocs import LifecycleName
from streams.core.refusal import Reason, Refused
from streams.entry.dayfile import FILE as DAY_FILE
from streams.entry.dayfile import Source, read_day
from streams.entry.places import read_place

SINCE = "2000-01-01T00:00:00Z"
VERSION = "1"
CALENDAR = "cn-office"
CATEGORY = "general"

LIFECYCLES = tuple(name for name in get_args(LifecycleName) if name != "ticket")
SOURCES: tuple[Source, ...] = get_args(Source)

NAMED = re.compile(
    r"\s*(?P<code>[^\s:：]+)\s+(?P<name>[^:：]+?)\s*(?:[:：]\s*(?P<listed>.*\S))?\s*"
)
"""`code name`, or `code name: one, two`."""


class Named(msgspec.Struct, frozen=True):
    """A line of an answer: a code, a name, and what is listed behind it."""

    code: str
    name: str
    listed: tuple[str, ...]

    @staticmethod
    def read(line: str) -> "Named":
        """Refused(invalid) where it is not `code name: one, two`."""
        found = NAMED.fullmatch(line.strip())
        if found is None:
            raise Refused(Reason.INVALID, f"{line!r} is not written as `code name: one, two`")
        parts = re.split(r"[,，、]", found["listed"] or "")
        return Named(
            found["code"], found["name"], tuple(p for part in parts if (p := part.strip()))
        )


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a place before anything can be: lines as `Named` reads them.

    `areas` are streets with their communities (each `code name` again), `matters` list the words by
    which they are known, `departments` the matters in which they lead; the first takes the rest.
    `limit` is one for all matters, empty for none.
    """

    place: Annotated[Code, Meta(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    name_zh: Label
    name_en: Label
    zone: str
    lifecycle: str
    areas: tuple[str, ...]
    matters: tuple[str, ...]
    departments: tuple[str, ...]
    limit: str
    sources: tuple[str, ...]


def check_free(folder: Path) -> None:
    """Refused(invalid) where something is there already."""
    if folder.exists():
        raise Refused(Reason.INVALID, f"{folder}: is there already; nothing was written over it")


def write_place(answers: Answers, folder: Path) -> list[Path]:
    """Write the files of a place into a new folder, and read them as every command will.

    Refused(invalid) where something is there already, or an answer is none; then nothing is left.
    """
    check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        written = [_write(draft / name, text) for name, text in _files(answers)]
        rules = Rulebook.of(read_place(draft, place=answers.place)).at(answers.place, INFINITY)
        if rules is not None:
            read_day(draft, rules)
        draft.chmod(0o755)
        draft.rename(folder)
    except Refused as why:
        raise Refused(why.reason, why.detail.replace(str(draft), str(folder))) from why
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return [folder / path.relative_to(draft) for path in written]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _files(answers: Answers) -> Iterator[tuple[Path, str]]:
    """Each file of the place, by its path in the folder."""
    for kind, body in _bodies(answers).items():
        version = f"{CALENDAR}-2026.1" if kind is ReferenceKind.CALENDAR else VERSION
        head = {"kind": kind.value, "version": version, "valid_from": SINCE}
        yield Path(f"{kind.value}.yaml"), _yaml({**head, "body": body})
    channels = [{"source": source, "weight": 1} for source in answers.sources]
    alike = "各渠道一样多，为假定。 · All channels report alike, which is assumed."
    yield DAY_FILE, _yaml({"channels": channels, "assumed": [alike]})


def _yaml(value: Any) -> str:
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100)
    return text


def _bodies(answers: Answers) -> dict[ReferenceKind, dict[str, Any]]:
    matters = [Named.read(line) for line in answers.matters]
    departments = [Named.read(line) for line in answers.departments]
    if not (answers.areas and matters and departments and answers.sources):
        raise Refused(
            Reason.INVALID, "a place needs an area, a matter, a department and a source at least"
        )
    nowhere = f"{answers.place}-unlocated"
    bodies: dict[ReferenceKind, dict[str, Any]] = {
        ReferenceKind.PLACE: {
            "name_zh": answers.name_zh,
            "name_en": answers.name_en,
            "zone": answers.zone,
            "lifecycle": answers.lifecycle,
            "fallback_area": nowhere,
        },
        ReferenceKind.AREAS: {"areas": [*_areas(answers, nowhere)]},
        ReferenceKind.MATTERS: {
            "categories": [{"code": CATEGORY, "name": "综合", "name_en": "General"}],
            "matters": [_matter(one) for one in matters],
        },
        ReferenceKind.RESPONSIBILITY: {
            "default_department": departments[0].code,
            "departments": [
                {"id": one.code, "name": one.name, "name_en": one.code} for one in departments
            ],
            "duties": [
                {"id": f"{one.code}-{matter}", "matter": matter, "lead": one.code}
                for one in departments
                for matter in one.listed
            ],
        },
    }
    if answers.limit:
        row = {"id": "L1", "matter": "*", "limit": answers.limit}
        bodies[ReferenceKind.LIMITS] = {"limits": [row]}
        bodies[ReferenceKind.CALENDAR] = {"use": CALENDAR}
    return bodies


def _areas(answers: Answers, nowhere: str) -> Iterator[dict[str, Any]]:
    root = answers.place
    yield {"code": root, "name": answers.name_zh, "level": "district"}
    yield {"code": nowhere, "name": "位置不明", "level": "community", "parent": root}
    for line in answers.areas:
        street = Named.read(line)
        yield {"code": street.code, "name": street.name, "level": "street", "parent": root}
        for listed in street.listed:
            inner = Named.read(listed)
            grids = [f"{inner.code}-g1"]
            below = {"level": "community", "parent": street.code, "grids": grids}
            yield {"code": inner.code, "name": inner.name, **below}


def _matter(one: Named) -> dict[str, Any]:
    names = {"code": one.code, "name": one.name, "name_en": one.code}
    return {**names, "category": CATEGORY, "terms": [*one.listed] or [one.name]}
