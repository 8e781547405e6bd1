"""The mapping file: how a place's own table becomes reports and rows, as YAML with a schema."""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import yaml
from msgspec import Meta
from yaml.resolver import BaseResolver

from streams.core.events import Code, Contract, Label, RowStatus

Heading = Annotated[str, Meta(min_length=1, description="列名 · a heading of the file")]

Words = dict[str, Label]
"""What a value of the file is called here."""


class MappingError(ValueError):
    """This mapping cannot be used, or not with this file; the text says where and why."""


class Columns(Contract, frozen=True, kw_only=True):
    """列 · which heading of the file holds which of our columns."""

    ticket: Heading
    reported_at: Heading
    due_at: Heading | None = None
    closed_at: Heading | None = None
    status: Heading | None = None
    source: Heading | None = None
    department: Heading | None = None
    category: Heading | None = None
    matter: Heading | None = None
    street: Heading | None = None
    area: Heading | None = None
    grid: Heading | None = None
    text: Heading | None = None
    lat: Heading | None = None
    lon: Heading | None = None

    def headings(self) -> dict[str, str]:
        """The file's heading of each column that it has, stripped."""
        found = msgspec.structs.asdict(self)
        return {name: heading.strip() for name, heading in found.items() if heading is not None}


class Defaults(Contract, frozen=True, kw_only=True):
    """缺省值 · what a blank, or a value that no map names, becomes; without one it is null."""

    due_at: Label | None = None
    closed_at: Label | None = None
    status: RowStatus = RowStatus.OPEN
    source: Label = "hotline"
    department: Label | None = None
    category: Label | None = None
    matter: Label | None = None
    street: Label | None = None
    area: Label | None = None
    grid: Label | None = None
    text: str = ""
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None


class Mapping(Contract, frozen=True, kw_only=True):
    """导入映射 · one file's mapping. Local times are those of `timezone`.

    A value that its column's map does not name takes the default. With no `source`, `department`
    or `area` map values stand as given; with no `status` map the file is read as if it used our
    own words; with no status column a ticket with a closing time is closed.
    """

    place: Code
    timezone: Annotated[str, Meta(min_length=1, description="IANA 时区名 · e.g. Asia/Shanghai")]
    time_formats: Annotated[list[Annotated[str, Meta(min_length=2)]], Meta(min_length=1)]
    columns: Columns
    format: Annotated[
        Literal["csv", "jsonl"] | None,
        Meta(description="格式 · of a text file; without it, by the file's beginning and name"),
    ] = None
    encoding: Annotated[
        Literal["utf-8", "gb18030"] | None,
        Meta(description="编码 · of a text file; without it, the first of the two that fits it"),
    ] = None
    sheet: Annotated[
        str | None, Meta(description="工作表 · of a workbook; without it, the first")
    ] = None
    status: dict[str, RowStatus] | None = None
    source: Words | None = None
    department: Words | None = None
    area: Words | None = None
    defaults: Defaults = Defaults()
    merge: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the file's local times."""
        return ZoneInfo(self.timezone)


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file; MappingError where it cannot be used as it stands."""
    try:
        return parse_mapping(path.read_text("utf-8-sig"))
    except OSError as error:
        raise MappingError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise MappingError(f"{path}: a mapping file is written in UTF-8: {error}") from error
    except MappingError as error:
        raise MappingError(f"{path}: {error}") from error


def parse_mapping(text: str) -> Mapping:
    """Parse a mapping from YAML; MappingError names the key that is wrong."""
    try:
        raw = yaml.load(text, _AsWritten)
    except yaml.YAMLError as error:
        raise MappingError(f"not readable as YAML: {error}") from error
    _check_status_words(raw)
    try:
        mapping = msgspec.convert(raw, Mapping, strict=False)
    except msgspec.ValidationError as error:
        raise MappingError(str(error)) from error
    _check(mapping)
    return mapping


def mapping_schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file, for editors; exported to schemas/mappings/."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gridloop 导入映射 · import mapping",
        **msgspec.json.schema(Mapping),
    }


class _AsWritten(yaml.BaseLoader):
    """All scalars stay the strings that were written: `No`, `01` and `1.0` are values of a file."""


def _no_key_twice(loader: yaml.BaseLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = loader.construct_pairs(node, deep=True)
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", node.start_mark
            )
    return dict(pairs)


_AsWritten.add_constructor(BaseResolver.DEFAULT_MAPPING_TAG, _no_key_twice)


def _check_status_words(raw: Any) -> None:
    words = raw.get("status") if isinstance(raw, dict) else None
    allowed = ", ".join(RowStatus)
    for given, word in words.items() if isinstance(words, dict) else ():
        if word not in set(RowStatus):
            raise MappingError(f"status {given!r}: {word!r} is not one of {allowed}")


def _check(mapping: Mapping) -> None:
    try:
        _ = mapping.zone
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise MappingError(f"timezone: no such zone: {mapping.timezone!r}") from error
    if mapping.merge:
        raise MappingError("merge: imported tickets are never merged; leave it out, or say false")
