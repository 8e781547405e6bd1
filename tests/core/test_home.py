"""Homes and case ids: names that every replay finds again."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.home import area_home, case_id, home_of, import_home, ticket_key

names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


def test_names_stay_what_they_are():
    """Logs hold them: another hash would give every case a second home."""
    assert area_home("dongguan", "441900-t01-c01") == "dongguan/441900-t01-c01"
    assert import_home("imported", "18-00269879") == "imported/import-22"
    assert case_id("p/a", "/line", "R-1") == "p/a/f996faa8cf3039de"
    assert ticket_key("/line", "R-1") == b"/line\x00R-1"


@given(names, names)
def test_a_place_s_imported_tickets_have_sixty_four_homes(place: str, ticket: str):
    home = import_home(place, ticket)
    assert home.startswith(f"{place}/import-")
    assert 0 <= int(home[-2:]) < 64


def test_imported_tickets_spread_over_all_homes():
    homes = {import_home("p", f"T-{number}") for number in range(1000)}
    assert len(homes) == 64


@given(names, names, names, names)
def test_a_case_id_holds_its_home(place: str, area: str, sender: str, report: str):
    home = area_home(place, area)
    assert home_of(case_id(home, sender, report)) == home


@given(st.tuples(names, names), st.tuples(names, names))
def test_no_two_reports_share_a_case_id_or_a_key(one: tuple[str, str], other: tuple[str, str]):
    """A sender's end and a report's beginning are told apart."""
    assert (case_id("p/a", *one) == case_id("p/a", *other)) == (one == other)
    assert (ticket_key(*one) == ticket_key(*other)) == (one == other)


def test_what_is_no_case_id_has_no_home():
    for odd in (
        "",
        "x",
        "p/a",
        "a/0123456789abcdef",
        "p/a/0123456789ABCDEF",
        "p/a/0123456789abcde",
    ):
        assert home_of(odd) is None
