"""A place's day file read: `demo/day.yaml` in its folder, who reports what on a simulated day.

A file beside the place's documents, never published itself: no rule depends on it.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from streams.core.events import ChannelCode, Code, Contract, Note, ReporterKind
from streams.core.place import PlaceRules
from streams.core.refusal import Reason, Refused
from streams.entry.yamlfile import load_yaml

FILE = Path("demo") / "day.yaml"
Source = Literal["gridworker", "patrol", "hotline", "citizen"]


class Channel(Contract, frozen=True, kw_only=True):
    """渠道 · who reports, of what, and how often beside the other channels (`weight`).

    `by` is the kind of reporter of a gridworker's reports, the line of a hotline's, the channel of
    citizens'; `matters` are matters or categories, none for any. `basis` is what the weight rests
    on, empty where it is assumed.
    """

    source: Source
    weight: Annotated[float, Meta(gt=0)]
    by: Code | None = None
    matters: tuple[Code, ...] = ()
    basis: Note | None = None


class Unasked(Contract, frozen=True, kw_only=True):
    """不计案的活动 · so many uses of a handheld, or voluntary declarations, a day: of one scene."""

    kind: Literal["activity", "declaration"]
    scene: Code
    count: Annotated[int, Meta(ge=1, le=10_000)]
    basis: Note | None = None


class DayBody(Contract, frozen=True, kw_only=True):
    """模拟日 · the channels of a place's simulated day, and what nobody asks for beside them."""

    channels: Annotated[tuple[Channel, ...], Meta(min_length=1)]
    unasked: tuple[Unasked, ...] = ()
    assumed: Annotated[tuple[Note, ...], Meta(description="文件未写的")] = field(
        default_factory=tuple
    )


def read_day(folder: Path, rules: PlaceRules) -> DayBody | None:
    """How a day of a place's folder is simulated, None where it does not say; Refused(invalid)."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        body = msgspec.convert(load_yaml(path), DayBody)
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
    wrong = list(_problems(body.channels, {*rules.matters, *rules.categories}))
    if wrong:
        raise Refused(Reason.INVALID, f"{path}: {'; '.join(wrong[:5])}")
    return body


def _problems(channels: Iterable[Channel], matters: set[str]) -> Iterator[str]:
    kinds = {*ReporterKind}
    for number, one in enumerate(channels):
        here = f"$.channels[{number}]"
        for name in one.matters:
            if name not in matters:
                yield f"{here}.matters: no such matter or category: {name!r}"
        if one.source == "gridworker" and one.by is not None and one.by not in kinds:
            yield f"{here}.by: no kind of reporter: {one.by!r} (known: {', '.join(sorted(kinds))})"
        if one.source in {"hotline", "citizen"} and one.by is not None:
            yield from _wrong_channel(f"{here}.by", one.by)
        if one.source == "patrol" and one.by is not None:
            yield f"{here}.by: a camera's finding names its camera, nobody else"


def _wrong_channel(here: str, by: str) -> Iterator[str]:
    try:
        msgspec.convert(by, ChannelCode)
    except msgspec.ValidationError:
        yield f"{here}: no port or line: {by!r} (known by, say, mini_program, open311 or 12345)"


def day_schema() -> dict[str, Any]:
    """The JSON Schema of a day file, from the type that reads it."""
    schema: dict[str, Any] = json.loads(msgspec.json.encode(msgspec.json.schema(DayBody)))
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "模拟日 · who reports what on a simulated day of a place"
    return schema
