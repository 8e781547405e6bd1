"""The gateway over real sockets: who is let in, what is taken, and what everybody else is told."""

import base64
import hmac
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any, get_args

import pytest
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.v1.event import CloudEvent

from streams.core.cloudevent import JsonBytes
from streams.core.codec import DATA, decode, decode_data
from streams.core.events import GridworkerReport
from streams.core.home import ticket_key
from streams.core.record import Record
from streams.core.refusal import Refused
from streams.entry import gateway as door
from streams.entry.gateway_keys import EventName, read_keys
from streams.wire import http_server
from tests.entry.gateways import NOW, SIGNING_KEY, Answer, Served, ask, bearer, keys_file
from tests.entry.upstreams import ROOT

JSON, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
APP = {"authorization": bearer("grid-app")}
VIDEO = {"authorization": bearer("video-platform-a")}
REPORT = {"place": "dongguan", "text": "路灯不亮", "reporter": "W-1"}


def event(id: str = "G-1", **change: Any) -> dict[str, Any]:
    """A gridworker's report, structured."""
    head = {"specversion": "1.0", "type": "gridloop.report.gridworker.v1"}
    head |= {"source": "/dongguan/grid-app", "id": id, "time": "2026-03-05T09:00:00+08:00"}
    return head | {"datacontenttype": "application/json", "data": REPORT} | change


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def signed(body: bytes, at: int = NOW, key: str = SIGNING_KEY, **more: str) -> dict[str, str]:
    """The headers of a signed request, made as Standard Webhooks says it."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    made = hmac.digest(secret, f"msg-1.{at}.".encode() + body, sha256)
    signature = f"v1,{base64.b64encode(made).decode()}"
    head = {"webhook_id": "msg-1", "webhook_timestamp": str(at), "webhook_signature": signature}
    return {"gridloop_key": "hotline-12345", **head, **more}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keys_file(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def served(keys: Path) -> Iterator[Served]:
    with Served(keys) as served:
        yield served


def refused(answer: Answer, status: int, reason: str) -> str:
    """Checks the problem's form; its detail."""
    assert (answer.status, answer.body["reason"]) == (status, reason)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.body["status"], answer.body["type"]) == (
        status,
        f"urn:gridloop:problem:{reason}",
    )
    return str(answer.body["detail"])


# --- what is taken -------------------------------------------------------------------------------


def test_a_key_may_be_given_whatever_comes_in() -> None:
    assert {f"gridloop.{name}.v1" for name in get_args(EventName)} == {*DATA}


def test_a_structured_event_is_on_the_log_as_the_bytes_it_came_in(served: Served) -> None:
    body = as_json(event())
    answer = served.send("/v1/events", body, content_type=f"{JSON}; charset=UTF-8", **APP)
    assert (answer.status, answer.body) == (
        202,
        {"accepted": 1, "events": [{"source": "/dongguan/grid-app", "id": "G-1"}]},
    )
    (out,) = served.records
    assert (out.topic, out.value) == ("gridloop.reports.gridworker.v1", body)
    assert out.key == ticket_key("/dongguan/grid-app", "G-1")


@pytest.mark.parametrize("id", ["G-1", "单号-1", 'a"b%c'])
def test_what_the_cloudevents_library_sends_is_read_as_it_meant_it(served: Served, id: str) -> None:
    """In binary mode, percent-encoded headers and all, and in structured mode."""
    attributes = {k: v for k, v in event(id).items() if k != "data"}
    attributes["time"] = datetime.fromisoformat(attributes["time"])
    told = CloudEvent(attributes, as_json(REPORT))
    for message in (to_binary(told, JsonBytes()), to_structured(told, JsonBytes())):
        headers = {name.replace("-", "_"): str(value) for name, value in message.headers.items()}
        assert served.send("/v1/events", message.body, **headers, **APP).status == 202
        out = served.records[-1]
        envelope = decode(Record(out.topic, 0, 0, 0, out.key, out.value, out.headers))
        assert (envelope.id, envelope.sender) == (id, "/dongguan/grid-app")
        assert isinstance(decode_data(envelope), GridworkerReport)


def test_a_batch_is_cut_into_its_events(served: Served) -> None:
    body = as_json([event("G-1"), event("G-2")])
    answer = served.send("/v1/events", body, content_type=BATCH, **APP)
    assert (answer.status, answer.body["accepted"]) == (202, 2)
    assert [json.loads(out.value or b"")["id"] for out in served.records] == ["G-1", "G-2"]
    assert served.send("/v1/events", b"[]", content_type=BATCH, **APP).body["accepted"] == 0


def test_an_alarm_and_a_work_order_come_in_by_doors_of_their_own(served: Served) -> None:
    alarm = (ROOT / "gb28181" / "good-declared-gb2312.xml").read_bytes()
    assert served.send("/v1/gb28181/alarms", alarm, **VIDEO).status == 202
    order = (ROOT / "orders" / "good-several-with-a-follow-up.json").read_bytes()
    assert served.send("/v1/orders", order, **signed(order)).body["accepted"] == 2
    topics = [out.topic.split(".", 1)[1] for out in served.records]
    assert topics == ["reports.patrol.v1", "reports.hotline.v1", "acts.v1"]


def test_a_signed_event_is_taken_in_structured_mode_alone(served: Served) -> None:
    """A signature covers the body; headers with attributes could be anybody's."""
    one = event("H-1", source="/dongguan/12345", type="gridloop.report.hotline.v1")
    body = as_json(one | {"data": {"place": "dongguan", "text": "路灯不亮"}})
    assert served.send("/v1/events", body, content_type=JSON, **signed(body)).status == 202
    binary = {"ce_id": "1", "content_type": "application/json"}
    told = refused(
        served.send("/v1/events", body, **binary, **signed(body)), 415, "unsupported_media_type"
    )
    assert "structured" in told


def test_a_device_fault_is_taken_and_counted_though_it_is_no_finding(served: Served) -> None:
    fault = (ROOT / "gb28181" / "good-device-fault.xml").read_bytes()
    answer = served.send("/v1/gb28181/alarms", fault, **VIDEO)
    assert (answer.status, answer.body) == (202, {"accepted": 0, "events": []})
    assert served.counts.counted["nothing", "gb28181", "video-platform-a"] == 1


# --- GA/T 1400 has answers of its own ------------------------------------------------------------


def statuses(answer: Answer) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/VIID+JSON"
    found: list[dict[str, Any]] = answer.body["ResponseStatusListObject"]["ResponseStatusObject"]
    return found


@pytest.mark.parametrize(
    ("name", "events"), [("good-findings-among-faces", 2), ("good-faces-only", 0)]
)
def test_a_notification_is_answered_as_its_standard_says(
    served: Served, name: str, events: int
) -> None:
    body = (ROOT / "gat1400" / f"{name}.json").read_bytes()
    answer = served.send("/VIID/SubscribeNotifications", body, **VIDEO)
    (status,) = statuses(answer)
    assert answer.status == 200
    assert status == {
        "RequestURL": "/VIID/SubscribeNotifications",
        "StatusCode": 0,
        "StatusString": "OK",
        "Id": "441900000000032026030514032100001",
        "LocalTime": "20270115160000",
    }
    assert len(served.records) == events


def test_a_notification_that_is_not_taken_says_so_in_its_standards_form(served: Served) -> None:
    path = "/VIID/SubscribeNotifications"
    bad = (ROOT / "gat1400" / "bad-not_json-cut-off.json").read_bytes()
    good = (ROOT / "gat1400" / "good-findings-among-faces.json").read_bytes()
    told = [
        served.send(path, bad, **VIDEO),
        served.send(path, good),
        served.send(path, good, **APP),
    ]
    served.log.away = True
    told.append(served.send(path, good, **VIDEO))
    assert [answer.status for answer in told] == [400, 401, 403, 503]
    assert [statuses(answer)[0]["StatusCode"] for answer in told] == [7, 4, 4, 2]
    assert not served.records


# --- who is let in -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer somebody-elses"},
        {"authorization": "Bearer "},
        {"authorization": "Basic Z3JpZC1hcHA6"},
        {"gridloop_key": "grid-app"},
        {"gridloop_key": "nobody"},
        {"authorization": "Bearer " + "0" * 64},
    ],
)
def test_without_a_key_of_ours_nothing_is_read(served: Served, headers: dict[str, str]) -> None:
    answer = served.send("/v1/events", as_json(event()), content_type=JSON, **headers)
    refused(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not served.records


ORDER = (ROOT / "orders" / "good-one.json").read_bytes()


@pytest.mark.parametrize(
    "headers",
    [
        signed(ORDER, at=NOW - 301),
        signed(ORDER, at=NOW + 301),
        signed(ORDER + b" "),
        signed(ORDER, key=SIGNING_KEY[:-4] + "AAAA"),
        signed(ORDER) | {"webhook_timestamp": str(NOW - 1)},
        signed(ORDER) | {"webhook_id": "msg-2"},
        signed(ORDER) | {"webhook_signature": "v1,AAAA"},
        signed(ORDER) | {"webhook_timestamp": "９" * 10},
        {"gridloop_key": "hotline-12345"},
    ],
)
def test_a_signature_is_of_this_body_and_of_now(served: Served, headers: dict[str, str]) -> None:
    plain = {name: value.encode("utf-8").decode("latin-1") for name, value in headers.items()}
    refused(served.send("/v1/orders", ORDER, **plain), 401, "unauthorized")
    assert not served.records


def test_one_good_signature_among_several_is_enough(served: Served) -> None:
    """So a signing key can be changed without a gap."""
    head = signed(ORDER)
    head["webhook_signature"] = f"v1,AAAA {head['webhook_signature']} v2,x"
    assert served.send("/v1/orders", ORDER, **head).status == 202


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "gridloop.reference.v1", "data": None}, None),
        ({"source": "/dongguan/12345"}, "source"),
        ({"data": {**REPORT, "place": "siming"}}, "place"),
        (
            {
                "type": "gridloop.report.patrol.v1",
                "data": {"place": "dongguan", "text": "x", "camera": "1", "camera_class": 1},
            },
            "report.patrol",
        ),
    ],
)
def test_a_key_speaks_for_its_sources_types_and_place_alone(
    served: Served, change: dict[str, Any], told: str | None
) -> None:
    answer = served.send("/v1/events", as_json(event(**change)), content_type=JSON, **APP)
    if told is None:
        assert answer.status == 422
    else:
        assert told in refused(answer, 403, "forbidden")
    assert not served.records


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/gb28181/alarms"])
def test_an_adapter_is_open_to_the_keys_that_have_it(served: Served, path: str) -> None:
    refused(served.send(path, b"{}", **APP), 403, "forbidden")


# --- what is not taken ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "empty"),
        (b"{", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (as_json({**event(), "id": None}), 400, "not_cloudevent"),
        (as_json(event(type="gridloop.report.pigeon.v1")), 422, "unknown_type"),
        (as_json(event(time="2026-03-05T09:00:00")), 422, "no_offset"),
        (as_json(event(time="1969-03-05T09:00:00Z")), 422, "bad_time"),
        (as_json(event(data={"place": "dongguan"})), 422, "invalid"),
        (as_json(event(data={**REPORT, "text": "长" * 8001})), 422, "invalid"),
    ],
)
def test_what_intake_would_refuse_is_refused_at_once_with_its_reason(
    served: Served, body: bytes, status: int, reason: str
) -> None:
    assert refused(served.send("/v1/events", body, content_type=JSON, **APP), status, reason)
    assert not served.records


def test_of_a_batch_with_bad_events_none_is_taken_and_each_bad_one_is_named(
    served: Served,
) -> None:
    body = as_json([event("G-1"), event("G-2", time="soon"), event("G-3", data={}), event("G-4")])
    answer = served.send("/v1/events", body, content_type=BATCH, **APP)
    refused(answer, 422, "invalid")
    told = [(one["index"], one["reason"], bool(one["detail"])) for one in answer.body["errors"]]
    assert told == [(1, "bad_time", True), (2, "invalid", True)]
    assert not served.records


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_what_is_no_cloudevent_is_told_which_media_types_are(
    served: Served, content_type: str
) -> None:
    answer = served.send("/v1/events", as_json(event()), content_type=content_type, **APP)
    assert "cloudevents+json" in refused(answer, 415, "unsupported_media_type")


def test_a_packed_body_is_not_unpacked(served: Served) -> None:
    head = {"content_type": JSON, "content_encoding": "gzip"}
    refused(served.send("/v1/events", b"x", **head, **APP), 415, "unsupported_media_type")


def test_a_body_above_the_keys_limit_is_refused_before_or_while_it_comes(served: Served) -> None:
    large = b" " * (1 << 20) + as_json(event())
    head = {"content_type": JSON, **APP}
    refused(served.send("/v1/events", large, **head), 413, "too_large")
    with served.connected() as connection:
        chunks = (large[at : at + 65_536] for at in range(0, len(large), 65_536))
        named = {"content-type": JSON, "authorization": APP["authorization"]}
        connection.request("POST", "/v1/events", chunks, named, encode_chunked=True)
        assert connection.getresponse().status == 413
    assert not served.records


def test_an_event_that_no_record_could_hold_is_refused(tmp_path: Path) -> None:
    file = keys_file(tmp_path, grid_app={"max_bytes": 4 << 20})
    with Served(file) as served:
        body = as_json(event(note="x" * 1_000_000))
        refused(served.send("/v1/events", body, content_type=JSON, **APP), 413, "too_large")


def test_a_body_that_takes_too_long_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "BODY_SECONDS", 0.2)
    with served.raw() as connection:
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: {APP['authorization']}\r\n"
        connection.sendall(f"{head}Content-Length: 9\r\n\r\n{{".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_or_dribbles_is_closed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "IDLE_SECONDS", 0.3)
    with served.raw() as silent, served.raw() as dribbling:
        dribbling.sendall(b"POST /v1/events HTTP/1.1\r\nX: ")
        began = monotonic()
        with suppress(OSError):
            while monotonic() - began < 1.0:
                dribbling.sendall(b"x")
                sleep(0.05)
        assert silent.recv(1) == b""
        with suppress(ConnectionError):
            assert dribbling.recv(4096) == b""


@pytest.mark.parametrize(
    "head", [b"GET /" + b"a" * 400_000, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 80_000]
)
def test_a_head_that_does_not_end_is_not_gathered(served: Served, head: bytes) -> None:
    with served.raw() as connection, suppress(ConnectionError):
        connection.sendall(head)
        assert connection.recv(4096)[:12] in {b"", b"HTTP/1.1 400"}
    assert served.send("/healthz", method="GET").status == 200


def test_while_the_broker_is_away_nothing_is_called_accepted(served: Served) -> None:
    served.log.away = True
    answer = served.send("/v1/events", as_json(event()), content_type=JSON, **APP)
    refused(answer, 503, "broker_away")
    assert int(answer.headers["retry-after"]) > 0
    health = served.send("/healthz", method="GET")
    assert (health.status, health.body) == (503, {"ready": False, "broker_away": True})
    served.log.away = False
    assert served.send("/healthz", method="GET").status == 200


def test_unknown_paths_and_methods_are_told_in_the_same_form(served: Served) -> None:
    refused(served.send("/v2/events", b"{}", **APP), 404, "not_found")
    refused(served.send("/v1/events", method="GET", **APP), 405, "method_not_allowed")


# --- how much ------------------------------------------------------------------------------------


def test_a_refusal_for_the_rate_is_held_back_a_moment(tmp_path: Path) -> None:
    with Served(keys_file(tmp_path, grid_app={"rate": 1, "burst": 1})) as served:
        body = as_json(event())
        assert served.send("/v1/events", body, content_type=JSON, **APP).status == 202
        began = monotonic()
        refused(served.send("/v1/events", body, content_type=JSON, **APP), 429, "too_fast")
        assert monotonic() - began >= door.HOLD_SECONDS


def test_a_key_that_floods_is_held_back_and_the_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times its burst from one key: what is over is told when to come again."""
    monkeypatch.setattr(door, "HOLD_SECONDS", 0.0)
    file = keys_file(tmp_path, grid_app={"rate": 0.5, "burst": 10})
    alarm = (ROOT / "gb28181" / "good-without-type.xml").read_bytes()
    with Served(file) as served, served.connected() as flood, served.connected() as other:
        flooded, calm = [], []
        for number in range(100):
            body = as_json(event(f"G-{number}"))
            flooded.append(ask(flood, "/v1/events", body, content_type=JSON, **APP))
            calm.append(ask(other, "/v1/gb28181/alarms", alarm, **VIDEO).status)
        assert calm == [202] * 100
        counted = [answer.status for answer in flooded]
        assert counted[:10] == [202] * 10
        assert 10 <= counted.count(202) <= 13
        assert counted.count(202) + counted.count(429) == 100
        held = flooded[-1] if flooded[-1].status == 429 else flooded[-2]
        assert 1 <= int(held.headers["retry-after"]) <= 2
        assert served.counts.counted["refused", "events", "grid-app", "too_fast"] >= 87


def test_a_batch_counts_as_many_as_it_holds(tmp_path: Path) -> None:
    with Served(keys_file(tmp_path, grid_app={"rate": 1, "burst": 5})) as served:
        body = as_json([event(f"G-{n}") for n in range(20)])
        assert served.send("/v1/events", body, content_type=BATCH, **APP).status == 202
        answer = served.send("/v1/events", body, content_type=BATCH, **APP)
        refused(answer, 429, "too_fast")
        assert 14 <= int(answer.headers["retry-after"]) <= 16


def test_nobody_can_use_up_the_rate_of_a_key_whose_name_he_knows(tmp_path: Path) -> None:
    """What is not signed by the key does not count as the key's."""
    with Served(keys_file(tmp_path, hotline_12345={"rate": 0.1, "burst": 2})) as served:
        forged = signed(ORDER, key=SIGNING_KEY[:-4] + "AAAA")
        assert {served.send("/v1/orders", ORDER, **forged).status for _ in range(20)} == {401}
        assert served.send("/v1/orders", ORDER, **signed(ORDER)).status == 202


# --- the file of keys ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rate": 0}, "rate"),
        ({"colour": "red"}, "colour"),
        ({"token_sha256": "secret"}, "token_sha256"),
        ({"token_sha256": None}, "either token_sha256 or hmac"),
        ({"hmac": {"env": "X"}}, "either token_sha256 or hmac"),
        ({"name": "video-platform-a"}, "the same name"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"orders": "nowhere.yaml"}, "nowhere.yaml"),
        ({"events": ["fact"]}, "events"),
        ({"token_sha256": None, "hmac": {"env": "NOT_SET"}}, "NOT_SET"),
        ({"token_sha256": None, "hmac": {"file": "no.key"}}, "no.key"),
        ({"token_sha256": None, "hmac": {}}, "env or file"),
        ({"token_sha256": None, "hmac": {"env": "SHORT"}}, "24 to 64 bytes"),
        ({"token_sha256": None, "hmac": {"env": "ODD"}}, "not base64"),
    ],
)
def test_a_file_of_keys_that_cannot_be_used_says_why(
    change: dict[str, object], told: str, tmp_path: Path
) -> None:
    environ = {"HOTLINE_SIGNING_KEY": SIGNING_KEY, "SHORT": "whsec_AAAA", "ODD": "whsec_?"}
    file = keys_file(tmp_path, grid_app=change)
    with pytest.raises(Refused, match=told) as why:
        read_keys(file, environ)
    assert str(tmp_path) in why.value.detail
