"""Replays: what is sent follows from the file alone, and tells by itself what must come of it."""

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from streams.core.checkdocs import CheckBody
from streams.core.checks import Check, judge, per_day, problems, rounded, stated
from streams.core.events import Act, ActKind, GridworkerReport, Round, RoundKind
from streams.core.figures import Value
from streams.core.place import Constant, Published, Rulebook
from streams.core.replays import Input, inputs, replay_rules, replay_sender
from streams.core.roundfigures import RoundRow
from streams.entry.places import place_dir, read_place

FROM, TO = "2020-01-01T00:00:00+08:00", "2020-03-01T00:00:00+08:00"
RATE = Published("rate", "率", "rate", "handling_rate", 75.0, 1, 3, 4, "001")
NUMBER = Constant("number", "数", "number", 40, "001")
LEAST = msgspec.structs.replace(NUMBER, id="least", bound="at_least")
CHANGE = msgspec.structs.replace(NUMBER, id="change", value=-22.1, unit="%")


def replay(id: str = "found", **more: Any) -> dict[str, Any]:
    parts = [{"count": 3, "acts": ["sign", "handle"], "hours": 48}, {"count": 1, "hours": 48}]
    return {"id": id, "zh": "隐患", "en": "hazards", "from": FROM, "to": TO, "parts": parts, **more}


def body(*checks: dict[str, Any], **more: Any) -> CheckBody:
    given = {"replays": [replay()], "checks": checks or [{"of": "rate", "replay": "found"}], **more}
    return msgspec.convert(given, CheckBody)


def book(body: CheckBody, place: str = "dongguan") -> Rulebook:
    rules = Rulebook()
    for one in replay_rules(read_place(place_dir(place), place=f"{place}~check"), body):
        rules = rules.with_change(one)
    return rules


def sent(body: CheckBody, place: str = "dongguan") -> list[Input]:
    return list(inputs(book(body, place), f"{place}~check", "/s", body))


def checked(row: dict[str, Any], answer: Value, baseline: Value | None = None) -> Check:
    (one,) = stated(body(row), [RATE], [NUMBER, LEAST, CHANGE])
    return judge(one, answer, baseline)


# --- what is sent -------------------------------------------------------------------------------


def test_a_replay_is_the_same_bytes_each_time() -> None:
    assert msgspec.json.encode(sent(body())) == msgspec.json.encode(sent(body()))


def test_as_many_reports_as_stated_each_with_its_acts_within_the_window() -> None:
    found = sent(body())
    assert len({one.id for one in found}) == len(found)
    assert [one.at for one in found] == sorted(one.at for one in found)
    begin, end = datetime.fromisoformat(FROM), datetime.fromisoformat(TO)
    assert all(begin <= one.at < end for one in found)
    reports = [one for one in found if isinstance(one.data, GridworkerReport)]
    acts = Counter(one.data.act for one in found if isinstance(one.data, Act))
    assert (len(reports), acts) == (4, {ActKind.SIGN: 3, ActKind.HANDLE: 3})
    times = {one.ticket: one.at for one in reports}
    last = [one for one in found if isinstance(one.data, Act) and one.data.act is ActKind.HANDLE]
    assert {one.at - times[one.ticket] for one in last} == {timedelta(hours=48)}


def test_who_handles_is_not_who_reported() -> None:
    """采办分离 holds in a replay as well."""
    data = [one.data for one in sent(body())]
    reporters = {one.reporter for one in data if isinstance(one, GridworkerReport)}
    assert not reporters & {one.actor for one in data if isinstance(one, Act)}


def test_all_that_a_schedule_asks_for_or_so_many_of_a_kind() -> None:
    week = {"from": "2022-07-04T00:00:00+08:00", "to": "2022-07-11T00:00:00+08:00"}
    rounds = [
        {"id": "patrols", "schedule": "P1", **week},
        {"id": "services", "kind": "service", "count": 5, **week},
    ]
    made = [one.data for one in sent(body(rounds=rounds), "erqi")]
    kinds = Counter(one.kind for one in made if isinstance(one, Round))
    assert kinds == {RoundKind.PATROL: 3 * 7, RoundKind.SERVICE: 5}


def test_no_limit_and_no_merging_holds_in_a_replay_but_a_first_contact_that_it_names() -> None:
    rules = book(body()).at("dongguan~check", datetime.fromisoformat(FROM))
    assert rules is not None
    assert (rules.limits, rules.merging, rules.published, rules.constants) == ((), None, (), ())
    asked = body(replays=[replay(matter="hazard", contact_within="1 day")])
    rules = book(asked).at("dongguan~check", datetime.fromisoformat(FROM))
    assert rules is not None
    assert [(row.matter, row.clock.value) for row in rules.limits] == [("hazard", "contact")]


def test_a_matter_of_the_place_keeps_its_rules_and_another_one_is_added() -> None:
    rules = book(body(replays=[replay(matter="hazard"), replay("accidents", lifecycle="opinion")]))
    at = rules.at("dongguan~check", datetime.fromisoformat(FROM))
    assert at is not None
    assert at.matters["accidents"].name == "隐患"
    assert at.lifecycles["accidents"] == "opinion"
    assert at.matters["hazard"].name == "问题隐患"


def test_other_counts_and_other_rules_are_another_senders() -> None:
    documents = read_place(place_dir("dongguan"), place="dongguan~check")
    one = body()
    other = body(replays=[replay(parts=[{"count": 4}])])
    senders = {
        replay_sender("dongguan", one, documents),
        replay_sender("dongguan", other, documents),
        replay_sender("dongguan", one, documents[1:]),
    }
    assert len(senders) == 3
    more = body({"of": "number", "replay": "found", "figure": "case_count"})
    assert replay_sender("dongguan", more, documents) in senders


# --- what is said of it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        (Value(0.75, 3, 4), True),
        (Value(0.75, 30, 40), True),
        (Value(0.7502, 7502, 10000), False),  # rounds to 75.0, and is not three in four
        (Value(0.7, 7, 10), False),
        (Value(None, 0, 0), False),
    ],
)
def test_a_rate_must_be_made_of_as_many_in_as_many(answer: Value, holds: bool) -> None:
    found = checked({"of": "rate", "replay": "found"}, answer)
    assert (found.holds, found.published, found.decimals) == (holds, 75.0, 1)
    assert (found.numerator, found.denominator) == (answer.numerator, answer.denominator)


@pytest.mark.parametrize(
    ("of", "counted", "holds"),
    [("number", 40, True), ("number", 41, False), ("least", 41, True), ("least", 39, False)],
)
def test_a_count_is_the_same_or_at_least_as_published(of: str, counted: int, holds: bool) -> None:
    found = checked({"of": of, "replay": "found", "figure": "case_count"}, Value(counted))
    assert (found.holds, found.replayed) == (holds, counted)
    assert (found.numerator, found.denominator) == (None, None)


@pytest.mark.parametrize(
    ("compared", "now", "before", "change"),
    [
        ("percent", Value(60), Value(77), -22),
        ("times", Value(400), Value(100), 3),
        ("faster", Value(86_400.0, None, 9), Value(172_800.0, None, 8), 1),
        ("percent", Value(0.85, 85, 100), Value(0.5, 50, 100), 70),
        ("percent", Value(5), Value(0), None),
        ("faster", Value(None), Value(3.0), None),
    ],
)
def test_a_change_is_told_against_its_baseline(
    compared: str, now: Value, before: Value, change: int | None
) -> None:
    row = {"of": "number", "replay": "a", "figure": "case_count", "against": "b"}
    assert checked({**row, "compared": compared}, now, before).replayed == change


def test_a_change_in_per_cent_is_rounded_as_it_was_published() -> None:
    row = {"of": "change", "replay": "a", "figure": "case_count", "against": "b"}
    found = checked({**row, "compared": "percent"}, Value(60), Value(77))
    assert (found.replayed, found.holds, found.numerator, found.denominator) == (
        -22.1,
        True,
        60,
        77,
    )
    assert not checked({**row, "compared": "percent"}, Value(61), Value(77)).holds


def test_halves_are_rounded_away_from_zero() -> None:
    assert [str(rounded(Fraction(n, 200), 2)) for n in (1, -1, 3)] == ["0.01", "-0.01", "0.02"]


def day_row(figure: str, numerator: int) -> RoundRow:
    return RoundRow({}, 7, 7, {figure: Value(1.0, numerator, numerator)})


def test_rounds_and_hours_are_told_by_subject_and_day() -> None:
    """A schedule that asks for less than was published is kept, and still falls short."""
    daily = [day_row("frequency_rate", 7)] * 3
    weekly = [day_row("frequency_rate", 1)] * 3
    assert per_day("rounds_per_day", daily, 7) == Value(1.0, 21, 21)
    assert per_day("rounds_per_day", weekly, 7) == Value(3 / 21, 3, 21)
    assert per_day("hours_per_day", [day_row("on_duty_rate", 1440)] * 2, 1) == Value(24.0, 48, 2)
    assert per_day("rounds_per_day", [], 7) == Value(None, 0, 0)


# --- what is wrong with a file ------------------------------------------------------------------

ROUNDS = [{"id": "m", "kind": "meeting", "count": 2, "from": FROM, "to": TO}]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"replays": [replay(), replay(matter="x")]}, "an id stands twice"),
        ({"replays": [replay(to=FROM)]}, "ends before it begins"),
        ({"replays": [replay(), replay("b", matter="found")]}, "of one matter at one time"),
        ({"rounds": [*ROUNDS, {**ROUNDS[0], "id": "n"}]}, "one kind of rounds at one time"),
        ({"rounds": [{"id": "m", "from": FROM, "to": TO}]}, "needs a schedule, or a kind"),
        ({"rounds": [{"id": "m", "schedule": "?", "from": FROM, "to": TO}]}, "no such schedule"),
        ({"checks": [{"of": "?", "replay": "found"}]}, "publishes no '?'"),
        ({"checks": [{"replay": "found"}]}, "needs either of, or states"),
        ({"checks": [{"of": "rate", "replay": "?"}]}, "no such replay"),
        ({"checks": [{"of": "rate"}]}, "needs a replay"),
        ({"checks": [{"of": "rate", "replay": "found", "figure": "?"}]}, "no such figure"),
        ({"checks": [{"of": "rate", "replay": "found", "figure": "coverage"}]}, "is no replay for"),
        ({"checks": [{"of": "rate", "replay": "found", "cut": {"?": "a"}}]}, "no such field"),
        ({"checks": [{"of": "rate", "replay": "found", "against": "found"}]}, "belong together"),
    ],
)
def test_a_file_that_names_nothing_or_mixes_replays_is_told_so(
    given: dict[str, Any], why: str
) -> None:
    checks = given.pop("checks", ())
    with_it = body(*checks, **given)
    assert any(why in one for one in problems(with_it, {"rate"}, {}))
