"""Rows of the two ledgers for the tests of figures: by hand, and drawn by Hypothesis."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import Any, NamedTuple
from zlib import crc32

import msgspec
from hypothesis import strategies as st

from streams.core.accepted import Origin
from streams.core.events import INFINITY
from streams.core.figures import FIELDS, Query, Row, compute
from streams.core.happened import Happened
from streams.core.lifecycle import Flow
from streams.core.provenance import PROVENANCE
from streams.core.reading import ReadAs
from streams.core.registry import FIGURES
from streams.core.results import CallRow, ReportRow, Span, StepRow
from streams.core.steps import Ending, StepKind

DAY = timedelta(days=1)
FILED = datetime(2026, 2, 14, 1, tzinfo=UTC)
KNOWN = datetime(2026, 2, 14, 2, tzinfo=UTC)


def reported(case_id: str) -> datetime:
    """When a case was first reported: some in one month, some in another, always the same."""
    return FILED - 31 * DAY * (crc32(case_id.encode()) % 3)


def span(case_id: str = "p/a/1", **values: Any) -> Span:
    """A dispatched case with a deadline after ten days, true and known without end."""
    usual: dict[str, Any] = {
        "place": "p",
        "flow": "case",
        "from_at": FILED,
        "to_at": INFINITY,
        "known_from": KNOWN,
        "known_to": INFINITY,
        "state": "dispatched",
        "step": "push",
        "filed_at": FILED,
        "handled_at": None,
        "closed_at": None,
        "void": False,
        "excluded": False,
        "reported_at": reported(case_id),
        "deadline": FILED + 10 * DAY,
        "deadline_kind": "fixed",
        "department": "d1",
        "source": "hotline",
        "street": None,
        "area": "a",
        "grid": None,
        "lineage": [],
        "category": None,
        "matter": None,
        "outcome": None,
        "level": None,
        "satisfaction": None,
        "mode": "normal",
        "happened": [],
        "revision": 1,
    }
    return Span(case_id=case_id, **(usual | values))


def closed(case_id: str, after: timedelta, **values: Any) -> Span:
    """A case closed so long after its filing."""
    at = FILED + after
    done: dict[str, Any] = {"state": "closed", "step": "close", "handled_at": at, "closed_at": at}
    return span(case_id, **(done | values))


def report(id_: str = "t1", **values: Any) -> ReportRow:
    """A hotline's report of the same instant and area."""
    usual: dict[str, Any] = {
        "sender": "line/12345",
        "sha256": "0",
        "place": "p",
        "flow": "case",
        "home": "p/a",
        "case_id": "p/a/1",
        "opened": True,
        "occurred_at": FILED,
        "recorded_at": None,
        "ingested_at": KNOWN,
        "source": "hotline",
        "street": None,
        "area": "a",
        "grid": None,
        "lineage": [],
        "category": None,
        "matter": None,
        "text": "",
        "why": [],
        "requester": None,
        "origin": Origin("gridloop.reports.hotline.v1", 0, 0),
        "revision": 1,
    }
    told = usual | values
    return ReportRow(id=id_, reported_at=reported(told["case_id"]), **told)


def step(kind: str = "sign", case_id: str = "p/a/1", n: int = 1, **values: Any) -> StepRow:
    """A department's step that began with the filing, known without end."""
    usual: dict[str, Any] = {
        "place": "p",
        "flow": "case",
        "department": "d1",
        "reported_at": reported(case_id),
        "at": FILED,
        "due": None,
        "done": None,
        "result": None,
        "worked": None,
        "filed_at": FILED,
        "void_at": None,
        "rejected_at": None,
        "excluded_at": None,
        "known_from": KNOWN,
        "known_to": INFINITY,
        "revision": 1,
    }
    return StepRow(case_id=case_id, kind=kind, n=n, **(usual | values))


def call(id_: str = "c1", **values: Any) -> CallRow:
    """A call of the same instant and area, answered after seven seconds."""
    usual: dict[str, Any] = {
        "sender": "line/telephone",
        "sha256": "0",
        "place": "p",
        "offered_at": FILED,
        "answered_at": FILED + timedelta(seconds=7),
        "area": "a",
        "origin": Origin("gridloop.calls.v1", 0, 0),
        "ingested_at": KNOWN,
    }
    return CallRow(id=id_, **(usual | values))


class Book(NamedTuple):
    """Rows of all ledgers."""

    spans: list[Span]
    reports: list[ReportRow]
    steps: list[StepRow]
    calls: Sequence[CallRow] = ()


def counted(book: Book, query: Query) -> list[Row]:
    """The reference's answer."""
    return compute(book.spans, book.reports, query, book.steps, book.calls)


# --- drawn ---------------------------------------------------------------------------------------

PLACES = ("p", "q", "r", "p~check")
ZONES = {"p": "Asia/Shanghai", "q": "America/New_York", "r": "Australia/Lord_Howe"}

_MIDNIGHT = datetime(2025, 12, 31, 16, tzinfo=UTC)  # of a new year in Shanghai
_TICK = timedelta(microseconds=1)
INSTANTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2025, 11, 2, 5, 30, tzinfo=UTC),  # the hour that New York has twice
    _MIDNIGHT - _TICK,
    _MIDNIGHT,
    _MIDNIGHT + _TICK,
    _MIDNIGHT + DAY,
]
"""Few instants, so that they often meet: a closing at the very deadline, an A at a very change."""

instants = st.sampled_from(INSTANTS)
KNOWLEDGE = [datetime(2026, 3, 1, tzinfo=UTC) + n * timedelta(milliseconds=1) for n in range(6)]
codes = st.sampled_from([None, "a", "b", "甲"])
LEVELS = {"community": ("a", "b", "甲"), "street": ("s", "镇"), "city": ("c",)}
"""A tree's levels and the codes of its areas on each."""

lineages = st.tuples(
    *(
        st.sampled_from([None, *((level, code) for code in codes)])
        for level, codes in LEVELS.items()
    )
).map(lambda told: [rung for rung in told if rung is not None])
happenings = st.lists(st.sampled_from([word.value for word in Happened]), max_size=3, unique=True)
provenances = st.fixed_dictionaries(dict.fromkeys(PROVENANCE, codes))
results = st.sampled_from(
    [None, *(one.value for one in Ending), "satisfied", "dissatisfied", "emergency"]
)
flows = st.sampled_from([Flow.CASE, Flow.CASE, Flow.OPINION])
homes = st.sampled_from(["a", "import-07"])


@st.composite
def _values(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["fixed", "fixed", "none", "unknown"]))
    states = ["dispatched", "handled", "open", "closed", "closed", "void", "rejected"]
    state = draw(st.sampled_from(states))
    over = state == "closed"
    return {
        "state": state,
        "filed_at": draw(st.one_of(instants, st.none()) if state == "open" else instants),
        "handled_at": draw(st.one_of(st.none(), instants)),
        "closed_at": draw(instants) if over else draw(st.one_of(st.none(), instants)),
        "void": state in {"void", "rejected"} or draw(st.integers(0, 9)) == 0,
        "excluded": draw(st.integers(0, 3)) == 0,
        "deadline": draw(instants) if kind == "fixed" else None,
        "deadline_kind": kind,
        "department": draw(codes),
        "source": draw(st.sampled_from(["hotline", "patrol"])),
        "street": draw(codes),
        "area": draw(codes),
        "grid": draw(codes),
        "lineage": draw(lineages),
        "category": draw(codes),
        "matter": draw(codes),
        "outcome": draw(st.sampled_from([None, "adopted", "voted"])),
        "level": draw(codes),
        "satisfaction": draw(st.sampled_from([None, "satisfied", "dissatisfied"])),
        "mode": draw(st.sampled_from(["normal", "emergency"])),
        "happened": draw(happenings),
        "renamed": draw(st.booleans()),
        "patrol_visible": draw(st.sampled_from([None, True, False])),
        **draw(provenances),
    }


@st.composite
def _case(draw: st.DrawFn, case_id: str, values: list[dict[str, Any]]) -> list[Span]:
    """One case's rows as they are written: each revision ends what was known and tells it anew."""
    told, place = st.sampled_from(values), case_id.partition("/")[0]
    flow = draw(flows).value
    knowns = sorted(draw(st.sets(st.sampled_from(KNOWLEDGE), min_size=1, max_size=3)))
    written: list[Span] = []
    standing: list[Span] = []
    for revision, known in enumerate(knowns):
        ended = [msgspec.structs.replace(s, known_to=known, revision=revision) for s in standing]
        edges = [*sorted(draw(st.sets(instants, min_size=1, max_size=3))), INFINITY]
        standing = [
            span(
                case_id,
                place=place,
                flow=flow,
                from_at=from_at,
                to_at=to_at,
                known_from=known,
                revision=revision,
                **draw(told),
            )
            for from_at, to_at in pairwise(edges)
        ]
        written += [*ended, *standing]
    return written


words = st.fixed_dictionaries(
    {
        "read_as": st.sampled_from([None, *ReadAs]),
        "regrouped_at": st.one_of(st.none(), instants),
        "regrouped_known_from": st.sampled_from([None, *KNOWLEDGE]),
        "judged_at": st.one_of(st.none(), instants),
        "judged_known_from": st.sampled_from([None, *KNOWLEDGE]),
        "confirmed": st.booleans(),
    }
)
"""What machine and people said of a report."""


@st.composite
def _report(draw: st.DrawFn, id_: str, case_id: str, flow: str) -> list[ReportRow]:
    """One report's rows: its own fields may be told again by a later revision."""
    row = report(
        id_,
        place=case_id.partition("/")[0],
        flow=flow,
        case_id=case_id,
        opened=draw(st.booleans()),
        occurred_at=draw(instants),
        ingested_at=draw(st.sampled_from(KNOWLEDGE)),
        source=draw(st.sampled_from(["hotline", "citizen"])),
        area=draw(codes),
        lineage=draw(lineages),
        matter=draw(codes),
        requester=draw(st.sampled_from([None, "t1", "t2"])),
        classified_by=draw(st.sampled_from([None, "sender", "terms", "model"])),
        camera=draw(codes),
        algorithm=draw(codes),
        **draw(words),
        **draw(provenances),
    )
    if not draw(st.booleans()):
        return [row]
    again = {"area": draw(codes), "lineage": draw(lineages)}
    return [row, msgspec.structs.replace(row, **again, revision=2)]


_step_values = st.fixed_dictionaries(
    {
        "department": codes,
        "at": instants,
        "due": st.one_of(st.none(), instants),
        "done": st.one_of(st.none(), instants),
        "result": results,
        "worked": st.one_of(st.none(), st.integers(0, 9 * 10**11)),
        "filed_at": st.one_of(st.none(), instants, instants, instants),
        "void_at": st.one_of(st.none(), st.none(), st.none(), instants),
        "rejected_at": st.one_of(st.none(), instants),
        "excluded_at": st.one_of(st.none(), instants),
    }
)


@st.composite
def _step(
    draw: st.DrawFn, case_id: str, flow: str, n: int, values: list[dict[str, Any]]
) -> list[StepRow]:
    """One step's rows as they are written, as those of a case."""
    written: list[StepRow] = []
    kind = draw(st.sampled_from([kind.value for kind in StepKind]))
    knowns = sorted(draw(st.sets(st.sampled_from(KNOWLEDGE), min_size=1, max_size=2)))
    for revision, known in enumerate(knowns):
        if written:
            ended = msgspec.structs.replace(written[-1], known_to=known, revision=revision)
            written.append(ended)
        told = draw(st.sampled_from(values))
        place = case_id.partition("/")[0]
        own = {"place": place, "flow": flow, "known_from": known, "revision": revision}
        written.append(step(kind, case_id, n, **own, **told))
    return written


rings = st.sampled_from(
    [None, timedelta(0), timedelta(seconds=15), timedelta(seconds=15) + _TICK, DAY]
)
"""How long a call rings: until the very limit, just beyond it, to the next day, or for nothing."""


@st.composite
def _call(draw: st.DrawFn, id_: str) -> list[CallRow]:
    """One call's rows in the log's order; told again otherwise, it stands as at first."""
    place, known = draw(st.sampled_from(PLACES)), sorted(draw(st.permutations(KNOWLEDGE))[:2])
    told = []
    for ingested_at in known[: draw(st.integers(1, 2))]:
        offered, rang = draw(instants), draw(rings)
        told.append(
            call(
                id_,
                place=place,
                offered_at=offered,
                answered_at=None if rang is None else offered + rang,
                channel=draw(codes),
                street=draw(codes),
                area=draw(codes),
                lineage=draw(lineages),
                ingested_at=ingested_at,
            )
        )
    return told


@st.composite
def ledgers(draw: st.DrawFn) -> Book:
    """All ledgers' rows, with superseded revisions among them."""
    values = draw(st.lists(_values(), min_size=1, max_size=6))  # few, for drawing each is slow
    ids = st.builds("{}/{}/{}".format, st.sampled_from(PLACES), homes, st.integers(0, 9))
    cases = [draw(_case(id_, values)) for id_ in sorted(draw(st.sets(ids, max_size=8)))]
    of = {rows[0].case_id: rows[0].flow for rows in cases}
    named = draw(st.lists(st.sampled_from([*of]) if of else ids, max_size=4))
    reports = [draw(_report(f"t{n:02}", id_, of.get(id_, "case"))) for n, id_ in enumerate(named)]
    begun = draw(st.lists(st.sampled_from([*of]) if of else ids, max_size=4))
    moves = draw(st.lists(_step_values, min_size=1, max_size=3))
    steps = [draw(_step(id_, of.get(id_, "case"), n, moves)) for n, id_ in enumerate(begun)]
    calls = [draw(_call(f"c{n}")) for n in range(draw(st.integers(0, 4)))]
    return Book(*(list(chain.from_iterable(one)) for one in (cases, reports, steps, calls)))


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Any question: past or future, known then or now, of one place or all, cut anyhow."""
    maybe = st.one_of(st.none(), instants)
    place = draw(st.one_of(st.none(), st.sampled_from(PLACES)))
    fields = st.lists(st.sampled_from(FIELDS), unique=True, max_size=3)
    figures = st.lists(st.sampled_from(list(FIGURES)), unique=True, min_size=1, max_size=8)
    return Query(
        as_of=draw(st.one_of(instants, st.just(datetime(2031, 1, 1, tzinfo=UTC)))),
        known_at=draw(st.sampled_from([*KNOWLEDGE, INFINITY, INFINITY])),
        from_=draw(maybe),
        to=draw(maybe),
        place=place,
        flow=draw(flows),
        by=tuple(draw(fields)),
        at_level=draw(st.sampled_from([None, *LEVELS, "grid"])),
        inside=draw(st.sampled_from([None, None, "a", "镇", "nowhere"])),
        figures=tuple(draw(st.one_of(figures, st.just(list(FIGURES))))),
        zone=draw(st.sampled_from(sorted(ZONES.values()))),
        zones=draw(st.sampled_from([{}, ZONES])),
    )
