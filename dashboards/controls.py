"""What boards share: variables that narrow down one another, annotations, and links from board to
board."""

from collections.abc import Iterable, Mapping

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
)

from dashboards import sql
from dashboards.query import CLICKHOUSE, STORE, Asked, Sql
from dashboards.words import FIELDS, FLOWS, REPORTERS, SOURCES, Lang, Say
from streams.core.lifecycle import Flow
from streams.core.registry import FIGURES

TAG = "gridloop"
WORDED = {"source": SOURCES, "reporter_kind": REPORTERS}
"""Filters whose codes are ours."""
MODE, RESTATED = Say("平急转换", "Modes"), Say("事实更正", "Restatements")


# --- variables -----------------------------------------------------------------------------------


def sources(lang: Lang, metrics: bool) -> Iterable[dashboard.DatasourceVariable]:
    """Where the board's answers come from."""
    label = Say("数据源", "Data source").in_(lang)
    yield dashboard.DatasourceVariable("datasource").label(label).type(CLICKHOUSE)
    if metrics:
        label = Say("指标数据源", "Metrics").in_(lang)
        yield dashboard.DatasourceVariable("metrics").label(label).type("prometheus")


def place(lang: Lang, fixed: str = "") -> Iterable[object]:
    """The place, its zone, and K: everything known where it is left empty."""
    if fixed:
        yield _fixed("place", fixed)
    else:
        named = sql.spoken("body", lang, "name_zh", "name_en")
        latest = "argMax(body, (valid_from, origin_offset)) AS body"
        yield _query(
            "place",
            FIELDS["place"],
            lang,
            f"SELECT place, if(empty({named}), place, {named}) AS name FROM (SELECT place, {latest}"
            " FROM reference_documents FINAL WHERE kind = 'place' GROUP BY place) ORDER BY place",
        )
    zone = (
        f"ifNull(nullIf(JSONExtractString({sql.document('place')}, 'zone'), ''), 'Asia/Shanghai')"
    )
    yield _query("zone", Say("时区", "Zone"), lang, f"SELECT {zone}").hide(
        VariableHide.HIDE_VARIABLE
    )
    about = Say(
        "知悉时刻:只计此前入库的输入,如 2026-02-14 18:00;留空为已知的全部",
        "Known at: only what had arrived by then, as 2026-02-14 18:00; empty for all that is known",
    )
    label = Say("知悉时刻", "Known at").in_(lang)
    yield dashboard.TextBoxVariable("known_at").label(label).description(about.in_(lang))


def filters(names: Iterable[str], lang: Lang) -> Iterable[object]:
    """What the board can be narrowed down to: codes as values, names shown."""
    for name in names:
        if name in WORDED:
            yield _listed(name, FIELDS[name], WORDED[name], lang)
        else:
            yield (
                _query(name, FIELDS[name], lang, _codes(name, lang))
                .include_all(True)
                .multi(True)
                .current(VariableOption(selected=True, text="All", value="$__all"))
            )


def figure(lang: Lang) -> dashboard.QueryVariable:
    """The figure whose cases are listed."""
    return _listed("figure", Say("指标", "Figure"), behind(), lang, one="case_count")


def flow(lang: Lang) -> dashboard.QueryVariable:
    """The flow of which they are."""
    return _listed("flow", Say("流", "Flow"), FLOWS, lang, one=Flow.CASE.value)


def behind() -> Mapping[str, Say]:
    """The figures that rows stand behind."""
    return {
        name: Say(f"{one.zh} {name}", f"{one.en} {name}")
        for name, one in ((name, FIGURES[name]) for name in sql.BEHIND)
    }


def case(lang: Lang) -> dashboard.TextBoxVariable:
    """The case that is told."""
    return dashboard.TextBoxVariable("case").label(Say("案件编号", "Case").in_(lang))


def _codes(field: str, lang: Lang) -> str:
    """`code`, `name` of a field's values, within what is chosen of the fields above it."""
    if field == "grid":
        inside = f"{_within('code', 'area')} AND {_within(_told('parent'), 'street')}"
        return (
            "SELECT grid AS code, grid AS name FROM"
            " (SELECT arrayJoin(JSONExtract(row, 'grids', 'Array(String)')) AS grid"
            f" FROM ({sql.names('area', lang)}) WHERE {inside}) ORDER BY code"
        )
    inside = {
        "street": f"{_told('level')} = 'street'",
        "area": f"{_told('level')} != 'street' AND NOT empty({_told('parent')})"
        f" AND {_within(_told('parent'), 'street')}",
        "matter": _within(_told("category"), "category"),
    }.get(field, "1")
    return (
        "SELECT code, if(empty(name), code, name) AS name"
        f" FROM ({sql.names(field, lang)}) WHERE {inside} ORDER BY code"
    )


def _told(key: str) -> str:
    return f"JSONExtractString(row, '{key}')"


def _within(value: str, chosen: str) -> str:
    return f"$__conditionalAll({value} IN (${{{chosen}:sqlstring}}), ${chosen})"


def _query(name: str, label: Say, lang: Lang, text: str) -> dashboard.QueryVariable:
    asked = dashboard.QueryVariable(name).label(label.in_(lang)).datasource(STORE)
    return asked.query(text).definition(text).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _listed(
    name: str, label: Say, words: Mapping[str, Say], lang: Lang, one: str = ""
) -> dashboard.QueryVariable:
    """A choice of words that are ours; asked of the store all the same, which alone shows a text
    beside a value."""
    told = {code: said.in_(lang).replace("'", "''") for code, said in words.items()}
    rows = ", ".join(f"('{code}', '{text}')" for code, text in told.items())
    text = f"SELECT code, name FROM values('code String, name String', {rows})"
    chosen = _query(name, label, lang, text)
    if one:
        option = VariableOption(selected=True, text=words[one].in_(lang), value=one)
        return chosen.current(option)
    every = VariableOption(selected=True, text="All", value="$__all")
    return chosen.include_all(True).multi(True).current(every)


def _fixed(name: str, value: str) -> dashboard.ConstantVariable:
    return dashboard.ConstantVariable(name).value(value)


# --- annotations, links --------------------------------------------------------------------------


def annotations(lang: Lang) -> Iterable[dashboard.AnnotationQuery]:
    """When a place's mode changed, and when facts that had been counted were withdrawn."""
    listed = "JSONExtractArrayRaw(body, 'modes')"
    area, mode = (f"JSONExtractString(one, '{key}')" for key in ("area", "mode"))
    told = f"arrayMap(one -> concat({area}, ' ', {mode})"
    modes = (
        "SELECT valid_from AS time,"
        f" concat('{MODE.in_(lang)} ', arrayStringConcat({told}, {listed}), '; ')) AS text,"
        f" 'modes' AS tags FROM reference_documents FINAL WHERE place = {sql.PLACE}"
        f" AND kind = 'modes' AND valid_from >= {sql.BEGIN} AND valid_from < {sql.AS_OF}"
        " ORDER BY time"
    )
    here = (
        f"place = {sql.PLACE} AND withdrawn"
        f" AND ingested_at >= {sql.BEGIN} AND ingested_at < {sql.AS_OF}"
    )
    # Few cases have such facts: by their ids FINAL reads these alone, not the whole ledger.
    restated = (
        "SELECT toStartOfHour(ingested_at) AS time,"
        f" concat('{RESTATED.in_(lang)} ', toString(count())) AS text, 'restated' AS tags"
        f" FROM facts FINAL WHERE {here} AND case_id IN (SELECT case_id FROM facts WHERE {here})"
        " GROUP BY time ORDER BY time"
    )
    for name, text, colour in ((MODE, modes, "purple"), (RESTATED, restated, "orange")):
        note = dashboard.AnnotationQuery().name(name.in_(lang)).datasource(STORE)
        yield note.enable(True).icon_color(colour).target(Asked(Sql("Anno", text)))


def links(lang: Lang) -> dashboard.DashboardLink:
    """All boards of the language; range and variables go along."""
    link = dashboard.DashboardLink(Say("看板", "Boards").in_(lang)).as_dropdown(True)
    link.type(DashboardLinkType.DASHBOARDS).tags([TAG, lang.value])
    return link.include_vars(True).keep_time(True)
