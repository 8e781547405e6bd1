"""The board in a real browser, on a running demo: figures move, lead to cases, and are those of
`gridloop rates`."""

import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from playwright.sync_api import Page, expect

from streams.show.rates import percent
from streams.where import free_port
from tests import tools
from tests.journey.browser import PATIENCE_MS, PHONE, Looking, chromium
from tests.journey.harbour import founding, reference, report
from tests.journey.system import System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine, tools.chromium]
expect.set_options(timeout=PATIENCE_MS)

PLACE, SEED, DAY = "dongguan", 150, "2025-05-31"
HARBOUR = "glass-harbour"
SPOILT = '<img src=x onerror="window.spoilt=1"><b>街灯不亮</b>'
TOKEN = "a-token-for-the-watch"
LINES = """cell => {
  const text = document.createRange();
  text.selectNodeContents(cell);
  return text.getClientRects().length;
}"""
OPEN = '.tile.lights a.value[href*="figure"]'


@pytest.fixture(scope="module")
def board(system: System) -> str:
    """Where `status` says that the board is."""
    return str(system.json("status", "--json")["board"])


@pytest.fixture(scope="module")
def harbour(system: System) -> str:
    """A place that has drawn its grids, and one case: its report and an area hold HTML."""
    ring = [[113.0, 23.0], [113.1, 23.0], [113.1, 23.1], [113.0, 23.1]]
    shapes = {"grids": [{"code": "quay-01-g1", "ring": ring}]}
    areas = [
        {"code": "quay-00", "name": "0号码头", "level": "community"},
        {"code": "quay-01", "name": SPOILT, "level": "community", "grids": ["quay-01-g1"]},
    ]
    posts = {
        "roles": [{"id": "worker", "name": "网格员", "name_en": "Gridworker"}],
        "postings": [{"person": "w-17", "role": "worker", "grid": "quay-01-g1"}],
    }
    later = ("2", "2025-12-01T00:00:00+08:00")
    drawn = [reference(HARBOUR, "areas", {"areas": areas}, *later)]
    drawn += [reference(HARBOUR, "grids", shapes, *later), reference(HARBOUR, "posts", posts)]
    system.publish([*founding(HARBOUR), *drawn])
    told = {"text": SPOILT, "grid": "quay-01-g1"}
    system.publish([report(HARBOUR, "H1", "2026-03-02T09:00:00+08:00", **told)])
    return HARBOUR


@pytest.fixture(scope="module")
def demo(system: System, harbour: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A day of the place that goes by while the tests look on; nothing stops it."""
    log = tmp_path_factory.mktemp("demo") / "demo.log"
    words = ("--reports", "1200", "--poison", "5", "--seed", str(SEED), "--speed", "100")
    playing = system.start("demo", *words, "--no-open", log=log)
    try:
        until(lambda: "立案" in log.read_text("utf-8"), "first figures")
        yield
        assert playing.poll() is None, log.read_text("utf-8")
    finally:
        playing.send_signal(signal.SIGINT)
        assert playing.wait(120) == 0, log.read_text("utf-8")


@pytest.fixture(scope="module")
def looking(board: str, demo: None) -> Iterator[Looking]:
    """A browser; in the end no page has complained of anything."""
    with chromium() as browser:
        looks = Looking(browser, board)
        yield looks
        assert looks.complaints == []


@pytest.fixture(scope="module")
def wall(looking: Looking) -> Page:
    """The overview, live, as it hangs on a wall."""
    page = looking.at(f"/?place={PLACE}")
    page.wait_for_selector(OPEN)
    return page


def ask(board: str, path: str, **asked: str) -> Any:
    """What the board answers."""
    address = f"{board}api/{path}?{urlencode(asked)}"
    with urllib.request.urlopen(address, timeout=60) as answer:
        return msgspec.json.decode(answer.read())


def test_figures_move_while_the_day_goes_by(wall: Page) -> None:
    """The tile is another number later, without anybody touching the page."""
    reports = wall.locator(".tile .value").first
    before = int(reports.inner_text())
    expect(reports).not_to_have_text(str(before))
    assert int(reports.inner_text()) > before
    expect(wall.locator(".fresh")).to_have_attribute("data-state", "live")
    assert wall.locator(".department tbody tr").count() > 3
    assert wall.locator(".ahead li").count() > 3
    assert wall.locator(".course canvas").count() == 1
    assert wall.locator(".where canvas").count() == 1
    assert wall.locator(".system .parts .dot.green").count() == len(
        ("kafka", "clickhouse", "work-0", "sink", "board")
    )


def test_a_cell_leads_to_its_cases_and_these_to_a_cases_page(looking: Looking, wall: Page) -> None:
    """The list counts what the cell counted, at its instant; the case tells its whole life."""
    cell = wall.locator(".department tbody tr").first.locator("td a").first
    address, count = wall.evaluate(
        "link => [link.pathname + link.search, link.textContent]", cell.element_handle()
    )
    page = looking.at(address)
    expect(page.locator("h1 .total")).to_have_text(f" {count}", use_inner_text=False)
    page.locator("tbody th a").first.click()
    page.wait_for_selector(".timeline tbody tr")
    facts = page.locator(".timeline tbody tr td:nth-child(2)").all_inner_texts()
    assert facts[:3] == ["受理上报", "立案", "派遣"]  # of one instant, in the order of its life
    for section in ("reports", "routing", "clocks"):
        assert page.locator(f"section.{section}").inner_text()
    assert "总时限" in page.locator("section.clocks").inner_text()


def test_its_figures_are_those_of_rates_to_the_digit(
    looking: Looking, system: System, board: str, wall: Page
) -> None:
    """At an instant that is named: tiles, a department's row, the lights, and the lists behind."""
    at = f"{DAY}T07:00:00+08:00"  # the night is over: all of it is on its way
    page = looking.at(f"/?{urlencode({'place': PLACE, 'window': 'today', 'as-of': at})}")
    page.wait_for_selector(OPEN)
    asked = ("--place", PLACE, "--as-of", at, "--by", "department")
    names = ("report_count", "case_count", "closed_count", "handling_rate", "completion_rate")

    def agreed() -> Any:
        rows = system.rates(*asked, "--from", DAY)["rows"]
        tiles = page.locator(".tiles .tile .value").all_inner_texts()[: len(names)]
        return tiles == [_shown(rows[0]["figures"][name]) for name in names] and rows

    of_day = until(agreed, "the night is stored, and both say the same of it")
    ever = system.rates(*asked)["rows"]
    lights = page.locator(".tile.lights .counts a").all_inner_texts()
    backlog = ever[0]["figures"]["backlog"]["value"]
    assert page.locator(OPEN).inner_text() == str(backlog) == str(sum(map(int, lights)))
    assert lights[0] == str(ever[0]["figures"]["backlog_overdue"]["value"])

    instant = {"place": PLACE, "as-of": at}
    for row in of_day[1:4]:
        cut = {"department": row["by"]["department"], "window": "today"}
        for figure in ("case_count", "handling_rate"):
            told = ask(board, "cases", figure=figure, **cut, **instant)
            value = row["figures"][figure]
            assert told["total"] == value.get("numerator", value["value"])
    red = ask(board, "cases", figure="backlog", light="red", window="all", **instant)
    assert red["total"] == int(lights[0])


def _shown(value: dict[str, Any]) -> str:
    rate = "denominator" in value
    return percent(value["numerator"], value["denominator"]) if rate else str(value["value"])


def test_a_phone_shows_it_in_one_column_and_in_the_other_language(looking: Looking) -> None:
    """Nothing is wider than the screen; a button turns it into English for good."""
    page = looking.at(f"/?place={PLACE}", PHONE)
    page.wait_for_selector(OPEN)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator(".tile h2").nth(1).inner_text() == "立案数"
    page.get_by_role("button", name="English").press("Enter")
    expect(page.locator(".tile h2").nth(1)).to_have_text("cases filed")
    page.reload()
    page.wait_for_selector(OPEN)
    assert page.locator("html").get_attribute("lang") == "en"

    listed = looking.at(f"/cases?place={PLACE}&figure=case_count&window=today", PHONE)
    listed.wait_for_selector("td.filed_at")
    assert listed.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert listed.locator("td.filed_at").first.evaluate(LINES) == 1


def test_stored_html_stays_text_and_a_place_with_shapes_has_a_map(
    looking: Looking, board: str, harbour: str
) -> None:
    """What somebody reported is shown as it was written; the grids are the place's own."""
    (case,) = ask(board, "cases", place=harbour, figure="backlog", window="all")["rows"]
    for path in ("/cases?window=all&figure=backlog", f"/case?id={case['case_id']}"):
        page = looking.at(f"{path}&place={harbour}")
        expect(page.locator("main")).to_contain_text(SPOILT)
        assert page.locator("main img, main b:has-text('街灯')").count() == 0
        assert page.evaluate("window.spoilt") is None
    expect(page.locator("section.posted td")).to_have_text(["网格员", "w-17", "–", "quay-01-g1"])
    page = looking.at(f"/?place={harbour}")
    page.wait_for_selector(".where canvas")
    assert page.locator(".where h2").inner_text() == "网格地图"
    assert "东莞市" in page.locator(".place option").all_inner_texts()
    grid = page.locator(".where .keys a")  # the drawing itself answers to a mouse alone
    grid.focus()
    expect(page.locator(".where .keys")).to_be_in_viewport()
    grid.press("Enter")
    expect(page.locator("h1 .total")).to_have_text(" 1", use_inner_text=False)


def test_a_killed_engine_shows_and_the_board_recovers(wall: Page, system: System) -> None:
    """The last values stay, marked as stale with their age; then they move again."""
    fresh, reports = wall.locator(".fresh"), wall.locator(".tile .value").first
    before, shown = system.restarts()["clickhouse"], int(reports.inner_text())

    def gone() -> bool:
        system.kill("clickhouse")  # it is back in no time: again, until a reading has missed it
        return fresh.get_attribute("data-state") == "stale"

    until(gone, "the badge says stale", look=0.5)
    assert re.search(r"\d+(秒|分)前", fresh.inner_text())
    last = int(reports.inner_text())
    assert last >= shown
    system.await_ready("clickhouse", before + 1)
    expect(fresh).to_have_attribute("data-state", "live")
    expect(reports).not_to_have_text(str(last))


def test_only_who_is_signed_in_sends_a_dead_letter_again(
    looking: Looking, system: System, board: str, tmp_path: Path
) -> None:
    """Without a token the board is read-only; with one, a session may retry, and nobody else."""
    letters = until(lambda: system.json("dead-letters", "list", "--json"), "a dead letter")
    retry = urllib.request.Request(
        f"{board}api/dead-letters/retry",
        data=letters[0]["letter_id"].encode(),
        headers={"X-Gridloop-Board": "1"},
    )
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(retry, timeout=60)

    secret, port = tmp_path / "token", free_port()
    secret.write_text(TOKEN + "\n")
    words = ("--port", str(port), "--token-file", str(secret), "--place", PLACE)
    own = system.start("board", *words, log=tmp_path / "board.log")
    try:
        _answers(f"http://127.0.0.1:{port}/healthz", own)
        page = Looking(looking.browser, f"http://127.0.0.1:{port}").at("/dead-letters")
        page.wait_for_selector(".letters tbody tr")
        said = page.locator(".letters .counts, .letters td:nth-child(2)").all_inner_texts()
        assert not re.findall(r"[a-z]+_[a-z]+", " ".join(said))  # reasons in words, not in codes
        page.get_by_label("口令").fill(TOKEN + "?")
        page.get_by_role("button", name="登录").click()
        expect(page.locator("p[role=status]")).to_contain_text("口令不对")
        page.get_by_label("口令").fill(TOKEN)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("button", name="重发").first.click()
        expect(page.locator("p[role=status]")).to_contain_text("已重发 gridloop.")
        own.kill()
        expect(page.locator(".fresh")).to_have_attribute("data-state", "lost")
        own.wait(60)
        own = system.start("board", *words, log=tmp_path / "again.log")
        expect(page.locator(".fresh")).to_have_attribute("data-state", "live")
    finally:
        own.send_signal(signal.SIGTERM)
        own.wait(60)


def _answers(url: str, process: "subprocess.Popen[str]") -> None:
    def there() -> bool:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError):
            return False

    until(there, f"{url} answers")


def test_it_lets_no_other_site_in(board: str) -> None:
    """A strict policy for scripts, and no answer under a name that is not this machine's."""
    with urllib.request.urlopen(board, timeout=60) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    other = urllib.request.Request(board, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(other, timeout=60)
