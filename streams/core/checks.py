"""Whether a published number comes out of its replay; compared exactly, rounded half up."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import combinations
from typing import Literal

import msgspec

from streams.core.checkdocs import CheckBody, CheckRow, Compared, Replay, RoundsReplay
from streams.core.events import RoundKind
from streams.core.figures import Value
from streams.core.placedocs import Constant, Published
from streams.core.query import FIELDS
from streams.core.registry import FIGURES
from streams.core.roundfigures import RoundRow
from streams.core.slotfigures import FREQUENCY, ON_DUTY, SLOT_FIGURES

AREA_COUNT, ROUNDS_MADE, SLOTS_DONE = "area_count", "rounds_made", "slots_done"
ROUNDS_PER_DAY, HOURS_PER_DAY = "rounds_per_day", "hours_per_day"
PER_DAY = {ROUNDS_PER_DAY: FREQUENCY, HOURS_PER_DAY: ON_DUTY}
ROUND_FIGURES = frozenset({*SLOT_FIGURES, ROUNDS_MADE, SLOTS_DONE, *PER_DAY})
"""What is asked of rounds: figures of its slots, how many were made of a kind, how many slots of a
schedule were done, and how many rounds, or hours of a duty, each subject had a day."""

Bound = Literal["exact", "at_least", "about"]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """A published number: what `row` must yield. `ratio` is the smallest exact one of a rate."""

    row: CheckRow
    id: str
    zh: str
    en: str
    figure: str
    value: int | float
    decimals: int
    source: str
    percent: bool
    bound: Bound = "exact"
    ratio: tuple[int, int] | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One published number beside the replayed one, and what that is made of."""

    id: str
    zh: str
    en: str
    published: int | float
    replayed: int | float | None
    decimals: int
    numerator: int | None
    denominator: int | None
    bound: Bound
    holds: bool
    source: str


def stated(
    body: CheckBody, published: Sequence[Published], constants: Sequence[Constant]
) -> list[Stated]:
    """All numbers that are to be checked, as the profile publishes them. KeyError for one that it
    does not know."""
    rates = {one.id: one for one in published}
    numbers = {one.id: one for one in constants}
    found = []
    for row in body.checks:
        if row.of in rates:
            found.append(_rate(row, rates[row.of]))
        else:
            found.append(_number(row, row.states or numbers[row.of or ""]))
    return found


def _rate(row: CheckRow, rate: Published) -> Stated:
    return Stated(
        row=row,
        id=rate.id,
        zh=rate.zh,
        en=rate.en,
        figure=row.figure or rate.figure,
        value=rate.value,
        decimals=rate.decimals,
        source=rate.source,
        percent=True,
        ratio=(rate.numerator, rate.denominator),
    )


def _number(row: CheckRow, number: Constant) -> Stated:
    return Stated(
        row=row,
        id=number.id,
        zh=number.zh,
        en=number.en,
        figure=row.figure or "",
        value=number.value,
        decimals=_decimals(number.value),
        source=number.source,
        percent=number.unit == "%" and row.compared is None,
        bound=number.bound,
    )


def _decimals(value: float) -> int:
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


# --- judging ------------------------------------------------------------------------------------


def judge(one: Stated, answer: Value, baseline: Value | None = None) -> Check:
    """The published number beside what the figures answer; with a baseline, beside the change."""
    exact = _compared(answer, baseline, one.row.compared)
    if exact is not None and one.percent:
        exact *= 100
    replayed = None if exact is None else rounded(exact, one.decimals)
    numerator, denominator = _made_of(answer, baseline)
    return Check(
        id=one.id,
        zh=one.zh,
        en=one.en,
        published=one.value,
        replayed=_plain(replayed),
        decimals=one.decimals,
        numerator=numerator,
        denominator=denominator,
        bound=one.bound,
        holds=_holds(one, replayed) and _same_ratio(one, answer),
        source=one.source,
    )


def rounded(exact: Fraction, decimals: int) -> Decimal:
    """Half up, as people round."""
    unit = Decimal(1).scaleb(-decimals)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(unit, ROUND_HALF_UP)


def _holds(one: Stated, replayed: Decimal | None) -> bool:
    if replayed is None:
        return False
    published = Decimal(str(one.value))
    return replayed >= published if one.bound == "at_least" else replayed == published


def _same_ratio(one: Stated, answer: Value) -> bool:
    """Whether a rate is made of as many in as many, not only rounded to the same."""
    if one.ratio is None:
        return True
    if answer.numerator is None or not answer.denominator:
        return False
    return Fraction(*one.ratio) == Fraction(answer.numerator, answer.denominator)


def _compared(answer: Value, baseline: Value | None, how: Compared | None) -> Fraction | None:
    now = _exact(answer)
    if how is None or now is None:
        return now
    before = _exact(baseline) if baseline is not None else None
    if not before or not now:
        return None
    match how:
        case "percent":
            return (now / before - 1) * 100
        case "times":
            return now / before - 1
        case "faster":
            return before / now - 1


def _exact(value: Value) -> Fraction | None:
    if value.numerator is not None and value.denominator:
        return Fraction(value.numerator, value.denominator)
    return None if value.value is None else Fraction(value.value)


def _made_of(answer: Value, baseline: Value | None) -> tuple[int | None, int | None]:
    """Of a rate its parts; of two counts or durations both; of a count alone nothing."""
    if answer.numerator is not None:
        return answer.numerator, answer.denominator
    if baseline is None or answer.value is None or baseline.value is None:
        return None, None
    return round(answer.value), round(baseline.value)


def _plain(number: Decimal | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def per_day(figure: str, subjects: Sequence[RoundRow], days: int) -> Value:
    """So many rounds, or hours on duty, a day for each subject of a schedule."""
    done = sum(row.figures[PER_DAY[figure]].numerator or 0 for row in subjects)
    if figure == HOURS_PER_DAY:
        done //= 60
    asked = len(subjects) * days
    return Value(done / asked if asked else None, done, asked)


# --- what is wrong with a file ------------------------------------------------------------------


def problems(
    body: CheckBody, numbers: Collection[str], schedules: Mapping[str, RoundKind]
) -> Iterator[str]:
    """What in a check file names nothing, or mixes what must stay apart; each a sentence."""
    replays = by_id(body)
    if len(replays) < len(body.replays) + len(body.rounds):
        yield "replays: an id stands twice"
    for one in replays.values():
        if one.to <= one.from_:
            yield f"{one.id}: ends before it begins"
    for replay in body.rounds:
        if (replay.schedule is None) == (replay.kind is None or replay.count is None):
            yield f"{replay.id}: needs a schedule, or a kind and a count"
        elif replay.schedule is not None and replay.schedule not in schedules:
            yield f"{replay.id}: no such schedule: {replay.schedule!r}"
    yield from _mixed(body, schedules)
    for at, row in enumerate(body.checks):
        yield from (f"checks[{at}]: {why}" for why in _row_problems(row, replays, numbers))


def _row_problems(
    row: CheckRow, replays: Mapping[str, Replay | RoundsReplay], numbers: Collection[str]
) -> Iterator[str]:
    if (row.of is None) == (row.states is None):
        yield "needs either of, or states"
    if row.of is not None and row.of not in numbers:
        yield f"the profile publishes no {row.of!r}"
    if (row.against is None) != (row.compared is None):
        yield "against and compared belong together"
    if row.states is not None and row.states.id in numbers:
        yield f"{row.states.id!r} stands in the profile"
    figure = row.figure
    if figure is None and row.states is not None:
        yield "needs a figure"
    if figure == AREA_COUNT:
        return
    for name in filter(None, [row.replay, row.against]):
        if name not in replays:
            yield f"no such replay: {name!r}"
        elif figure is not None and (figure in ROUND_FIGURES) != isinstance(
            replays[name], RoundsReplay
        ):
            yield f"{name!r} is no replay for {figure!r}"
    if row.replay is None:
        yield "needs a replay"
    if figure is not None and figure not in FIGURES and figure not in ROUND_FIGURES:
        yield f"no such figure: {figure!r}"
    yield from (f"no such field: {name!r}" for name in row.cut if name not in FIELDS)


def _mixed(body: CheckBody, schedules: Mapping[str, RoundKind]) -> Iterator[str]:
    """Two replays that a figure could not tell apart: at one time, and of one matter; or of one
    schedule; or of one kind of rounds, where these are counted."""
    for first, second in combinations(body.replays, 2):
        if first.about == second.about and _meet(first, second):
            yield f"{first.id} and {second.id} are of one matter at one time"
    for one, other in combinations(body.rounds, 2):
        kinds = {each.kind or schedules.get(each.schedule or "") for each in (one, other)}
        counted = one.schedule is None or other.schedule is None
        alike = len(kinds) == 1 if counted else one.schedule == other.schedule
        if alike and _meet(one, other):
            yield f"{one.id} and {other.id} are of one kind of rounds at one time"


def by_id(body: CheckBody) -> dict[str, Replay | RoundsReplay]:
    """All replays of a file by their id."""
    return {one.id: one for one in body.replays} | {one.id: one for one in body.rounds}


def _meet(first: Replay | RoundsReplay, second: Replay | RoundsReplay) -> bool:
    return first.from_ < second.to and second.from_ < first.to
