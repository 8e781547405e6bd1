"""A place's base data, checked: each row names what its document has, and nobody is named."""

from collections.abc import Iterator

from streams.core.basedocs import BaseDataBody
from streams.core.listed import twice, unknown
from streams.core.personal import numbers_in


def base_data_problems(body: BaseDataBody) -> Iterator[str]:
    """What is wrong with a document of base data; a sentence each."""
    groups = [group.id for group in body.groups]
    for part, codes in (
        ("groups", groups),
        ("items", [item.id for item in body.items]),
        ("entries", [entry.code for entry in body.entries]),
        ("grids", [one.grid for one in body.grids]),
    ):
        yield from twice(part, codes)
    for at, item in enumerate(body.items):
        yield from unknown(f"items[{at}]", filter(None, [item.of]), groups, "group")
    listed = {entry.code for entry in body.entries}
    for at, entry in enumerate(body.entries):
        where = f"entries[{at}]"
        yield from unknown(where, entry.groups, groups, "group")
        others = listed - {entry.code}
        yield from unknown(where, filter(None, [entry.works_at]), others, "other entry")
        asked = [item.id for item in body.items if item.of in entry.groups]
        yield from unknown(where, entry.has, asked, "item of its groups")
        if numbers_in(entry.code, {}):
            yield f"$.{where}.code: a phone or ID number; a person is a token"
    asked = [item.id for item in body.items if item.of is None]
    for at, one in enumerate(body.grids):
        yield from unknown(f"grids[{at}]", one.has, asked, "item of a grid")
