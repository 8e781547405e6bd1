"""What a place publishes of its area tree: areas, the grids inside, and of which kind they are."""

from typing import Annotated

from msgspec import Meta, field

from streams.core.events import Code, Contract, Label, Note


class Area(Contract, frozen=True):
    """片区 · a node of the area tree. The level `street` has a meaning (see `street_of`); the
    other levels are names. `grids` are the codes of the grids inside."""

    code: Code
    name: Label
    level: Code
    parent: Code | None = None
    name_en: str = ""
    grids: tuple[Code, ...] = ()


class AreaKind(Contract, frozen=True, kw_only=True):
    """片区类型 · of what kind areas of a `level` may be; of the level `grid` also grids that are no
    areas of their own: an enterprise grid, a residential compound."""

    id: Code
    name: Label
    name_en: Label
    level: Code
    source: str = ""


class AreasBody(Contract, frozen=True, kw_only=True):
    """片区树 · the area tree; a row's parent may stand anywhere in the list. `kinds_of` says of
    which kind an area or a grid is, by code; what it does not name is of none."""

    areas: tuple[Area, ...]
    kinds: tuple[AreaKind, ...] = ()
    kinds_of: Annotated[dict[Code, Code], Meta(description="片区或网格代码 → 类型")] = field(
        default_factory=dict
    )
    assumed: tuple[Note, ...] = ()
