"""The registry's figures, asked with a board's time range and variables.

The range is [from, to), and A its end; `known_at` is K, empty for everything known. What a person
may write into a variable reaches SQL as a quoted text; but Grafana pairs quotes and leaves
backslashes, which the server reads as escapes, so boards must be asked as a user that only reads.
"""

from collections.abc import Iterable, Mapping, Sequence

from dashboards.words import Lang
from streams.core.events import INFINITY
from streams.core.figures import Query
from streams.core.ledgers_sql import MONTH, Only, source
from streams.core.lifecycle import Flow
from streams.core.panels_sql import behind_sql, values_sql
from streams.core.predicates import INSTANT, instant_text, sql_of
from streams.core.query import not_of
from streams.core.ranking import LEAST, wilson_sql
from streams.core.registry import FIGURES, Ledger, Unit
from streams.core.slots_sql import FIELDS_OF_SLOTS, slots_sql

BEHIND = tuple(
    name
    for name, one in FIGURES.items()
    if one.unit is not Unit.SCORE and not name.endswith("_raw")
)
"""The figures whose rows can be listed: a score has none, and no board shows the raw twins."""

AT, FROM = "$__toTime_ms", "$__fromTime_ms"
PLACE, ZONE = "${place:sqlstring}", "${zone:sqlstring}"
EVERYTHING = f"{instant_text(INFINITY)}Z"

FILTERS = ("street", "area", "grid", "source", "category", "matter")
"""What every board may be narrowed down to: fields of cases, steps and reports alike."""

WORDS: Mapping[str, str] = {
    "as_of": AT,
    "known_at": (
        "parseDateTime64BestEffort(if(${known_at:sqlstring} = '', "
        f"'{EVERYTHING}', ${{known_at:sqlstring}}), 6, {ZONE})"
    ),
    "from": FROM,
    "to": AT,
    "place": PLACE,
    "zone": ZONE,
    "day": "'%Y-%m-%d'",
    "replay": "'~check'",
}
"""What stands for each parameter of the registry's SQL."""

AS_OF, KNOWN_AT = (INSTANT.format(name) % WORDS for name in ("as_of", "known_at"))
BEGIN = INSTANT.format("from") % WORDS


def only(filters: Iterable[str]) -> dict[str, Only]:
    """The conditions of a board's filters, by field; idle where all is chosen."""
    return {
        name: Only(
            f"$__conditionalAll({name} IN (${{{name}:sqlstring}}), ${name})",
            f"$__conditionalAll(1=0, ${name})",
        )
        for name in filters
    }


def had(ledger: Ledger, filters: Iterable[str]) -> tuple[str, ...]:
    """Those of the filters that rows of this ledger have: a call is of no matter."""
    lacking = not_of(ledger)
    return tuple(name for name in filters if name not in lacking)


def chosen(filters: Iterable[str]) -> str:
    """All of these as one condition."""
    return " AND ".join(one.holds for one in only(filters).values())


def figures_sql(
    figures: Sequence[str],
    *,
    by: Sequence[str] = (),
    flow: Flow = Flow.CASE,
    filters: Iterable[str] = FILTERS,
    windowed: bool = True,
    one_place: bool = True,
    sized: Sequence[str] = (),
) -> str:
    """`cut_0`, `cut_1`, ... and a column for each figure, of whatever ledger; one row where nothing
    is cut. `windowed`: of what fell into the range; else of all before its end."""
    query = Query(
        as_of=INFINITY,
        from_=INFINITY if windowed else None,
        to=INFINITY if windowed else None,
        place="" if one_place else None,
        flow=flow,
        by=tuple(by),
        figures=tuple(figures),
    )
    told = {
        one: _filled(values_sql(query, one, only(filters), sized), _quoted(flow))
        for one in dict.fromkeys(FIGURES[name].ledger for name in figures)
    }
    if len(told) == 1:
        return told[FIGURES[figures[0]].ledger]
    owners = {name: FIGURES[name].ledger for name in figures}
    owners |= {f"{name}_n": FIGURES[name].ledger for name in sized}
    return _joined(told, owners, [f"cut_{n}" for n, _ in enumerate(by)])


def _joined(told: Mapping[Ledger, str], owners: Mapping[str, Ledger], cuts: Sequence[str]) -> str:
    """Of several ledgers one row for each cut; NULLs meet, too, which no JOIN would do."""
    parts = []
    for ledger, text in told.items():
        own = [name if owner is ledger else f"NULL AS {name}" for name, owner in owners.items()]
        parts.append(f"SELECT {', '.join([*cuts, *own])} FROM ({text})")
    columns = [*cuts, *(f"{_one(name)} AS {name}" for name in owners)]
    group = f" GROUP BY {', '.join(cuts)}" if cuts else ""
    return f"SELECT {', '.join(columns)} FROM ({' UNION ALL '.join(parts)}) AS told{group}"


def _one(name: str) -> str:
    """The one value there is; of a count where there is none, none were counted."""
    value = f"max(told.{name})"
    counts = name not in FIGURES or FIGURES[name].unit is Unit.COUNT
    return f"ifNull({value}, 0)" if counts else value


def _filled(text: str, flow: str) -> str:
    return text % {**WORDS, "flow": flow}


def _quoted(flow: Flow) -> str:
    return f"'{flow.value}'"


def by_day(
    figures: Sequence[str],
    *,
    cut: str | None = None,
    filters: Iterable[str] = FILTERS,
) -> str:
    """A row for each local day (and each code of `cut`, as `label`), the day as `time`."""
    by = ("day", cut) if cut else ("day",)
    told = figures_sql(figures, by=by, filters=filters)
    label = ["ifNull(cut_1, '–') AS label"] if cut else []
    return _by_day(told, [*label, *figures])


def _by_day(told: str, columns: Iterable[str]) -> str:
    """These columns of what is cut by day, the day as `time`."""
    listed = ", ".join([f"toDateTime(toDate(assumeNotNull(cut_0)), {ZONE}) AS time", *columns])
    return f"SELECT {listed} FROM ({told}) ORDER BY time"


def by_code(
    field: str,
    figures: Sequence[str],
    lang: Lang,
    *,
    extra: Iterable[str] = (),
    order: str = "",
    filters: Iterable[str] = FILTERS,
    sized: Sequence[str] = (),
    most: int = 500,
) -> str:
    """A row for each code of a field: `code`, `name`, the figures, and `extra` columns on them."""
    told = figures_sql(figures, by=(field,), filters=filters, sized=sized)
    order = order or f"{figures[0]} DESC"
    return _by_code(told, field, lang, [*figures, *extra], order=order, most=most)


def _by_code(
    told: str, field: str, lang: Lang, columns: Iterable[str], *, order: str, most: int = 500
) -> str:
    """These columns of what is cut by a field, each code with its name."""
    listed = ", ".join(["told.cut_0 AS code", named("told.cut_0"), *columns])
    return (
        f"SELECT {listed} FROM ({told}) AS told"
        f" LEFT JOIN ({names(field, lang)}) AS called ON called.code = told.cut_0"
        f" ORDER BY {order}, code LIMIT {most}"
    )


def bound(rate: str, n: str) -> str:
    """The lower bound by which a rate is ranked; NULL where it is of too few."""
    return f"if({n} < {LEAST}, NULL, {wilson_sql(rate, n)})"


STANDING = "if(bound IS NULL, NULL, rank() OVER (ORDER BY bound DESC NULLS LAST))"
"""The place by the column `bound`; equal ones share it, and those without have none."""


# --- slots ---------------------------------------------------------------------------------------

IN_GRID = "hasAny(lineage.code, [${grid:sqlstring}])"


def slots(figures: Sequence[str], filters: Iterable[str], by: Sequence[str] = ()) -> str:
    """`cut_0`, `cut_1`, ..., `expected`, `done`, and a column for each figure of slots, of the
    range; narrowed down by those of the filters that a slot has."""
    limits = {name: one for name, one in only(filters).items() if name in FIELDS_OF_SLOTS}
    if "grid" in filters:
        limits["lineage"] = Only(f"$__conditionalAll({IN_GRID}, $grid)")
    return _filled(slots_sql(by, figures, only=limits), "")


def slots_by_day(figures: Sequence[str], filters: Iterable[str]) -> str:
    """A row for each local day on which slots begin, the day as `time`."""
    return _by_day(slots(figures, filters, ("day",)), figures)


def slots_by_code(field: str, figures: Sequence[str], lang: Lang, filters: Iterable[str]) -> str:
    """A row for each code of a field, `code` and `name`; what was done least comes first."""
    told, order = slots(figures, filters, (field,)), "done / expected, expected DESC"
    return _by_code(told, field, lang, ["expected", "done", *figures], order=order)


# --- cases ---------------------------------------------------------------------------------------


def cases(having: Sequence[str], filters: Iterable[str]) -> str:
    """What stands behind FROM where a panel looks at filed cases at (A, K) of which these named
    conditions hold."""
    query = Query(as_of=INFINITY, place="")
    table, _ = source(Ledger.CASES, query, (), only(filters))
    return _filled(f"{table} AND {sql_of(tuple(having))}", _quoted(Flow.CASE))


def first(columns: Iterable[str], found: str, order: str, most: int = 100) -> str:
    """The first of such `cases`, by an instant. Looked for in two goes: what else is asked of them
    is read only in the months in which the first lie."""
    months = f"SELECT {order}, {MONTH} AS month FROM {found} ORDER BY {order} LIMIT {most}"
    return (
        f"WITH (SELECT (max({order}), groupUniqArray(month)) FROM ({months})) AS last"
        f" SELECT {', '.join(columns)} FROM {found} AND {order} <= last.1"
        f" AND {MONTH} IN (SELECT arrayJoin(last.2)) ORDER BY {order}, case_id LIMIT {most}"
    )


def facts(kinds: Iterable[str], columns: Iterable[str]) -> str:
    """What stands behind FROM where a panel looks at facts of these kinds within the range, as they
    are known at K; of kinds whose date is part of what they are, so that no version of one lies
    outside. Without FINAL, which would read every fact of the place."""
    listed = ", ".join(columns)
    named = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        f"(SELECT {listed} FROM (SELECT {listed}, withdrawn FROM facts WHERE place = {PLACE}"
        f" AND kind IN ({named}) AND occurred_at >= {BEGIN} AND occurred_at < {AS_OF}"
        f" AND ingested_at < {KNOWN_AT} ORDER BY revision DESC LIMIT 1 BY case_id, fact_id)"
        " WHERE NOT withdrawn)"
    )


def behind(ledger: Ledger, columns: Iterable[str], filters: Iterable[str]) -> str:
    """The rows behind the figure that `$figure` names, of the flow that `$flow` names; no row where
    the figure is of another ledger."""
    query = Query(as_of=INFINITY, from_=INFINITY, to=INFINITY, place="", figures=BEHIND)
    text = behind_sql(query, ledger, "${figure:sqlstring}", columns, only(filters))
    return _filled(text, "${flow:sqlstring}")


# --- names ---------------------------------------------------------------------------------------

_LISTED = {
    "street": ("areas", "areas", "code"),
    "area": ("areas", "areas", "code"),
    "schedule": ("schedules", "schedules", "id"),
    "department": ("responsibility", "departments", "id"),
    "category": ("matters", "categories", "code"),
    "matter": ("matters", "matters", "code"),
}
"""Which document names a field's codes: its kind, the list in it, and where in a row the code is.
"""


def names(field: str, lang: Lang) -> str:
    """`code`, `name`, `row` of what the place's documents list for a field at A, if they do."""
    if field not in _LISTED:
        return "SELECT '' AS code, '' AS name, '' AS row WHERE 0"
    kind, listed, key = _LISTED[field]
    return (
        f"SELECT JSONExtractString(row, '{key}') AS code, {spoken('row', lang)} AS name, row"
        f" FROM (SELECT arrayJoin(JSONExtractArrayRaw({document(kind)}, '{listed}')) AS row)"
    )


def document(kind: str) -> str:
    """The body of the place's document of a kind that is valid at A, as an expression; '' where it
    has none."""
    return (
        "ifNull((SELECT argMax(body, (valid_from, origin_offset)) FROM reference_documents FINAL"
        f" WHERE place = {PLACE} AND kind = '{kind}' AND valid_from <= {AS_OF}), '')"
    )


def spoken(row: str, lang: Lang, zh: str = "name", en: str = "name_en") -> str:
    """A name in a language, the Chinese one where there is no other."""
    chinese = f"JSONExtractString({row}, '{zh}')"
    if lang is Lang.ZH:
        return chinese
    return f"ifNull(nullIf(JSONExtractString({row}, '{en}'), ''), {chinese})"


def named(code: str) -> str:
    """`name`: the joined name of a code; the code itself where nobody names it."""
    return f"if(empty(called.name), ifNull({code}, '–'), called.name) AS name"
