"""From words to a matter: longest words, plain reasons, and an answer that may be 'none'."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.classify import Classifier, Layer
from streams.core.model import Model
from streams.core.place import Category, Matter, PlaceRules
from streams.entry.places import shipped_book
from tests.models import hand_model


def matter(code: str, *terms: str, **more: object) -> Matter:
    fields = {"name": code, "name_en": code, "category": "k", **more}
    return Matter(code=code, terms=terms, **fields)  # type: ignore[arg-type]  # built from words


def classifier(*matters: Matter, model: Model | None = None) -> Classifier:
    labels = model.labels if model is not None else ()
    rules = PlaceRules(
        place="some",
        zone="Asia/Shanghai",
        name_zh="某市",
        name_en="Somewhere",
        lifecycle="five_steps",
        categories={"k": Category("k", "类", "kind")},
        matters={one.code: one for one in matters},
        model=model,
        model_matters={label: label for label in labels},
    )
    return Classifier.of(rules)


def shipped(place: str) -> PlaceRules:
    rules = shipped_book(place).at(place, datetime(2025, 6, 1, tzinfo=UTC))
    assert rules is not None
    return rules


DONGGUAN = shipped("dongguan")
WORDS = [(word, one.code) for one in DONGGUAN.matters.values() for word in one.words]


def test_every_word_of_the_list_leads_to_its_own_matter() -> None:
    sorter = Classifier.of(DONGGUAN)
    astray = {
        word: found
        for word, code in WORDS
        if (found := sorter.classify(f"来电反映某路口{word}，望处理").matter) != code
    }
    assert astray == {}


def test_the_longest_word_wins_over_the_shorter_one_inside_it() -> None:
    found = classifier(matter("停车", "停车"), matter("违停", "违法停车")).classify("路边违法停车")
    assert found.matter == "违停"
    assert found.why == ["词“违法停车”(第3字)→ 违停"]


def test_of_several_matters_the_one_with_more_of_the_text_wins_and_the_reason_says_so() -> None:
    sorter = classifier(matter("噪音", "噪音"), matter("摆卖", "占道经营"))
    found = sorter.classify("占道经营还有噪音")
    assert (found.matter, found.category) == ("摆卖", "k")
    assert found.why[-1] == "取“摆卖”：命中4字，多于“噪音”的2字"


def test_with_as_many_letters_more_places_win_and_then_the_list_order() -> None:
    twice = classifier(matter("甲", "垃圾成堆"), matter("乙", "噪音"))
    assert twice.classify("垃圾成堆噪音噪音").matter == "乙"
    even = classifier(matter("甲", "噪音"), matter("乙", "积水"))
    assert even.classify("积水噪音").matter == "甲"
    assert even.classify("积水噪音").why[-1] == "取“甲”：与“乙”相当，清单次序在前"


def test_a_word_said_twice_is_named_once_with_its_count() -> None:
    found = classifier(matter("噪音", "噪音")).classify("噪音，噪音")
    assert found.why == ["词“噪音”(第1字，共2次)→ 噪音"]


def test_a_general_matter_gives_way_to_a_particular_one() -> None:
    sorter = classifier(matter("诉求", "民生诉求", general=True), matter("停车", "停车"))
    assert sorter.classify("民生诉求：停车").matter == "停车"
    assert sorter.classify("民生诉求").matter == "诉求"


def test_a_word_that_rules_a_matter_out_does_so_wherever_it_overlaps() -> None:
    lamp = matter("路灯", "路灯", not_terms=("灯杆广告",))
    sorter = classifier(lamp, matter("广告", "小广告"))
    assert sorter.classify("路灯杆广告脱落").matter is None
    assert sorter.classify("路灯不亮").matter == "路灯"
    found = sorter.classify("路灯杆广告旁有小广告")
    assert found.matter == "广告"
    assert "词“灯杆广告”(第2字)排除“路灯”" in found.why


def test_where_nothing_fits_the_report_is_unclassified_and_says_so() -> None:
    found = classifier(matter("噪音", "噪音")).classify("今天天气不错")
    assert (found.matter, found.category) == (None, None)
    assert found.why == ["没有命中任何词：未分类，待人工判断"]


def test_a_place_without_matters_classifies_nothing() -> None:
    assert classifier().classify("占道经营").matter is None


def test_a_matter_that_the_sender_gave_is_taken_if_the_place_knows_it() -> None:
    sorter = classifier(matter("噪音", "噪音"), matter("积水", "积水"))
    assert sorter.classify("门口积水", "噪音").matter == "噪音"
    unknown = sorter.classify("门口积水", "X-99")
    assert unknown.matter == "积水"
    assert unknown.why[0] == "来件所带事项“X-99”不在本地清单，改按词判断"


@pytest.mark.parametrize("text", ["Ｅ-ＢＩＫＥ充电", "e-bike充电", "E-Bike充电"])
def test_width_and_case_do_not_matter(text: str) -> None:
    assert classifier(matter("车", "e-bike")).classify(text).matter == "车"


def test_the_reasons_stay_few_however_many_words_a_text_holds() -> None:
    sorter = classifier(*(matter(f"事{n}", f"词{n:03d}") for n in range(50)))
    found = sorter.classify("，".join(f"词{n:03d}" for n in range(50)))
    assert len(found.why) == 10
    assert found.why[8] == "另有42个词命中"


# --- the second layer: the place's model -----------------------------------------------

NOISE, WATER = matter("noise", "噪音"), matter("water", "积水")
MODEL = Model.of(hand_model({"吵": "noise", "水": "water"}))
LAYERED = classifier(NOISE, WATER, model=MODEL)


def test_words_go_before_the_model() -> None:
    found = LAYERED.classify("噪音，水水水")
    assert (found.matter, found.by) == ("noise", Layer.TERMS)
    assert LAYERED.classify("水", "noise").by is Layer.SENDER


def test_where_no_word_is_found_the_model_decides_and_names_the_words_and_itself() -> None:
    found = LAYERED.classify("楼上整夜很吵")
    assert (found.matter, found.category, found.by) == ("noise", "k", Layer.MODEL)
    assert found.why == [
        "没有命中任何词",
        f"模型{MODEL.version}：“noise”的概率98%，取之，凭“吵”",
    ]


def test_where_the_model_is_not_sure_a_person_is_asked() -> None:
    found = LAYERED.classify("又吵又有水")
    assert (found.matter, found.category, found.by) == (None, None, None)
    assert found.why[-1] == (f"模型{MODEL.version}：“noise”的概率50%，不足80%：未分类，待人工判断")


def test_where_the_words_are_even_the_model_decides_and_not_the_order_of_the_list() -> None:
    found = LAYERED.classify("噪音和积水，都是水")
    assert (found.matter, found.by) == ("water", Layer.MODEL)
    assert "“noise”与“water”相当，词不能决定" in found.why
    assert LAYERED.classify("噪音噪音和积水，都是水").by is Layer.TERMS


def test_the_model_reads_the_text_without_personal_data_and_names_no_other() -> None:
    found = LAYERED.classify("吵吵的电话是水", shown="吵吵的电话是〔电话:a1b2c3〕")
    assert found.matter == "noise"
    assert "水" not in found.why[-1]


def test_a_label_that_means_none_of_the_places_matters_is_left_to_a_person() -> None:
    """The list of matters may change under a model; no text may stop the way in."""
    found = classifier(WATER, model=MODEL).classify("很吵")
    assert found.matter is None
    assert found.why[-1] == f"模型{MODEL.version}判为“noise”，不在本地清单：未分类，待人工判断"


def test_a_general_matter_is_no_tie_with_a_particular_one() -> None:
    general = matter("all", "诉求", general=True)
    sorter = classifier(general, NOISE, model=Model.of(hand_model({"吵": "noise", "求": "all"})))
    assert sorter.classify("诉求：噪音").by is Layer.TERMS


texts = st.lists(
    st.one_of(st.sampled_from([word for word, _ in WORDS]), st.text(max_size=6)), max_size=8
).map("".join)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_an_answer_is_the_same_each_time_and_in_normal_form(text: str) -> None:
    sorter = Classifier.of(DONGGUAN)
    found = sorter.classify(text)
    assert sorter.classify(text) == found
    assert sorter.classify(unicodedata.normalize("NFKC", text)) == found
    assert found.why
    assert found.matter is None or DONGGUAN.matters[found.matter].category == found.category


def test_the_automaton_is_built_once_for_the_same_rules() -> None:
    assert Classifier.of(DONGGUAN) is Classifier.of(DONGGUAN)


def test_a_text_of_forty_letters_takes_microseconds_not_milliseconds() -> None:
    """About 6 µs where measured; the bound only catches an automaton built for every text."""
    text = "今天在东城街道某某路口发现有人占道经营，影响行人通行，请尽快派人前来处理，谢谢了"
    assert _seconds(lambda: Classifier.of(DONGGUAN).classify(text)) < 500e-6


def _seconds(run: Callable[[], object], times: int = 200) -> float:
    best = float("inf")
    for _ in range(5):
        start = perf_counter()
        for _ in range(times):
            run()
        best = min(best, (perf_counter() - start) / times)
    return best
