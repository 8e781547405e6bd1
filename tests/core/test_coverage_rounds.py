"""Coverage: what was done of what should have been, recounted minute by minute in plain Python."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.core.coverage import Judged
from streams.core.events import Round, RoundMeans, RoundResult
from streams.core.figures import Value
from streams.core.place import Rulebook
from streams.core.roundfigures import Overview, RoundQuery, overview
from tests.core.round_inputs import TZ, book, local, made, schedule, schedules

VILLAGES = {"each": "areas", "level": "village"}


def asked(
    rules: Rulebook,
    rounds: list[Round],
    as_of: str,
    since: str = "03-03",
    *by: str,
    **tree: str,
) -> Overview:
    query = RoundQuery(
        place="here",
        zone="Asia/Shanghai",
        since=local(since),
        as_of=local(as_of),
        by=by or ("kind", "schedule"),
        **tree,
    )
    return overview(rules, rounds, query)


def share(told: Overview, figure: str, row: int = 0) -> tuple[int | None, int | None]:
    value: Value = told.rows[row].figures[figure]
    return value.numerator, value.denominator


def where(found: list[Judged]) -> list[tuple[str, str]]:
    return [
        (one.slot.subject.code, one.slot.window.start.astimezone(TZ).strftime("%m-%d"))
        for one in found
    ]


def test_a_grid_without_a_round_on_a_local_day_is_missed() -> None:
    """23:59 is that day's, 00:00 the next one's; of one that is not over nothing is said."""
    rounds = [
        made("03-03 23:59", grid="g1"),
        made("03-04 00:00", grid="g2"),
        made("03-04 12:00", grid="g1"),
    ]
    told = asked(book(schedule()), rounds, "03-05 09:00")
    assert share(told, "coverage") == (3, 6)
    assert where(told.missed) == [("g2", "03-03"), ("g3", "03-03"), ("g3", "03-04")]
    assert told.running == 3
    at_its_end = asked(book(schedule()), rounds, "03-04")
    assert share(at_its_end, "coverage") == (1, 3)


def test_frequency_counts_no_more_than_was_asked() -> None:
    """Five rounds in one grid do not make up for none in another."""
    rounds = [made(f"03-03 {hour:02d}:00", grid="g1") for hour in range(5)]
    told = asked(book(schedule(at_least=2)), [*rounds, made("03-03 09:00", grid="g3")], "03-04")
    assert share(told, "coverage") == (2, 3)
    assert share(told, "frequency_rate") == (3, 6)
    assert told.rows[0].done == 1


def test_an_offline_camera_stays_in_the_denominator() -> None:
    polls = schedule("video", subjects={"each": "numbered", "prefix": "c", "count": 3})
    rounds = [
        made("03-03 08:00", "video", subject="c1"),
        made("03-03 08:00", "video", subject="c2", result=RoundResult.OFFLINE),
    ]
    told = asked(book(polls), rounds, "03-04")
    assert share(told, "coverage") == (1, 3)
    assert told.made == {"video": {"ok": 1, "offline": 1}}


def test_a_camera_that_could_be_looked_at_is_connected() -> None:
    """Once is enough; one that was offline throughout is not. Areas and grids are no cameras.

    Of all video slots, those of the village where the cameras stand are done, too.
    """
    polls = schedule("video", subjects={"each": "numbered", "prefix": "c", "count": 3})
    scenes = schedule("video", id="S2", subjects=VILLAGES)
    rounds = [
        made("03-03 08:00", "video", subject="c1"),
        made("03-03 08:00", "video", subject="c2", result=RoundResult.OFFLINE),
        made("03-04 08:00", "video", subject="c2"),
        made("03-04 08:00", "video", subject="c3", result=RoundResult.OFFLINE),
    ]
    both = asked(book(polls, scenes, schedule(id="S3")), rounds, "03-05", "03-03", "kind")
    assert [
        (row.by["kind"], share(both, "connected_rate", n)) for n, row in enumerate(both.rows)
    ] == [
        ("patrol", (0, 0)),
        ("video", (2, 3)),
    ]
    of_video, of_patrol = "video_patrol_coverage", "patrol_coverage_area"
    together = asked(book(polls, scenes, schedule(id="S3")), rounds, "03-05", "03-03", "month")
    assert share(both, of_video, 1) == share(together, of_video) == (4, 10)
    assert share(both, of_patrol, 0) == share(together, of_patrol) == (0, 6)
    assert share(together, "coverage") == (4, 16)
    assert share(asked(book(polls), rounds, "03-04"), "connected_rate") == (1, 3)


def test_each_scene_of_a_street_is_looked_at_by_itself() -> None:
    streets = {"each": "areas", "level": "street", "scenes": ["market", "beach"]}
    rounds = [made("03-03 08:00", "video", scene="market"), made("03-03 09:00", "video")]
    told = asked(book(schedule("video", subjects=streets)), rounds, "03-04")
    assert share(told, "coverage") == (1, 2)
    assert told.missed[0].slot.subject.scene == "beach"
    assert told.unplanned == 1


def test_a_glance_is_no_round_where_the_place_says_how_long_one_takes() -> None:
    rules = book(schedule(least_seconds=60))
    glance = made("03-03 08:00", grid="g1", hours=0.01)
    long = made("03-03 08:00", grid="g2", hours=0.5)
    told = asked(rules, [glance, long, made("03-03 08:00", grid="g3")], "03-04")
    assert share(told, "coverage") == (1, 3)


def test_a_round_in_a_village_counts_for_the_village_its_street_and_no_other() -> None:
    """A leader's monthly visit to a township is one anywhere in it."""
    monthly = schedule("supervision", "month", subjects={"each": "areas", "level": "street"})
    told = asked(book(monthly), [made("03-12 08:00", "supervision", area="v2")], "04-01", "03-01")
    assert share(told, "coverage") == (1, 1)


def test_a_round_made_by_other_means_does_not_count() -> None:
    """An online patrol is no supervision on site."""
    subjects = {"each": "areas", "level": "street"}
    monthly = schedule("supervision", "month", subjects=subjects, means="on_site")
    online = made("03-12 08:00", "supervision", means=RoundMeans.ONLINE)
    on_site = made("03-13 08:00", "supervision", means=RoundMeans.ON_SITE)
    assert share(asked(book(monthly), [online], "04-01", "03-01"), "coverage") == (0, 1)
    assert share(asked(book(monthly), [online, on_site], "04-01", "03-01"), "coverage") == (1, 1)


def test_a_task_has_an_owner_a_date_and_steps_that_are_done_one_by_one() -> None:
    """Done late it is missed all the same, and overdue no longer."""
    steps = {"each": "codes", "codes": ["map", "staff", "open"], "area": "a0"}
    task = schedule(
        "task", "once", since="2025-03-03", due="2025-03-20", subjects=steps, who="专班"
    )
    rules = book(task)
    rounds = [
        made("03-10 09:00", "task", subject="map"),
        made("03-20 23:59", "task", subject="staff"),
    ]
    assert asked(rules, rounds, "03-20").running == 3
    told = asked(rules, rounds, "03-22")
    assert share(told, "coverage") == (2, 3)
    assert [(slot.subject.code, slot.schedule.who) for slot in told.overdue] == [("open", "专班")]
    late = asked(rules, [*rounds, made("03-21 09:00", "task", subject="open")], "03-22")
    assert share(late, "coverage") == (2, 3)
    assert late.overdue == []


def test_who_is_overdue_is_named_until_somebody_has_been_there() -> None:
    visits = schedule(
        "visit", "week", subjects={"each": "codes", "codes": ["p1", "p2", "p3"], "area": "v1"}
    )
    rounds = [
        made("03-05 10:00", "visit", subject="p1"),
        made("03-11 10:00", "visit", subject="p2"),
        made("03-05 10:00", "patrol", subject="p3"),
    ]
    told = asked(book(visits), rounds, "03-12")
    assert where(told.missed) == [("p2", "03-03"), ("p3", "03-03")]
    assert [slot.subject.code for slot in told.overdue] == ["p3"]


def test_who_is_on_the_list_no_longer_is_not_overdue() -> None:
    """Missed it stays, in the figures of the days on which the list still held."""
    old = schedule("visit", subjects={"each": "codes", "codes": ["p1", "p2"]})
    new = schedule("visit", subjects={"each": "codes", "codes": ["p2"]})
    rules = book(old, more=(schedules(new, version="2", valid_from=local("03-05")),))
    told = asked(rules, [], "03-06")
    assert where(told.missed) == [("p1", "03-03"), ("p2", "03-03"), ("p1", "03-04"),
                                  ("p2", "03-04"), ("p2", "03-05")]  # fmt: skip
    assert [slot.subject.code for slot in told.overdue] == ["p2"]


def test_a_duty_without_a_gap_is_covered_and_each_gap_is_named() -> None:
    """A sign of presence without an end holds so long; one worker in two places counts once."""
    duty = schedule("duty", "hour", count=12, subjects=VILLAGES, holds_minutes=60)
    day = [made("03-03 00:00", "duty", hours=11, worker="w1"), made("03-03 10:30", "duty")]
    night = [made("03-03 13:00", "duty", hours=11, worker="w2")]
    told = asked(book(duty), [*day, *night], "03-04")
    v1 = [one for one in told.missed if one.slot.subject.code == "v1"]
    assert [(gap.start, gap.end) for one in v1 for gap in one.gaps] == [
        (local("03-03 11:30"), local("03-03 12:00")),
        (local("03-03 12:00"), local("03-03 13:00")),
    ]
    assert share(told, "on_duty_rate") == (24 * 60 - 90, 2 * 24 * 60)
    twice = book(schedule("duty", "hour", count=12, subjects=VILLAGES, at_least=2))
    alone = [*day, made("03-03 05:00", "duty", hours=2, worker="w1")]
    assert share(asked(twice, alone, "03-04"), "on_duty_rate") == (0, 2 * 24 * 60)


def test_figures_are_summed_up_on_each_level_and_asked_within_an_area() -> None:
    rounds = [made("03-03 08:00", grid="g1"), made("03-03 09:00", grid="g3", area="v2")]

    def told(level: str, **tree: str) -> dict[str | None, tuple[int | None, int | None]]:
        found = asked(book(schedule()), rounds, "03-04", "03-03", "area", at_level=level, **tree)
        return {row.by["area"]: share(found, "coverage", n) for n, row in enumerate(found.rows)}

    assert told("grid") == {"g1": (1, 1), "g2": (0, 1), "g3": (1, 1)}
    assert told("village") == {"v1": (1, 2), "v2": (1, 1)}
    assert told("street") == told("street", inside="a0") == {"s1": (2, 3)}
    assert told("village", inside="v1") == {"v1": (1, 2)}
    within = asked(book(schedule()), rounds, "03-04", inside="v2")
    assert (within.missed, within.made) == ([], {"patrol": {"ok": 1}})
    assert share(within, "coverage") == (1, 1)


def test_figures_can_be_cut_by_area_and_by_ten_day_span() -> None:
    daily = schedule("screening", subjects=VILLAGES)
    rounds = [made(f"03-{day:02d} 09:00", "screening", area="v2") for day in range(9, 23)]
    told = asked(book(daily), rounds, "04-01", "03-01", "ten-days", "area")
    shares = [(*row.by.values(), row.done, row.expected) for row in told.rows]
    assert shares == [
        ("2025-03-T1", "v1", 0, 10),
        ("2025-03-T1", "v2", 2, 10),
        ("2025-03-T2", "v1", 0, 10),
        ("2025-03-T2", "v2", 10, 10),
        ("2025-03-T3", "v1", 0, 11),
        ("2025-03-T3", "v2", 2, 11),
    ]


# --- an independent recount -----------------------------------------------------------------------

GRIDS = ("g1", "g2", "g3")
PATROLS = st.lists(
    st.tuples(
        st.integers(0, 4 * 24 * 60),
        st.sampled_from((*GRIDS, "elsewhere")),
        st.sampled_from([*RoundResult]),
    ),
    max_size=40,
)


@given(PATROLS, st.integers(1, 3), st.integers(0, 100))
def test_patrols_recounted_in_plain_python(
    drawn: list[tuple[int, str, RoundResult]], least: int, hours: int
) -> None:
    """By local dates alone: no slot, no window, no schedule is looked at."""
    start, now = local("03-03"), local("03-03") + timedelta(hours=hours)
    rounds = [
        made("03-03", grid=grid, result=result) if at == 0 else _moved(at, grid, result)
        for at, grid, result in drawn
    ]
    day_of = [(start + timedelta(minutes=at), grid, result) for at, grid, result in drawn]
    counted = Counter(
        (grid, at.astimezone(TZ).date())
        for at, grid, result in day_of
        if result is not RoundResult.OFFLINE and at < now
    )
    days = [local(f"03-{3 + n:02d}").astimezone(TZ).date() for n in range(hours // 24)]
    cells = [counted[grid, day] for day in days for grid in GRIDS]

    query = RoundQuery(place="here", zone="Asia/Shanghai", since=start, as_of=now)
    told = overview(book(schedule(at_least=least)), rounds, query)
    if not cells:
        assert told.rows == []
        return
    assert share(told, "coverage") == (sum(n > 0 for n in cells), len(cells))
    assert share(told, "frequency_rate") == (sum(min(n, least) for n in cells), least * len(cells))
    assert share(told, "patrol_coverage_area") == share(told, "coverage")
    assert share(told, "patrol_frequency_rate") == share(told, "frequency_rate")
    assert share(told, "video_patrol_coverage") == (0, 0)
    assert len(told.missed) == sum(n < least for n in cells)


def _moved(minutes: int, grid: str, result: RoundResult) -> Round:
    at = local("03-03") + timedelta(minutes=minutes)
    return made(at.astimezone(TZ).strftime("%m-%d %H:%M"), grid=grid, result=result)


SHIFTS = st.lists(
    st.tuples(st.integers(0, 47), st.integers(1, 30), st.sampled_from(["w1", "w2", "w3"])),
    max_size=12,
)


@given(SHIFTS, st.integers(1, 2))
def test_presence_recounted_hour_by_hour(shifts: list[tuple[int, int, str]], least: int) -> None:
    """Each hour asked by itself who was there."""
    rounds = [shift(first, hours, worker) for first, hours, worker in shifts]
    covered = 0
    for hour in range(48):
        there = {worker for first, hours, worker in shifts if first <= hour < first + hours}
        covered += len(there) >= least
    posts = {"each": "codes", "codes": ["post"], "area": "v1"}
    told = asked(book(schedule("duty", subjects=posts, at_least=least)), rounds, "03-05")
    assert share(told, "on_duty_rate") == (covered * 60, 48 * 60)
    empty = sum((one.uncovered for one in told.missed), timedelta())
    assert empty == timedelta(hours=48 - covered)


def shift(first: int, hours: int, worker: str) -> Round:
    begun: datetime = local("03-03") + timedelta(hours=first)
    text = begun.astimezone(TZ).strftime("%m-%d %H:%M")
    given: dict[str, Any] = {"subject": "post", "worker": worker}
    return made(text, "duty", hours=hours, **given)
