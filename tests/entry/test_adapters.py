"""Other systems' messages: each recorded one comes to what stands beside it, or to its reason."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.codec import encode_json
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival
from streams.entry.adapters.gb28181 import MAX_BYTES, Alarms
from streams.entry.adapters.orders import read_order_mapping
from streams.entry.adapters.video import Finding, VideoPlatform
from tests.entry.upstreams import ADAPTERS, PLACE, ROOT, ZONE, as_events, messages, read

PERSONAL = ("张某某", "13800000000", "A12345", "粤S", "L3BsYW50ZWQ", "440000000000000000")


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def alarm(platform: VideoPlatform, text: bytes | None = None) -> list[Arrival]:
    intrusion = (ROOT / "gb28181" / "good-declared-gb2312.xml").read_bytes()
    return Alarms(platform, PLACE, ZONE)(text or intrusion)


@pytest.mark.parametrize("path", messages("good"), ids=name)
def test_a_recorded_message_comes_to_the_events_beside_it(path: Path) -> None:
    expected = json.loads(path.with_suffix(".events.json").read_text("utf-8"))
    assert as_events(read(path)) == expected


@pytest.mark.parametrize("path", messages("bad"), ids=name)
def test_a_bad_message_is_refused_for_the_reason_in_its_name(path: Path) -> None:
    """And the detail, which goes into answers and logs, tells nothing of what was in it."""
    with pytest.raises(Refused) as refused:
        read(path)
    assert refused.value.reason.value == path.stem.split("-")[1]
    assert refused.value.detail
    assert not [word for word in PERSONAL if word in refused.value.detail]


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_each_adapter_has_recorded_messages_of_both_kinds(adapter: str) -> None:
    for verdict, least in (("good", 2), ("bad", 5)):
        assert len([path for path in messages(verdict) if path.parent.name == adapter]) >= least


def test_faces_plates_names_and_pictures_never_leave_the_adapter() -> None:
    """The messages hold them; what comes of the messages does not."""
    told = [path for path in messages("good") if path.parent.name == "gat1400"]
    given = "".join(path.read_text("utf-8") for path in told)
    assert {word for word in PERSONAL if word in given} == {*PERSONAL} - {"13800000000"}
    left = "".join(encode_json(read(path)).decode() for path in told)
    assert not [word for word in PERSONAL if word in left]


def test_the_same_alarm_under_another_command_number_is_the_same_event() -> None:
    text = (ROOT / "gb28181" / "good-by-a-person.xml").read_text("utf-8")
    again = text.replace("<SN>51</SN>", "<SN>52</SN>")
    assert again != text
    adapter = ADAPTERS["gb28181"]
    assert adapter(again.encode()) == adapter(text.encode())


@pytest.mark.parametrize(
    ("alarms", "expected"),
    [
        (None, ["朱镕路口有人翻越围栏"]),
        ({"5/6": Finding("翻越围栏", "fence")}, ["翻越围栏"]),
        ({"5": Finding("视频告警")}, ["视频告警"]),
        ({"5/3": Finding("遗留物")}, []),
        ({}, []),
    ],
)
def test_a_platform_says_which_alarms_are_findings_and_in_which_words(
    alarms: dict[str, Finding] | None, expected: list[str]
) -> None:
    told = alarm(VideoPlatform(sender="/v", camera_class=1, alarms=alarms))
    assert [event["data"]["text"] for event in as_events(told)] == expected


def test_an_alarm_longer_than_any_alarm_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        alarm(VideoPlatform(sender="/v", camera_class=1), b" " * (MAX_BYTES + 1))
    assert refused.value.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("ticket: /workOrderNo", "ticket: workOrderNo"), "fields.ticket"),
        (("ticket: /workOrderNo", "tickets: /workOrderNo"), "tickets"),
        (('["%Y-%m-%d %H:%M:%S"]', "[]"), "time_formats"),
        (('["%Y-%m-%d %H:%M:%S"]', '["%Y-%Q"]'), "orders.yaml"),
        (("/location/x", "/location/~x"), "orders.yaml"),
        (("GCJ-02", "GCJ-03"), "crs"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_told_by_its_file_and_field(
    wrong: tuple[str, str], told: str, tmp_path: Path
) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text((ROOT / "orders.yaml").read_text("utf-8").replace(*wrong), "utf-8")
    with pytest.raises(Refused, match=told) as refused:
        read_order_mapping(path)
    assert str(path) in refused.value.detail


@pytest.mark.parametrize("adapter", ADAPTERS)
@settings(max_examples=100, deadline=None)
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode)))
def test_whatever_arrives_is_read_or_refused(adapter: str, body: bytes) -> None:
    refused = None
    try:
        ADAPTERS[adapter](body)
    except Refused as why:
        refused = why
    assert refused is None or refused.detail
