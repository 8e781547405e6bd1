"""What a place publishes of its base data (底数): who and what is on its ledger, and on file."""

from typing import Annotated

from msgspec import Meta

from streams.core.events import Code, Contract, Label, Note


class Group(Contract, frozen=True, kw_only=True):
    """台账类别 · whom or what the ledger lists: key groups, the needy, enterprises."""

    id: Code
    name: Label
    name_en: Label
    source: str = ""


class Item(Contract, frozen=True, kw_only=True):
    """应采项目 · what must be on file of each entry of the group `of` (None: of each grid)."""

    id: Code
    name: Label
    name_en: Label
    of: Code | None = None
    source: str = ""


class Entry(Contract, frozen=True, kw_only=True):
    """台账条目 · one person (a token, never a name) or enterprise, in which groups, and where: of a
    person where they live.

    `has` are the items that are on file; what they say is kept nowhere here. `works_at` is the code
    of the entry at which a person works, be it in another grid.
    """

    code: Code
    groups: Annotated[tuple[Code, ...], Meta(min_length=1)]
    area: Code
    grid: Code | None = None
    has: tuple[Code, ...] = ()
    works_at: Code | None = None


class GridFile(Contract, frozen=True):
    """网格底数 · which of the items asked of each grid are on file of this one."""

    grid: Code
    has: tuple[Code, ...]


class BaseDataBody(Contract, frozen=True, kw_only=True):
    """基础数据 · the ledger of the place, what must be on file, and what is; each version whole."""

    groups: tuple[Group, ...] = ()
    items: tuple[Item, ...] = ()
    entries: tuple[Entry, ...] = ()
    grids: tuple[GridFile, ...] = ()
    assumed: tuple[Note, ...] = ()
