"""部门 · who handles in time, who returns, who comes when called: ranked fairly."""

from collections.abc import Iterable

from dashboards import sql
from dashboards.board import Board, Section
from dashboards.pen import BOUND, HALF, STANDING, Column, Panel, Pen
from dashboards.words import Say
from streams.core.ranking import LEAST

RANKED_BY = "on_time_closure_rate"
N = f"{RANKED_BY}_n"
WHOSE = ("department",)
RETURNS = ("dispatch_count", "dispatch_return_rate", "rework_count")
IN_TIME = ("on_time_signing_rate", "on_time_handling_rate", "response_rate")
RESPONSE = (
    *("on_time_signing_rate", "signing_time_p50", "on_time_handling_rate"),
    *("handling_time_p50", "handling_time_working_p50", "response_rate"),
    *("arrival_on_time_rate", "arrival_time_p50"),
)


def ranking(pen: Pen) -> Iterable[Panel]:
    """By the lower bound of the rate, those with few cases last and without a place."""
    yield pen.figures(
        Say("公平排名", "A fair ranking"),
        "department",
        (RANKED_BY, "case_count", "backlog", "backlog_overdue", "completion_rate"),
        extra={
            "bound": (sql.bound(RANKED_BY, N), BOUND),
            "standing": (sql.STANDING, STANDING),
            N: (f"told.{N}", Column(N, Say("应结", "Due"), "short")),
        },
        order="bound DESC NULLS LAST",
        sized=(RANKED_BY,),
    )


def returns(pen: Pen) -> Iterable[Panel]:
    """退单与返工, and what went to the wrong department."""
    yield pen.figures(
        Say("退单与返工", "Returns and reworks"),
        "department",
        RETURNS,
        order="dispatch_return_rate DESC",
        width=HALF,
    )
    yield pen.figures(
        Say("派遣、重开、申诉", "Dispatching, reopening, disputes"),
        "department",
        ("dispatched_count", "accurate_dispatch_rate", "rework_rate", "dispute_rate"),
        width=HALF,
    )


def response(pen: Pen) -> Iterable[Panel]:
    """How soon they sign, handle, answer, arrive."""
    yield pen.figures(
        Say("签收、处置、响应、报到", "Signing, handling, response, arrival"),
        "department",
        RESPONSE,
        order="on_time_handling_rate",
    )
    joint = ("whistle_count", "arrival_count", "arrival_on_time_rate", "raised_count")
    yield pen.stat(Say("吹哨报到", "Whistles and arrivals"), joint, width=HALF, height=8)
    yield pen.trend(Say("每日按时", "In time by day"), IN_TIME)


RANKING = Section(Say("排名", "Ranking"), ranking, WHOSE)
RETURNED = Section(Say("退单", "Returns"), returns, WHOSE)
RESPONDING = Section(Say("响应与报到", "Response and arrival"), response, WHOSE)

BOARD = Board(
    id="departments",
    title=Say("网格闭环 · 部门", "Gridloop · Departments"),
    about=Say(
        f"按 Wilson 下限排名;应结少于 {LEAST} 件的不排",
        f"Ranked by Wilson's lower bound; those with fewer than {LEAST} due cases are not ranked",
    ),
    sections=(RANKING, RETURNED, RESPONDING),
)
