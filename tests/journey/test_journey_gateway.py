"""By HTTP into the whole system: the docs' own examples; a thousand persons who stay unknown."""

import http.client
import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, it repeats itself
from typing import Any

import pytest
import yaml

from streams.core.topics import ACTS, CITIZEN, DOORS, GRIDWORKER, HOTLINE, PATROL, ROUNDS
from streams.where import free_port
from tests.entry.gateways import SIGNING_KEY, TOKENS, ask, keys_file
from tests.entry.test_gateway import BATCH, as_json, signed
from tests.journey.harbour import act, event, founding, send_raw
from tests.journey.planted import (
    Person,
    behind,
    key_as_written,
    look_for,
    people,
    records,
    spelled,
    text_about,
)
from tests.journey.system import ROOT, System, until

pytestmark = [pytest.mark.journey, pytest.mark.broker, pytest.mark.engine, pytest.mark.timeout(600)]

PLACE, DAY = "quietport", "2026-03-03T08:00:00+08:00"
COUNT = 1_000
MISSED = 0.005
"""The share of numbers in texts that may be missed; in named fields, none."""


ALL_TOOLS = bool(os.environ.get("GRIDLOOP_ALL_TOOLS"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A home that runs the gateway as a part of its own, for two places."""
    folder = tmp_path_factory.mktemp("gateway")
    orders = yaml.safe_load((ROOT / "schemas/examples/gateway/orders.yaml").read_text("utf-8"))
    orders |= {"sender": f"/{PLACE}/hotline", "area": None, "matter": None}
    (folder / "quiet.yaml").write_text(yaml.safe_dump(orders, allow_unicode=True), "utf-8")
    file = keys_file(folder, grid_app={"rate": 1_000, "burst": 5_000})
    ring = yaml.safe_load(file.read_text("utf-8"))
    names = {"place": PLACE, "senders": [f"/{PLACE}/desk", f"/{PLACE}/app"]}
    quiet = {"events": ["report.citizen", "act", "round"], "orders": "quiet.yaml"}
    hmac = {"hmac": {"env": "QUIET_KEY"}, "rate": 5_000, "burst": 10_000, "max_bytes": 8 << 20}
    ring["keys"].append({"name": "quiet", **names, **quiet, **hmac})
    file.write_text(yaml.safe_dump(ring, allow_unicode=True), "utf-8")
    words = ("--gateway", str(file))
    secrets = {"HOTLINE_SIGNING_KEY": SIGNING_KEY, "QUIET_KEY": SIGNING_KEY}
    port = {"GRIDLOOP_GATEWAY_PORT": str(free_port())}
    with System(folder / "home", *words, **port, **secrets) as system:
        yield system


def address(home: System) -> str:
    said = home.json("status", "--json")
    assert {"gateway": "ready"}.items() <= {p["name"]: p["state"] for p in said["parts"]}.items()
    return str(said["gateway"])


def stored(home: System, sender: str, id: str) -> bool:
    found = "SELECT count() FROM reports FINAL WHERE sender = %(sender)s AND id = %(id)s"
    return bool(home.ask(found, sender=sender, id=id)[0][0])


@pytest.mark.skipif(
    not ALL_TOOLS and not all(map(shutil.which, ("curl", "openssl"))),
    reason="curl and openssl are not here",
)
def test_the_docs_examples_run_and_come_out_as_reports(home: System, tmp_path: Path) -> None:
    """Every shell block of docs/gateway.md that sends something, word for word."""
    docs = (ROOT / "docs" / "gateway.md").read_text("utf-8")
    blocks = [one for one in re.findall(r"```sh\n(.*?)```", docs, re.DOTALL) if "curl" in one]
    assert len(blocks) >= 4
    here = address(home)
    for block in blocks:
        script = block.replace("127.0.0.1:8470", here)
        env = {
            **home.env,
            "GRID_APP_TOKEN": TOKENS["grid-app"],
            "VIDEO_TOKEN": TOKENS["video-platform-a"],
        }
        ran = subprocess.run(
            ["bash", "-euc", script], cwd=ROOT, env=env, capture_output=True, text=True, check=True
        )
        assert json.loads(ran.stdout), ran.stderr
    home.joined.drain()
    for sender, id in (
        ("/dongguan/grid-app", "G-20260305-1"),
        ("/dongguan/12345", "DH20260216000017"),
        ("/dongguan/video/platform-a", "44190000001320000107-20260305T060321-5-6"),
    ):
        assert stored(home, sender, id), (id, home.logs())


# --- a thousand persons --------------------------------------------------------------------------


def send(home: System, path: str, body: Any, **headers: str) -> None:
    """One signed request, which must be taken."""
    value, now = as_json(body), int(datetime.now(UTC).timestamp())  # noqa: TID251 - signed now
    connection = http.client.HTTPConnection(*address(home).split(":"), timeout=60)
    head = signed(value, at=now, gridloop_key="quiet", **headers)
    answer = ask(connection, path, value, **head)
    connection.close()
    assert answer.status == 202, answer


def order(rng: Random, one: Person) -> dict[str, Any]:
    return {
        "workOrderNo": f"O-{one.number}",
        "acceptTime": "2026-03-03 08:00:00",
        "appealContent": text_about(rng, one),
        "incidentAddress": f"{one.name}家，电话{spelled(rng, one.phone)}",
        "caller": {"callerName": one.name, "contactPhone": spelled(rng, one.phone)},
    }


def again(rng: Random, one: Person) -> dict[str, Any]:
    """The same person complains once more, by another way, the phone written in another form."""
    who = {"name": one.name, "phone": spelled(rng, one.phone), "id_number": one.id_number}
    data = {"place": PLACE, "text": text_about(rng, one), "requester": who}
    return event("report.citizen", f"/{PLACE}/app", f"C-{one.number}", DAY, data)


def done(rng: Random, one: Person) -> dict[str, Any]:
    """An act by somebody whose code is his phone number, with numbers in its words."""
    words = f"已电话联系{spelled(rng, one.told_phone)}，证件{spelled(rng, one.told_id)}"
    more = {"actor": one.phone, "reason": words}
    return act(PLACE, f"O-{one.number}", "supervise", DAY, **more)


def badly(rng: Random, one: Person) -> tuple[str, dict[str, Any]]:
    """What is refused, with personal data where they do not belong; and by which topic it comes."""
    number, text = one.number, text_about(rng, one)
    who = {"name": one.name, "phone": one.phone, "id_number": one.id_number}
    kind, topic, data = (
        ("report.hotline", HOTLINE, {"place": one.phone, "text": text}),
        ("report.hotline", HOTLINE, {"place": PLACE, "text": text, "requester": {**who, "x": 1}}),
        ("report.citizen", CITIZEN, {"place": PLACE, "text": text, one.phone: one.name}),
        ("report.citizen", CITIZEN, {"place": PLACE, "requester": who}),
        ("report.patrol", PATROL, {"place": one.id_number, "text": text, "camera": one.phone}),
        ("act", ACTS, {"place": PLACE, "act": one.phone, "reason": text}),
    )[number // 5 % 6]
    return topic.name, event(kind, f"/{PLACE}/odd", f"B-{number}", DAY, data)


def oddly(one: Person) -> list[tuple[str, dict[str, Any]]]:
    """What is taken though a phone or an ID number stands where a code belongs."""
    report = {"place": PLACE, "text": "街灯不亮", "reporter": one.phone, "area": one.id_number}
    row = {"place": PLACE, "kind": "patrol", "area": "quay-01", "worker": one.phone}
    return [
        (GRIDWORKER.name, event("report.gridworker", "/odd", f"W-{one.number}", DAY, report)),
        (ROUNDS.name, event("round", "/odd", f"R-{one.number}", DAY, {**row, "started_at": DAY})),
    ]


def test_of_a_thousand_persons_nothing_is_found_behind_the_door(home: System) -> None:
    """Topics, tables, logs, workers' state, dead letters: no named field, hardly a number."""
    home.publish(founding(PLACE))
    rng, planted = Random(7), people(COUNT, seed=2026)
    for at in range(0, COUNT, 500):
        some = planted[at : at + 500]
        send(home, "/v1/orders", {"data": [order(rng, one) for one in some]})
        send(home, "/v1/events", [again(rng, one) for one in some], content_type=BATCH)
        send(home, "/v1/events", [done(rng, one) for one in some[::5]], content_type=BATCH)
    raw = defaultdict(list)
    for one in planted[::5]:
        for topic, value in (badly(rng, one), *oddly(one)):
            raw[topic].append(value)
    for topic, values in raw.items():
        send_raw(home, topic, values)
    home.joined.drain()

    kept = home.ask("SELECT count(), uniqExact(id) FROM reports FINAL WHERE place = %(p)s", p=PLACE)
    assert tuple(kept[0]) == (2 * COUNT + COUNT // 5, 2 * COUNT + COUNT // 5)
    letters = "SELECT count() FROM dead_letters FINAL WHERE sender = %(sender)s"
    assert home.ask(letters, sender=f"/{PLACE}/odd")[0][0] == COUNT // 5

    named = {value for one in planted for value in (one.name, one.phone, one.id_number)}
    told = {value for one in planted for value in (one.told_phone, one.told_id)}
    secret = key_as_written(home)
    before, _ = look_for([*named, *told], records(home, DOORS))
    assert len(before.found) >= 0.99 * len({*named, *told}), "the search does not find"
    places, searched = look_for([*named, *told, *secret], behind(home))
    in_text = places.of(told)
    print(f"searched {sum(searched.values()):,} characters in {len(searched)} places")
    print(f"named fields: {len(places.of(named))} of {len(named)}")
    print(f"phones and ID numbers in text: {len(in_text)} of {len(told)}")
    assert {"gridloop.dead-letters.v1", "table reports", "logs/work-0.log"} <= {*searched}
    assert places.of(named) == {}
    assert places.of(secret) == {}
    assert len(in_text) <= MISSED * len(told), in_text
    assert_same_tokens(home, planted)


def assert_same_tokens(home: System, planted: list[Person]) -> None:
    """Both complaints of one person have the same token, no two persons the same one."""
    rows = home.ask("SELECT id, requester FROM reports FINAL WHERE place = %(p)s", p=PLACE)
    tokens = defaultdict(set)
    for id, token in rows:
        if id[0] in "OC":
            tokens[int(id.partition("-")[2])].add(token)
    assert len(tokens) == COUNT
    assert {len(found) for found in tokens.values()} == {1}
    assert len(set[str]().union(*tokens.values())) == COUNT
    assert all(re.fullmatch("[0-9a-f]{16}", next(iter(found))) for found in tokens.values())


def test_the_gateway_as_a_part_is_started_again_when_it_dies(home: System) -> None:
    before = home.restarts()["gateway"]
    home.kill("gateway")
    home.await_ready("gateway", before + 1)
    until(lambda: address(home), "the gateway is named as ready")
