"""The demo, end to end: what is sent is stored or refused, and figures equal a recount."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.core.topics import ROUNDS
from streams.entry.yamlfile import load_yaml
from streams.system import free_port
from tests.entry.gateways import bearer
from tests.journey.demo import (
    CUTS,
    PLACE,
    Day,
    Ends,
    assert_recounted,
    ends,
    figures_of,
    play,
    read_back,
    recounted,
    stored,
)
from tests.journey.recount import COUNTS, RATES, gaps
from tests.journey.system import COMMAND, ROOT, System, until
from tests.journey.watched import LATER, Watched, of_boards
from tests.tools import alertmanager, prometheus

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine]

PLACES = ROOT / "schemas" / "places"
SEED, REPORTS, POISON = 41, 400, 16
WORDS = ("--reports", str(REPORTS), "--seed", str(SEED), "--poison", str(POISON))
STATUS = {
    *("kafka", "clickhouse", "clickhouse_http", "board"),
    *("parts", "lag", "dead_letters", "last_fact_at"),
}


@pytest.fixture(scope="module")
def before(system: System) -> Ends:
    """What other tests had sent when the demo began."""
    return ends(system)


@pytest.fixture(scope="module")
def day(before: Ends, system: System) -> Day:
    """A demo that ran to its end."""
    return play(system, *WORDS)


def test_what_is_sent_is_stored_or_refused(before: Ends, day: Day, system: System) -> None:
    """Nothing is lost and nothing counts twice, told by the demo and by the topics themselves."""
    said = day.said
    assert (said["place"], said["day"]) == (PLACE, "2025-02-11")
    assert said["as_of"] == "2025-02-12T00:00:00+08:00"
    assert said["reports_sent"] == said["reports_stored"] + said["dead_letters"]
    assert (said["reports_stored"], said["dead_letters"]) == (REPORTS, POISON)
    assert said["seconds"] > 0
    assert said["peak_rss_bytes"] > 0

    found = read_back(system, before)
    assert (found.sent, len(found.reports), found.refused) == (REPORTS + POISON, REPORTS, POISON)
    assert 0.7 * REPORTS < said["cases"] < 0.95 * REPORTS


def test_every_figure_equals_an_independent_recount(day: Day, system: System) -> None:
    """In total, by source and by department: at the day's end, and in the middle of it."""
    found = read_back(system)
    told, said = figures_of(system, day)[()], day.said["figures"]
    assert {*said} >= {*COUNTS, *RATES}
    assert said == {name: told[name] for name in said}
    assert_recounted(system, found, day)

    for by in ("citizen_kind", "grid_kind"):
        assert gaps(figures_of(system, day, by), recounted(found, day, by)) == []
    noon = day.start + timedelta(hours=13)
    for by in CUTS:
        assert gaps(figures_of(system, day, by, noon), recounted(found, day, by, noon)) == []
    at_noon, at_night = recounted(found, day, None, noon)[()], recounted(found, day)[()]
    assert 0 < at_noon["closed_count"]["value"] < at_night["closed_count"]["value"]

    later = day.end + timedelta(days=20)
    ripe = recounted(found, day, None, later)
    assert gaps(figures_of(system, day, at=later), ripe) == []
    for name in ("recurrence_rate", "video_precision", "false_merge_rate", "missed_report_rate"):
        assert ripe[()][name]["denominator"] > 0


def test_rounds_equal_an_independent_recount(day: Day, system: System) -> None:
    """Grids patrolled, villages screened, hours on duty: counted off the published rounds and the
    area tree alone."""
    told = {row["by"]["schedule"]: row["figures"] for row in day.said["rounds"]}
    areas = load_yaml(PLACES / PLACE / "areas.yaml")["body"]["areas"]
    villages = {a["code"] for a in areas if a["level"] == "community"} - {"441900-unlocated"}
    grids = {grid for area in areas for grid in area.get("grids", ())}
    # Other tests publish in structured mode, with the place one level deeper.
    made = [json.loads(one.value or b"") for one in system.read(ROUNDS)]
    of_day = [one for one in made if one.get("place") == PLACE and _within(one, day)]
    patrolled = {one["grid"] for one in of_day if one["kind"] == "patrol"}
    screened = {one["area"] for one in of_day if one["kind"] == "screening"}
    hours = {(one["area"], one["started_at"]) for one in of_day if one["kind"] == "duty"}
    expected = {
        "P1": ("coverage", len(patrolled), len(grids)),
        "S1": ("coverage", len(screened), len(villages)),
        "D1": ("on_duty_rate", 60 * len(hours), 60 * 24 * len(villages)),
    }
    for schedule, (figure, numerator, denominator) in expected.items():
        value = told[schedule][figure]
        assert (value["numerator"], value["denominator"]) == (numerator, denominator), schedule
        assert 0 < numerator <= denominator
    assert hours
    again = system.json("rounds", "--from", day.said["day"], "--as-of", day.said["as_of"], "--json")
    assert again["rows"] == day.said["rounds"]


def _within(made: dict[str, Any], day: Day) -> bool:
    return day.start <= datetime.fromisoformat(made["started_at"]) < day.end


def test_the_stream_equals_the_batch(day: Day, system: System) -> None:
    """`verify` compares something, and finds no difference."""
    said = system.json("verify", "--json")
    assert said["differences"] == []
    assert said["cases"] >= day.said["cases"]


def test_the_same_day_again_adds_nothing(day: Day, system: System) -> None:
    """The same seed sends the same bytes: all of them are repeats."""
    before, figures = stored(system), figures_of(system, day, "department")
    again = play(system, *WORDS)

    assert replace(again, said=_lasting(again)) == replace(day, said=_lasting(day))
    assert stored(system) == before
    assert figures_of(system, day, "department") == figures


def _lasting(day: Day) -> dict[str, object]:
    passing = {"seconds", "reports_per_second", "peak_rss_bytes"}
    return {name: value for name, value in day.said.items() if name not in passing}


def test_another_seed_of_the_same_day_is_refused(day: Day, system: System) -> None:
    """Two invented days would be mixed: the command says so and sends nothing."""
    refused = system.run("demo", "--until-done", "--json", "--seed", str(SEED + 365))
    assert refused.code == 2, refused
    assert f"seed {SEED}" in refused.err
    assert refused.out == ""


def test_status_tells_what_runs(day: Day, system: System) -> None:
    """One JSON value with the contract's keys; nothing is behind after a demo that is done."""
    said = system.json("status", "--json")
    assert {*said} >= STATUS
    assert {part["name"] for part in said["parts"]} >= {"kafka", "clickhouse", "work-0", "sink"}
    for part in said["parts"]:
        assert part["state"] == "ready", part
        assert part["rss_bytes"] > 0, part
    assert said["lag"] == 0
    assert said["dead_letters"] >= POISON
    assert said["last_fact_at"].endswith("+08:00")


def test_what_if_tells_whose_cases_another_list_would_move(
    day: Day, system: System, tmp_path: Path
) -> None:
    """Noise led by the water bureau: exactly its cases move, and no case is lost."""
    listed = (PLACES / PLACE / "responsibility.yaml").read_text("utf-8")
    line = next(one for one in listed.splitlines() if "matter: noise" in one)
    proposed = tmp_path / "proposed.yaml"
    proposed.write_text(listed.replace(line, re.sub(r"lead: \w+", "lead: water", line)), "utf-8")
    window = ("--from", day.said["day"], "--to", day.said["as_of"])

    told = system.json("responsibility", "what-if", str(proposed), *window, "--json")
    ((moved,),) = system.ask(
        "SELECT count() FROM cases FINAL WHERE place = %(p)s AND matter = 'noise' AND NOT void"
        " AND department != 'water' AND filed_at >= %(from)s AND filed_at < %(to)s",
        **{"p": PLACE, "from": day.start, "to": day.start + timedelta(days=1)},
    )
    assert moved > 0
    assert (told["moved"], told["moved"] + told["stayed"]) == (moved, told["cases"])


def test_the_http_interface_answers_where_status_says(day: Day, system: System) -> None:
    """The figures' own tables, for whatever speaks HTTP."""
    url = system.json("status", "--json")["clickhouse_http"]
    sql = f"SELECT count() FROM gridloop.cases FINAL WHERE place = '{PLACE}'"
    with urllib.request.urlopen(url, sql.encode(), timeout=30) as answer:
        assert int(answer.read()) >= day.said["cases"]


@pytest.fixture(scope="module")
def exporter(day: Day, system: System) -> Iterator[str]:
    """The address of the metrics of an exporter, a process of its own beside what runs."""
    port = free_port()
    env = {**system.env, "GRIDLOOP_METRICS_PORT": str(port)}
    words = [COMMAND, "exporter", "--recount-hours", "0.0005"]
    log = system.home.logs / "exporter.log"
    with log.open("w") as out, subprocess.Popen(words, env=env, cwd=ROOT, stderr=out) as process:
        yield f"127.0.0.1:{port}"
        process.terminate()
        assert process.wait(60) == 0


def test_the_exporter_tells_of_the_same_system(day: Day, system: System, exporter: str) -> None:
    """Lag, refused inputs and the recount."""

    def told() -> dict[str, float]:
        try:
            with urllib.request.urlopen(f"http://{exporter}/metrics", timeout=10) as got:
                lines = got.read().decode().splitlines()
        except OSError:
            return {}
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("gridloop"))
        return {name: float(value) for name, value in pairs}

    until(lambda: told().get("gridloop_verify_cases"), "a recount; see exporter.log")
    said = told()
    assert said["gridloop_broker_up"] == said["gridloop_store_up"] == 1
    assert said["gridloop_verify_differences"] == 0
    assert said["gridloop_verify_cases"] >= day.said["cases"]
    refused = sum(n for name, n in said.items() if name.startswith("gridloop_dead_letters{"))
    assert refused == system.json("status", "--json")["dead_letters"] >= POISON
    assert said['gridloop_lag_records{group="gridloop-sink"}'] == 0
    assert f'gridloop_breaches_recent{{place="{PLACE}"}}' in said


def test_what_is_ready_may_be_prepared_again(system: System) -> None:
    """After every upgrade, on clusters of one's own as here: nothing is made twice."""
    assert "ready: 0 " in system.run("prepare").check().out


# --- Prometheus and Alertmanager, over the same system --------------------------------------------

FACES = ROOT / "schemas" / "examples" / "gateway" / "gat1400" / "good-faces-only.json"


@pytest.fixture(scope="module")
def watched(
    exporter: str, system: System, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    """Real ones, that have seen every part, and a recount."""
    with Watched(system, tmp_path_factory.mktemp("watched"), exporter) as watching:
        up = dict.fromkeys(watching.parts, "up")
        until(lambda: watching.up() == up, "every target is up")
        until(lambda: watching.series("gridloop_verify_cases"), "a recount")
        yield watching


@prometheus
@alertmanager
def test_every_rule_holds_and_a_sound_system_pages_nobody(watched: Watched) -> None:
    until(lambda: {one["health"] for one in watched.rules()} == {"ok"}, "all are evaluated")
    recorded = {one["name"] for one in watched.rules() if one["type"] == "recording"} - {LATER}
    until(lambda: all(map(watched.series, recorded)), "each recording rule yields a series")
    until(lambda: not watched.pages(), "nothing is about to page")


@prometheus
@alertmanager
def test_every_series_that_a_rule_or_a_board_names_is_there(watched: Watched) -> None:
    """As it is scraped, with each label that the expression or its words name."""
    body = FACES.read_bytes()
    heads = {"Authorization": bearer("video-platform-a"), "Content_Type": "application/VIID+JSON"}
    assert watched.knock("/VIID/SubscribeNotifications", body, **heads) == 200
    assert watched.knock("/v1/events", b"{}") == 401
    until(lambda: watched.series("gridloop_gateway_refused_total"), "a refusal is scraped")
    for expression, words in {*watched.of_rules(), *of_boards()}:
        assert not watched.missing(expression, words), expression


@prometheus
@alertmanager
def test_a_part_that_ends_pages_whoever_is_on_duty_until_it_is_back(watched: Watched) -> None:
    def told(status: str) -> list[tuple[str, str]]:
        mine = [one for one in watched.receiver.got if one[1]["labels"].get("part") == "gateway"]
        return [(at, one["annotations"]["summary"]) for at, one in mine if one["status"] == status]

    watched.receiver.got.clear()  # on a busy machine a scrape may have taken longer than a second
    watched.gateway.terminate()
    page = ("/duty", "gateway 不应答 · gateway does not answer")
    assert until(lambda: told("firing"), "the gateway is missed")[0] == page
    assert watched.gateway.wait(30) == 0
    watched.start_gateway()
    assert until(lambda: told("resolved"), "the gateway is back")[0] == page
