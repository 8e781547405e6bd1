"""A place's folder read as reference documents; a mistake is named by file and field."""

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, field

from streams.core.events import Code, Contract, Instant, Label, Note, Reference, ReferenceKind
from streams.core.modeldocs import Share
from streams.core.place import Rulebook
from streams.core.placecheck import read_body
from streams.core.placedocs import TYPES
from streams.core.placetogether import dangling
from streams.core.refusal import Reason, Refused
from streams.entry.modelfile import read_model
from streams.entry.yamlfile import load_yaml

SHIPPED = Path(__file__).resolve().parents[2] / "schemas" / "places"
CALENDARS = "_calendars"
"""The folder beside the places that holds calendars, one <id>.json each."""


class File(Contract, frozen=True, kw_only=True):
    """One YAML file of a place: a document, its version, and since when it holds."""

    kind: ReferenceKind
    version: Label
    valid_from: Instant
    body: dict[str, Any]


class CalendarUse(Contract, frozen=True):
    """A calendar of the folder `_calendars`, by its id."""

    use: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ModelUse(Contract, frozen=True, kw_only=True):
    """A model file of `classifier train` beside this one, and what its labels mean here."""

    use: Annotated[str, Meta(pattern=r"^[^/\\\x00-\x1f]+$")]
    matters: Annotated[dict[Label, Code], Meta(description="类与事项")] = field(
        default_factory=dict
    )
    threshold: Share | None = None
    assumed: tuple[Note, ...] = ()


WRITTEN: dict[ReferenceKind, type[Contract]] = {
    **TYPES,
    ReferenceKind.CALENDAR: CalendarUse,
    ReferenceKind.CLASSIFIER: ModelUse,
}
"""What a person writes in a file of each kind; two of them name another file."""


def shipped_places(root: Path = SHIPPED) -> list[str]:
    """The ids of the places in a folder of places, sorted; those with an underscore are none."""
    folders = (path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._")
    return sorted(path.name for path in folders)


def place_dir(place: str, root: Path = SHIPPED) -> Path:
    """The folder of a place, or Refused(unknown_place) with the places that there are."""
    places = shipped_places(root)
    if place not in places:
        known = ", ".join(places)
        raise Refused(Reason.UNKNOWN_PLACE, f"no profile of {place!r} in {root.name}/: {known}")
    return root / place


def shipped_book(place: str) -> Rulebook:
    """All documents of a shipped place, as they hold one after the other; or Refused."""
    return Rulebook.of(read_place(place_dir(place)))


def read_place(
    folder: Path, *, place: str | None = None, zone: str | None = None
) -> list[Reference]:
    """All documents of a place's folder, by kind and then by age; the folder's name is its id.

    `place` reads the same rules for another id; `zone` puts another zone into its profile, whose
    version then tells so. Refused(invalid) names the file and the field, or what one document
    says of another that is not so.
    """
    if not folder.is_dir():
        raise Refused(Reason.INVALID, f"{folder}: no such folder")
    named: dict[tuple[ReferenceKind, str], Path] = {}
    found = []
    for path in sorted(folder.glob("*.yaml")):
        reference = _in_zone(_read(path, place or folder.name), zone)
        _check(path, reference)
        twin = named.setdefault((reference.kind, reference.version), path)
        if twin != path:
            raise Refused(
                Reason.INVALID,
                f"{path}: {reference.kind.value} {reference.version!r} stands in {twin.name} too",
            )
        found.append(reference)
    _check_together(folder, found)
    order = list(ReferenceKind)
    return sorted(found, key=lambda r: (order.index(r.kind), r.valid_from, r.version))


def read_document(path: Path, place: str) -> Reference:
    """One file of a place by itself, such as a list that is only proposed; Refused(invalid)."""
    reference = _read(path, place)
    _check(path, reference)
    return reference


def _read(path: Path, place: str) -> Reference:
    try:
        file = msgspec.convert(load_yaml(path), File)
        body = file.body
        if file.kind is ReferenceKind.CALENDAR and "use" in body:
            body = _calendar(path, msgspec.convert(body, CalendarUse))
            _check_named(path, file.version, "calendar", str(body.get("version", "")))
        elif file.kind is ReferenceKind.CLASSIFIER and "use" in body:
            body = _classifier(path, msgspec.convert(body, ModelUse))
            _check_named(path, file.version, "model", body["model"]["version"])
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
    return Reference(
        place=place, kind=file.kind, version=file.version, valid_from=file.valid_from, body=body
    )


def _calendar(path: Path, wanted: CalendarUse) -> dict[str, Any]:
    """The calendar's own words: a reference document stands alone, wherever it is read later."""
    for root in (path.parent.parent / CALENDARS, SHIPPED / CALENDARS):
        source = root / f"{wanted.use}.json"
        if source.is_file():
            body: dict[str, Any] = json.loads(source.read_text("utf-8"))
            return body
    raise Refused(Reason.INVALID, f"{path}: $.body.use: no such calendar: {wanted.use!r}")


def _classifier(path: Path, wanted: ModelUse) -> dict[str, Any]:
    """The model itself, and what this place makes of it."""
    source = path.parent / wanted.use
    if not source.is_file():
        raise Refused(Reason.INVALID, f"{path}: $.body.use: no such file: {wanted.use!r}")
    body = msgspec.to_builtins(wanted)
    del body["use"]
    return {**body, "model": msgspec.to_builtins(read_model(source).document)}


def _check_named(path: Path, version: str, noun: str, own: str) -> None:
    """A calendar that gains a year, or a model that is trained anew, is another document: it must
    not keep the old one's version."""
    if not version.endswith(own):
        raise Refused(Reason.INVALID, f"{path}: $.version must end with the {noun}'s, {own!r}")


def _in_zone(reference: Reference, zone: str | None) -> Reference:
    if zone is None or reference.kind is not ReferenceKind.PLACE:
        return reference
    if reference.body.get("zone") == zone:
        return reference
    version = f"{reference.version}+{zone}"
    body = {**reference.body, "zone": zone}
    return msgspec.structs.replace(reference, version=version, body=body)


def _check(path: Path, reference: Reference) -> None:
    try:
        read_body(reference)
    except Refused as why:
        raise Refused(why.reason, f"{path}: {why.detail}") from why


def _check_together(folder: Path, references: list[Reference]) -> None:
    book = Rulebook.of(references)
    if not any(reference.kind is ReferenceKind.PLACE for reference in references):
        raise Refused(Reason.INVALID, f"{folder}: no document of kind 'place'")
    for reference in references:
        rules = book.at(reference.place, reference.valid_from)
        problems = dangling(rules) if rules is not None else []
        if problems:
            when = reference.valid_from.isoformat()
            raise Refused(Reason.INVALID, f"{folder}: from {when}: {'; '.join(problems[:5])}")


# --- the files' JSON Schema --------------------------------------------------------------------


def place_schema() -> dict[str, Any]:
    """The JSON Schema of a place's files, from the types that read them."""
    files = [_file_type(kind, WRITTEN[kind]) for kind in ReferenceKind]
    # Through JSON and back: a default that is a tuple becomes the list that a file would hold.
    schema: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.json.schema(_union(files))))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "地方资料文件 · a file of a place"
    return schema


def _file_type(kind: ReferenceKind, body: type[Contract]) -> type[msgspec.Struct]:
    fields = [("version", Label), ("valid_from", Instant), ("body", body)]
    return msgspec.defstruct(
        f"{kind.value.capitalize()}File",
        fields,
        tag_field="kind",
        tag=kind.value,
        frozen=True,
        forbid_unknown_fields=True,
    )


def _union(types: list[type[msgspec.Struct]]) -> Any:
    union: Any = types[0]
    for other in types[1:]:
        union = union | other
    return union
