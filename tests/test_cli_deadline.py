"""`gridloop deadline` as a person calls it: on the place's calendar, or a department's own."""

import json

import pytest

from streams import cli_figures
from tests.commands import Run, runner
from tests.core.test_department_calendars import NIGHT, town


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Call the command with these words: exit code, standard output, standard error."""
    return runner(monkeypatch, capsys, "deadline")


AT_NINE = ("--from", "2025-03-03T09:00:00+08:00")


def test_a_department_without_a_calendar_of_its_own_has_the_places(run: Run) -> None:
    words = (*AT_NINE, "--limit", "当日", "--json")
    code, out, _ = run(*words, "--department", "ecology")
    assert (code, out) == (0, run(*words)[1])
    said = json.loads(out)
    assert (said["deadline"], said["calendar"]) == ("2025-03-03T17:30:00+08:00", "cn-office")
    assert said["working_seconds"] == 7 * 3600 - 1800


def test_a_department_with_a_calendar_of_its_own_is_timed_by_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night shift from 18:00 on."""
    monkeypatch.setattr(cli_figures, "shipped_book", lambda place: town(NIGHT))
    words = (*AT_NINE, "--limit", "1 working hour", "--place", "here", "--json")
    own = json.loads(run(*words, "--department", "d1")[1])
    assert (own["deadline"], own["calendar"]) == ("2025-03-03T19:00:00+08:00", "night")
    assert own["calendar_version"] == "7"
    assert json.loads(run(*words)[1])["deadline"] == "2025-03-03T10:00:00+08:00"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--limit", "1 day", "--department", "nobody"), "no department 'nobody'"),
        (("--limit", "1 day", "--department", "ecology", "--calendar", "cn-office"), "not both"),
        (("--limit", "1 day", "--calendar", "moon"), "cn-office"),
        (("--limit", "1 day", "--place", "imported"), "no calendar"),
        (("--limit", "2 same days"), "no time limit"),
    ],
)
def test_what_cannot_be_answered_ends_with_exit_two(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    code, out, said = run(*AT_NINE, *words)
    assert (code, out) == (2, "")
    assert told in said
