"""What a bulletin is made of: typed cells in tables, the same for each way to write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from streams.core.figures import Value
from streams.core.period import DAY, Period
from streams.show.rates import NOTHING, lasting, percent

HEADLINES = 8


class Share(msgspec.Struct, frozen=True):
    """A rate by what it is made of."""

    numerator: int
    denominator: int


class Points(msgspec.Struct, frozen=True):
    """A change of a rate, in percentage points."""

    value: float


class Change(msgspec.Struct, frozen=True):
    """A change of a count; of a length where `seconds`."""

    value: float
    seconds: bool = False


class Length(msgspec.Struct, frozen=True):
    """A length of time, in seconds."""

    seconds: float


class Bound(msgspec.Struct, frozen=True):
    """A bound of a rate, as a share of 1."""

    value: float


Cell = str | int | float | datetime | Share | Bound | Points | Change | Length | None


class Column(msgspec.Struct, frozen=True):
    """A column's heading, Chinese first; numbers stand on the right."""

    zh: str
    en: str
    number: bool = False


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One table with its heading; `note` stands below it, `bar` is a column that is
    drawn, too."""

    id: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]]
    note: str = ""
    bar: int | None = None


class Bulletin(msgspec.Struct, frozen=True, kw_only=True):
    """A bulletin of one period of a place, as of A and as known at K."""

    zh: str
    en: str
    place: str
    name_zh: str
    name_en: str
    period: Period
    as_of: datetime
    known_at: datetime
    sections: list[Section]
    notes: list[str]

    @property
    def running(self) -> bool:
        """Whether the period is not over at A."""
        return self.as_of < self.period.end

    @property
    def days(self) -> str:
        """The period in Chinese and by its days."""
        first, last = self.period.first, self.period.after - DAY
        return self.period.name_zh + (f" {first} 至 {last}" if first != last else "")

    @property
    def headlines(self) -> list[tuple[Cell, ...]]:
        """The figures that stand above all tables."""
        return self.sections[0].rows[:HEADLINES]


def cell_of(value: Value) -> Cell:
    """A figure's value as a cell."""
    if value.denominator is None:
        return value.value
    if value.numerator is None:
        return None if value.value is None else Length(float(value.value))
    return Share(value.numerator, value.denominator) if value.denominator else None


def changed(now: Cell, before: Cell) -> Cell:
    """By how much it changed; nothing where one of them says nothing."""
    match now, before:
        case int(), int():
            return Change(now - before)
        case Share(), Share():
            return Points(_percent(now) - _percent(before))
        case Length(), Length():
            return Change(now.seconds - before.seconds, seconds=True)
    return None


def _percent(share: Share) -> float:
    return 100 * share.numerator / share.denominator


def short(case_id: str) -> str:
    """The end of a case id, which `gridloop case` takes: what lies before it is its home."""
    return case_id.rpartition("/")[2]


def text(cell: Cell, zone: str) -> str:
    """A cell for people, to the digit what `gridloop rates` shows."""
    match cell:
        case None:
            told = NOTHING
        case Share():
            told = percent(cell.numerator, cell.denominator)
        case Bound():
            told = f"{cell.value:.2%}"
        case Points():
            told = f"{cell.value:+.2f}" if round(cell.value, 2) else "0.00"
        case Change(seconds=True):
            told = ("+" if cell.value > 0 else "") + _long(cell.value)
        case Change():
            told = f"{cell.value:+g}" if cell.value else "0"
        case Length():
            told = _long(cell.seconds)
        case datetime():
            told = f"{cell.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        case float():
            told = f"{cell:.4g}"
        case _:
            told = str(cell)
    return told


def _long(seconds: float) -> str:
    """A length as `gridloop rates` shows it, its units in Chinese."""
    return lasting(seconds).replace("d", "天").replace("s", "秒")
