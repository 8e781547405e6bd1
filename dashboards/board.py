"""A board: what it is called, what it can be narrowed down by, and its sections."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

with warnings.catch_warnings():
    # Of the library's two models of a board files are provisioned in the older one.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import dashboard

from grafana_foundation_sdk.models.dashboard import Dashboard, DashboardCursorSync

from dashboards import controls
from dashboards.pen import Panel, Pen, uid
from dashboards.sql import FILTERS
from dashboards.words import Lang, Say


class Section(msgspec.Struct, frozen=True):
    """A titled group of panels; `filters` are those that its board must have beside the usual."""

    title: Say
    draw: Callable[[Pen], Iterable[Panel]]
    filters: tuple[str, ...] = ()


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """One board. `place` fixes it to one place; `asks` says which further variables it has."""

    id: str
    title: Say
    about: Say
    sections: tuple[Section, ...]
    filters: tuple[str, ...] = FILTERS
    place: str = ""
    asks: tuple[str, ...] = ()
    since: str = "now-30d"

    @property
    def narrowed_by(self) -> tuple[str, ...]:
        """All its filters."""
        further = (name for section in self.sections for name in section.filters)
        return tuple(dict.fromkeys((*self.filters, *further)))

    def drawn(self, lang: Lang) -> Dashboard:
        """In one language."""
        board = dashboard.Dashboard(self.title.in_(lang)).uid(uid(self.id, lang)).readonly()
        board.description(self.about.in_(lang)).tags([controls.TAG, lang.value])
        board.timezone("Asia/Shanghai").week_start("monday").fiscal_year_start_month(0)
        board.time(self.since, "now").refresh("1m").tooltip(DashboardCursorSync.CROSSHAIR)
        for variable in self._variables(lang):
            board.with_variable(variable)
        for note in controls.annotations(lang):
            board.annotation(note)
        board.link(controls.links(lang))
        self._fill(board, Pen(lang, self.narrowed_by))
        return board.build()

    def _variables(self, lang: Lang) -> Iterable[Any]:
        yield from controls.sources(lang, "metrics" in self.asks)
        yield from controls.place(lang, self.place)
        if "figure" in self.asks:
            yield controls.figure(lang)
            yield controls.flow(lang)
        if "case" in self.asks:
            yield controls.case(lang)
        yield from controls.filters(self.narrowed_by, lang)

    def _fill(self, board: dashboard.Dashboard, pen: Pen) -> None:
        number = 0
        for section in self.sections:
            number += 1
            board.with_row(dashboard.Row(section.title.in_(pen.lang)).id(number))
            for panel in section.draw(pen):
                number += 1
                board.with_panel(panel.id(number))
