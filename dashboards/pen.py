"""Panels, drawn in one language: of figures from the registry, or of rows with a SELECT of their
own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from grafana_foundation_sdk.builders import barchart, common, geomap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueTextMode,
    FrameGeometrySourceMode,
    StackingMode,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, Threshold

from dashboards import sql
from dashboards.query import METRICS, SERIES, STORE, TABLE, Asked, Sql, promql
from dashboards.words import (
    AMBER,
    FIELDS,
    GREEN,
    LEVELS,
    LOW,
    RED,
    UNITS,
    Lang,
    Say,
    meaning_of,
    name_of,
)
from streams.core.lifecycle import Flow
from streams.core.registry import FIGURES

Panel = Any
"""A panel's builder: the library has one class for each kind, without a common type."""

WIDE, HALF, THIRD = 24, 12, 8


class Column(msgspec.Struct, frozen=True):
    """How a column is shown: its name, unit, words for values, colours, and where a click leads."""

    id: str
    name: Say
    unit: str = ""
    words: Mapping[str, Say] = {}
    levels: tuple[float, float] | None = None
    link: str = ""
    colour: str = ""
    hidden: bool = False


CODE = Column("code", Say("代码", "Code"), hidden=True)
BOUND = Column("bound", Say("下限", "Lower bound"), "percentunit")
STANDING = Column("standing", Say("名次", "Rank"))
ROWS_CODE = "${__data.fields.code}"


class Pen(msgspec.Struct, frozen=True):
    """Draws for a board of one language, which can be narrowed down by these filters."""

    lang: Lang
    filters: tuple[str, ...] = sql.FILTERS

    # --- figures ---

    def stat(
        self,
        title: Say,
        figures: tuple[str, ...],
        *,
        flow: Flow = Flow.CASE,
        windowed: bool = True,
        width: int = WIDE,
        height: int = 4,
    ) -> Panel:
        """Large numbers, each a figure."""
        text = sql.figures_sql(figures, flow=flow, filters=self.filters, windowed=windowed)
        columns = [self._figure(name, windowed=windowed, flow=flow) for name in figures]
        return self.numbers(title, meaning_of(figures), text, columns, width=width, height=height)

    def trend(
        self,
        title: Say,
        figures: tuple[str, ...],
        *,
        cut: str | None = None,
        words: Mapping[str, Say] | None = None,
        width: int = HALF,
        height: int = 8,
    ) -> Panel:
        """Figures day by day; by `cut` one line for each code."""
        text = sql.by_day(figures, cut=cut, filters=self.filters)
        columns = [self._figure(name) for name in figures]
        if cut:
            columns = [
                Column(code, said, link=self.cases(figures[0], cut, code, windowed=True))
                for code, said in (words or {}).items()
            ]
        panel = timeseries.Panel().unit(UNITS[FIGURES[figures[0]].unit]).fill_opacity(8)
        about = meaning_of(figures)
        return self._drawn(
            panel, title, about, text, columns, width=width, height=height, format_=SERIES
        )

    def figures(
        self,
        title: Say,
        field: str,
        figures: tuple[str, ...],
        *,
        extra: Mapping[str, tuple[str, Column]] | None = None,
        order: str = "",
        words: Mapping[str, Say] | None = None,
        sized: Sequence[str] = (),
        width: int = WIDE,
        height: int = 9,
    ) -> Panel:
        """A row for each code of a field, a column for each figure; a cell leads to its cases."""
        extra = extra or {}
        text = sql.by_code(
            field,
            figures,
            self.lang,
            extra=[f"{expression} AS {name}" for name, (expression, _) in extra.items()],
            order=order,
            filters=self.filters,
            sized=sized,
        )
        columns = [CODE, Column("name", FIELDS[field], words=words or {})]
        columns += [self._figure(name, field) for name in figures]
        columns += [column for _, column in extra.values()]
        about = meaning_of(figures)
        return self._drawn(table.Panel(), title, about, text, columns, width=width, height=height)

    def _figure(
        self, name: str, cut: str = "", *, windowed: bool = True, flow: Flow = Flow.CASE
    ) -> Column:
        figure, listed = FIGURES[name], name in sql.BEHIND
        link = self.cases(name, cut, windowed=windowed, flow=flow) if listed else ""
        return Column(name, name_of(figure), UNITS[figure.unit], {}, LEVELS.get(name), link)

    def cases(
        self,
        figure: str,
        cut: str = "",
        code: str = ROWS_CODE,
        *,
        windowed: bool = False,
        flow: Flow = Flow.CASE,
    ) -> str:
        """Where what a figure of the flow counts is listed: by `cut` those of a code; of the range,
        or of all time before its end."""
        kept = [name for name in (*self.filters, "known_at", "place") if name != cut]
        asked = [f"${{{name}:queryparam}}" for name in kept]
        asked += [f"var-{cut}={code}"] if cut else []
        time = "${__url_time_range}" if windowed else "from=0&to=${__to}"
        board = f"/d/{uid('cases', self.lang)}?{time}"
        return "&".join([board, *asked, f"var-flow={flow.value}", f"var-figure={figure}"])

    def case(self) -> str:
        """Where the case that a cell names is told."""
        asked = "${__url_time_range}&${place:queryparam}&var-case=${__value.raw}"
        return f"/d/{uid('case', self.lang)}?{asked}"

    # --- anything else ---

    def rows(
        self,
        title: Say,
        about: Say,
        text: str,
        columns: Iterable[Column],
        *,
        width: int = WIDE,
        height: int = 8,
    ) -> Panel:
        """A table of a SELECT."""
        return self._drawn(table.Panel(), title, about, text, columns, width=width, height=height)

    def numbers(
        self,
        title: Say,
        about: Say,
        text: str,
        columns: Iterable[Column],
        *,
        width: int = WIDE,
        height: int = 4,
    ) -> Panel:
        """Large numbers: the columns of one row."""
        panel = stat.Panel().color_mode(BigValueColorMode.VALUE)
        panel.text_mode(BigValueTextMode.VALUE_AND_NAME)
        panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("/.*/"))
        return self._drawn(panel, title, about, text, columns, width=width, height=height)

    def bars(
        self,
        title: Say,
        about: Say,
        text: str,
        columns: Iterable[Column],
        *,
        width: int = HALF,
        height: int = 8,
    ) -> Panel:
        """Bars: the first column says what each is of."""
        panel = barchart.Panel().x_tick_label_rotation(-30).stacking(StackingMode.NORMAL)
        return self._drawn(panel, title, about, text, columns, width=width, height=height)

    def lines(
        self,
        title: Say,
        about: Say,
        text: str,
        columns: Iterable[Column],
        *,
        unit: str = "short",
        width: int = HALF,
        height: int = 8,
    ) -> Panel:
        """Lines over time: the first column is `time`."""
        panel = timeseries.Panel().unit(unit)
        return self._drawn(
            panel, title, about, text, columns, width=width, height=height, format_=SERIES
        )

    def map(self, title: Say, about: Say, text: str, columns: Iterable[Column]) -> Panel:
        """Points by `latitude` and `longitude` in WGS-84, as large as `size` and coloured by it, on
        whatever ground the server is set to."""
        where = common.FrameGeometrySource().mode(FrameGeometrySourceMode.COORDS)
        where.latitude("latitude").longitude("longitude")
        style = {
            "size": {"field": "size", "min": 3, "max": 18, "fixed": 5},
            "color": {"field": "size", "fixed": RED},
            "opacity": 0.6,
        }
        layer = common.MapLayerOptions().type("markers").name(title.in_(self.lang)).location(where)
        panel = geomap.Panel().layers([layer.config({"style": style, "showLegend": False})])
        panel.view(geomap.MapViewConfig().id("fit")).basemap(
            common.MapLayerOptions().type("default").name("ground")
        )
        return self._drawn(panel, title, about, text, columns, width=HALF, height=10)

    def metrics(
        self,
        title: Say,
        about: Say,
        *asked: tuple[str, Say | str],
        unit: str = "short",
        width: int = HALF,
    ) -> Panel:
        """PromQL expressions over time, each with a legend."""
        panel = timeseries.Panel().unit(unit).datasource(METRICS)
        for n, (expression, legend) in enumerate(asked):
            told = legend if isinstance(legend, str) else legend.in_(self.lang)
            panel.with_target(promql(chr(ord("A") + n), expression, told))
        return self._named(panel, title, about, width, 8)

    # --- what all have in common ---

    def _drawn(
        self,
        panel: Panel,
        title: Say,
        about: Say,
        text: str,
        columns: Iterable[Column],
        *,
        width: int,
        height: int,
        format_: int = TABLE,
    ) -> Panel:
        panel.datasource(STORE).with_target(Asked(Sql("A", text, format_)))
        for column in columns:
            panel.override_by_name(
                column.id, list(self._shown(column, isinstance(panel, table.Panel)))
            )
        return self._named(panel, title, about, width, height)

    def _named(self, panel: Panel, title: Say, about: Say, width: int, height: int) -> Panel:
        panel.title(title.in_(self.lang)).description(about.in_(self.lang))
        return panel.span(width).height(height)

    def _shown(self, column: Column, in_table: bool) -> Iterable[DynamicConfigValue]:
        yield DynamicConfigValue("displayName", column.name.in_(self.lang))
        if column.unit:
            yield DynamicConfigValue("unit", column.unit)
        if column.words:
            said = {code: {"text": word.in_(self.lang)} for code, word in column.words.items()}
            yield DynamicConfigValue("mappings", [{"type": "value", "options": said}])
        if column.levels:
            yield DynamicConfigValue("thresholds", levels(column.levels).build())
            yield DynamicConfigValue("color", {"mode": "thresholds"})
            if in_table:
                yield DynamicConfigValue("custom.cellOptions", {"type": "color-text"})
        if column.colour:
            yield DynamicConfigValue("color", {"mode": "fixed", "fixedColor": column.colour})
        if column.link:
            title = Say("查看案件", "Show the cases").in_(self.lang)
            yield DynamicConfigValue("links", [{"title": title, "url": column.link}])
        if column.hidden:
            yield DynamicConfigValue("custom.hidden", True)


def levels(at: tuple[float, float]) -> ThresholdsConfig:
    """Red, amber, green from below; or the other way round where low is good."""
    first, second = at
    colours: Sequence[str] = (GREEN, AMBER, RED) if at == LOW else (RED, AMBER, GREEN)
    bounds = zip((None, first, second), colours, strict=True)
    return ThresholdsConfig().steps([Threshold(value=value, color=one) for value, one in bounds])


def uid(board: str, lang: Lang) -> str:
    """The fixed id of a board, by which links find it."""
    return f"gridloop-{quote(board)}{'-en' if lang is Lang.EN else ''}"
