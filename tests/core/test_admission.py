"""准入: only what a list names may enter grid work, where a place has such lists."""

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.core.events import Reference, ReferenceKind
from streams.core.place import AdmissionList, Duty, PlaceRules, Rulebook
from streams.core.placetogether import dangling
from streams.core.refusal import Refused
from streams.core.route import route
from tests.core.duties import rules

FIRST = AdmissionList(
    id="A1", name="网格事项准入清单", name_en="First", matters=("vending",), batch="第一批"
)
SECOND = AdmissionList(id="A2", name="第二份清单", name_en="Second", matters=("quiet",))
VILLAGE = AdmissionList(
    id="A3", name="社区事务准入清单", name_en="Village", matters=("ads",), level="community"
)
DUTY = Duty("D1", "*", "city")


def test_a_matter_that_is_on_no_list_is_not_admitted_and_nobody_leads_it() -> None:
    found = route(rules(DUTY, lists=(FIRST, SECOND)), "ads", "c-1")
    assert (found.lead, found.assisting, found.admitted) == (None, [], False)
    assert found.trace == [
        "不予准入：事项“小广告”不在《网格事项准入清单》(第一批)、《第二份清单》之内，不派遣"
    ]


def test_a_matter_on_a_list_is_admitted_by_itself_or_by_its_category() -> None:
    listed = rules(DUTY, lists=(FIRST, SECOND))
    for matter, said in (
        ("vending", "准入：事项“占道经营”列入《网格事项准入清单》(第一批)"),
        ("noise", "准入：事项“噪音”列入《第二份清单》"),
    ):
        found = route(listed, matter, "c-1")
        assert (found.lead, found.admitted) == ("city", True)
        assert found.trace[0] == said


def test_first_receiver_and_default_do_not_take_what_is_not_admitted() -> None:
    found = route(rules(lists=(FIRST,), town="c-1"), "ads", "c-1", first="police")
    assert (found.lead, found.admitted) == (None, False)


def test_an_unlisted_code_is_refused_and_a_missing_one_waits_for_a_person() -> None:
    listed = rules(DUTY, lists=(FIRST,))
    assert not route(listed, "pigeons", "c-1").admitted
    found = route(listed, None, "c-1")
    assert (found.lead, found.admitted) == ("city", True)
    assert found.trace[0] == "事项未分类：尚不能对照准入清单"


def test_a_list_of_a_level_binds_only_cases_that_stand_there() -> None:
    listed = rules(DUTY, lists=(VILLAGE,))
    assert not route(listed, "vending", "c-1-1").admitted
    assert route(listed, "ads", "c-1-1").admitted
    assert route(listed, "vending", "c-1").admitted
    assert route(listed, "vending", "c-1-1", level="street").admitted


def test_without_a_list_everything_is_admitted_and_the_trace_is_silent() -> None:
    assert route(rules(DUTY), "ads", "c-1").trace == ["规则D1(所有事项，全域)：命中，主责：城管"]


# --- as documents --------------------------------------------------------------------------------

AT = datetime(2026, 1, 1, tzinfo=UTC)
PROFILE: dict[str, Any] = {
    **{"name_zh": "某市", "name_en": "Somewhere", "zone": "Asia/Shanghai"},
    **{"lifecycle": "five_steps", "fallback_area": "c"},
}
MATTERS: dict[str, Any] = {
    "categories": [{"code": "order", "name": "市容", "name_en": "Order"}],
    "matters": [
        {
            **{"code": "vending", "name": "占道经营", "name_en": "Vending"},
            **{"category": "order", "terms": ["占道经营"]},
        }
    ],
}
LIST: dict[str, Any] = {"id": "A1", "name": "清单", "name_en": "List", "matters": ["vending"]}


def document(
    kind: ReferenceKind, body: dict[str, Any], version: str = "1", at: datetime = AT
) -> Reference:
    return Reference(place="some", kind=kind, version=version, valid_from=at, body=body)


def place(*lists: dict[str, Any]) -> Rulebook:
    book = Rulebook().with_change(document(ReferenceKind.PLACE, PROFILE))
    book = book.with_change(document(ReferenceKind.MATTERS, MATTERS))
    return book.with_change(document(ReferenceKind.ADMISSION, {"lists": list(lists)}))


def rules_at(book: Rulebook, at: datetime = AT) -> PlaceRules:
    found = book.at("some", at)
    assert found is not None
    return found


def test_lists_are_read_from_the_places_documents() -> None:
    listed = rules_at(place({**LIST, "batch": "第一批", "source": "002"}))
    (one,) = listed.admission
    assert (one.name, one.batch, one.source, one.matters) == ("清单", "第一批", "002", ("vending",))
    assert listed.versions["admission"] == "1"
    assert dangling(listed) == []


def test_a_second_batch_holds_from_its_own_day_on() -> None:
    later = datetime(2026, 6, 1, tzinfo=UTC)
    both = {"lists": [LIST, {**LIST, "id": "A2", "batch": "第二批"}]}
    book = place(LIST).with_change(document(ReferenceKind.ADMISSION, both, "2", later))
    assert [len(rules_at(book, at).admission) for at in (AT, later)] == [1, 2]


def test_a_code_that_the_place_does_not_know_is_told() -> None:
    wrong = {**LIST, "matters": ["vending", "pigeons"], "level": "moon"}
    assert dangling(rules_at(place(wrong))) == [
        "admission: A1: no such matter or category: 'pigeons'",
        "admission: A1: no such level: 'moon'",
    ]


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ([LIST, LIST], "$.lists[1]: 'A1' stands twice"),
        ([{**LIST, "matters": ["vending", "vending"]}], "$.lists[0].matters[1]"),
        ([{**LIST, "weather": "x"}], "unknown field `weather`"),
    ],
)
def test_a_wrong_list_is_refused_by_field(lists: list[dict[str, Any]], told: str) -> None:
    with pytest.raises(Refused) as refused:
        place(*lists)
    assert told in refused.value.detail
