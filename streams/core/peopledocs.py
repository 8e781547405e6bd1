"""What a place publishes of its people: accounts of points and what earns them; roles, postings,
how many must be posted where, who alone may do what; and by what they are scored."""

from typing import Annotated, Literal

from msgspec import Meta

from streams.core.events import (
    ActKind,
    Code,
    Contract,
    Instant,
    Label,
    Note,
    RoundKind,
    WhistleKind,
)
from streams.core.modedocs import Mode
from streams.core.scoring import Weight

# --- points -----------------------------------------------------------------------------------


class Account(Contract, frozen=True):
    """积分账户 · one of the accounts that each person has (双积分: two of them)."""

    id: Code
    name: Label
    name_en: Label


class ReportRule(Contract, frozen=True, kw_only=True):
    """上报奖励 · so many points for a report once its case is filed, handled or closed.

    They are taken back where that is undone, or the case is void. An empty list of `sources` or
    `matters` (or categories) means any; `once_a_case` leaves them to the first who reported it.
    """

    id: Code
    name: Label
    name_en: Label
    account: Code
    points: Annotated[int, Meta(ge=1, le=100_000)]
    when: Literal["filed", "handled", "closed"]
    to: Literal["requester", "reporter"] = "requester"
    sources: tuple[Code, ...] = ()
    matters: tuple[Code, ...] = ()
    once_a_case: bool = True
    source: str = ""


class RoundRule(Contract, frozen=True, kw_only=True):
    """活动积分 · so many points for a round of one of these `kinds` (and `scenes`; empty: any), to
    whoever made it, at most so often a local day (None: always)."""

    id: Code
    name: Label
    name_en: Label
    account: Code
    points: Annotated[int, Meta(ge=1, le=100_000)]
    kinds: Annotated[tuple[RoundKind, ...], Meta(min_length=1)]
    scenes: tuple[Code, ...] = ()
    most_a_day: Annotated[int, Meta(ge=1)] | None = None
    source: str = ""


class Star(Contract, frozen=True):
    """星级 · so many stars for who has at least so many points on an account."""

    account: Code
    at_least: int
    stars: Annotated[int, Meta(ge=1, le=10)]


class PointsBody(Contract, frozen=True, kw_only=True):
    """积分制 · the accounts, what earns points by rule, and how many stars they are worth."""

    accounts: Annotated[tuple[Account, ...], Meta(min_length=1)]
    reports: tuple[ReportRule, ...] = ()
    rounds: tuple[RoundRule, ...] = ()
    stars: tuple[Star, ...] = ()
    assumed: tuple[Note, ...] = ()


# --- posts ------------------------------------------------------------------------------------


class Role(Contract, frozen=True):
    """角色 · what somebody can be posted as."""

    id: Code
    name: Label
    name_en: Label


class Posting(Contract, frozen=True, kw_only=True):
    """任职 · a person (a token or the code of a post, never a name) in a role: in a grid, or in an
    area and all that lies in it, or (None) in the whole place; from `valid_from` until before
    `valid_to` (None = always). Who has several roles has several rows."""

    person: Code
    role: Code
    area: Code | None = None
    grid: Code | None = None
    valid_from: Instant | None = None
    valid_to: Instant | None = None


class Staffing(Contract, frozen=True, kw_only=True):
    """配备 · in each of the `grids` (inside `area`; None: of the place), or of the `areas` of a
    `level`, so many persons in one of these `roles`, posted there itself."""

    id: Code
    name: Label
    name_en: Label
    roles: Annotated[tuple[Code, ...], Meta(min_length=1)]
    each: Literal["grids", "areas"]
    area: Code | None = None
    level: Code | None = None
    at_least: Annotated[int, Meta(ge=0, le=1000)] = 1
    at_most: Annotated[int, Meta(ge=1, le=1000)] | None = None
    source: str = ""


class Power(Contract, frozen=True, kw_only=True):
    """权限 · only who is posted here in one of these `roles` may do these `acts`; of whistles only
    the kind named, where one is. What no row names anybody may do."""

    id: Code
    acts: Annotated[tuple[ActKind, ...], Meta(min_length=1)]
    roles: Annotated[tuple[Code, ...], Meta(min_length=1)]
    whistle: WhistleKind | None = None
    source: str = ""


class PostsBody(Contract, frozen=True, kw_only=True):
    """岗位 · roles and who is posted where, how many there must be, and who alone may do what."""

    roles: Annotated[tuple[Role, ...], Meta(min_length=1)]
    postings: tuple[Posting, ...] = ()
    staffing: tuple[Staffing, ...] = ()
    powers: tuple[Power, ...] = ()
    assumed: tuple[Note, ...] = ()


# --- score cards ------------------------------------------------------------------------------


class RateTerm(Contract, frozen=True):
    """比率项 · what a rate is worth: a share of 100 marks, or marks lost below an anchor."""

    figure: Code
    weight: Weight


class PointsTerm(Contract, frozen=True):
    """积分项 · so many marks for each point of an account that the window gave, at most `most`;
    points taken count against them, but nothing falls below 0."""

    account: Code
    each: Annotated[float, Meta(gt=0)]
    most: Annotated[float, Meta(gt=0)]


class CardStar(Contract, frozen=True):
    """星级 · so many stars for a score of at least so many marks."""

    at_least: float
    stars: Annotated[int, Meta(ge=1, le=10)]


class Card(Contract, frozen=True, kw_only=True):
    """考核表 · the score of each department, street, area or grid; or of each person who is posted
    in one of these `roles`, by the rates of their grid or area and by their own points. With a
    `mode` (平急) by the cases of that mode alone; with a `level` of the area tree the areas are
    those of that level, with all that lies in them."""

    id: Code
    name: Label
    name_en: Label
    of: Literal["department", "street", "area", "grid", "person"]
    level: Code | None = None
    roles: tuple[Code, ...] = ()
    rates: tuple[RateTerm, ...] = ()
    points: tuple[PointsTerm, ...] = ()
    stars: tuple[CardStar, ...] = ()
    mode: Mode | None = None
    source: str = ""


class CardsBody(Contract, frozen=True, kw_only=True):
    """考核办法 · the score cards of a place; no city's weights are shipped."""

    cards: Annotated[tuple[Card, ...], Meta(min_length=1)]
    assumed: tuple[Note, ...] = ()
