"""A place's model at the door: asked where words find nothing, and shown no personal data."""

from datetime import UTC, datetime, timedelta

import msgspec

from streams.core.accepted import AcceptedReport
from streams.core.codec import encode_binary
from streams.core.events import HotlineReport, Reference, ReferenceKind
from streams.core.place import Rulebook
from streams.core.privacy import Tokeniser
from streams.core.record import Record
from streams.core.topics import HOTLINE
from streams.entry.places import shipped_book
from streams.flow.intake import Door
from streams.wire.seal import Seal
from tests.flow.memory_chain import KEY, MemoryState
from tests.models import hand_model

SINCE = datetime(2025, 3, 1, tzinfo=UTC)
MODEL = hand_model({"血汗钱": "labour_dispute", "轰鸣": "noise"})
USE = Reference(
    place="dongguan",
    kind=ReferenceKind.CLASSIFIER,
    version="1",
    valid_from=SINCE,
    body={"model": msgspec.to_builtins(MODEL)},
)
BOOK = shipped_book("dongguan").with_change(USE)


def accepted(text: str, at: datetime = SINCE, book: Rulebook = BOOK) -> AcceptedReport:
    """What intake makes of a hotline's report."""
    report = HotlineReport(place="dongguan", text=text)
    headers, value = encode_binary("gridloop.report.hotline.v1", "/12345", "r1", at, report)
    record = Record(HOTLINE.name, 0, 0, int(at.timestamp() * 1000), None, value, headers)
    door = Door(lambda: book, Tokeniser(KEY), Seal(KEY).close)
    (out,) = door.step([record], MemoryState()).outs
    return msgspec.json.decode(out.value or b"", type=AcceptedReport)


def test_each_report_says_who_said_its_matter() -> None:
    words = accepted("路边占道经营")
    assert (words.matter, words.classified_by) == ("street_vending", "terms")
    model = accepted("老板跑了，血汗钱没有着落")
    assert (model.matter, model.category) == ("labour_dispute", "disputes")
    assert model.classified_by == "model"
    assert model.why[-1].endswith("取之，凭“血汗钱”")
    nobody = accepted("天气不错")
    assert (nobody.matter, nobody.classified_by) == (None, None)
    assert nobody.why[-1].endswith("未分类，待人工判断")


def test_no_number_of_a_person_is_in_a_reason() -> None:
    told = accepted("血汗钱没有着落，电话13800138000")
    assert told.classified_by == "model"
    assert "138" not in "".join((*told.why, told.text))


def test_a_report_from_before_the_model_is_read_without_it() -> None:
    """A replay of older days finds the older rules."""
    before = accepted("老板跑了，血汗钱没有着落", SINCE - timedelta(days=1))
    assert (before.matter, before.classified_by) == (None, None)
