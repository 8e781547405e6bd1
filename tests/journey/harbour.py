"""An invented place, told as events: its documents, and what is reported and done there."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from streams.core.topics import ALARMS, PARTITIONS, TICKS
from streams.wire.kafka import Publisher
from tests.journey.system import System

SENDER = "/harbour/registry"
DEPARTMENTS = ("harbour-desk", "street-care", "lamp-works", "night-watch")
MATTERS = {
    "lamp": ("街灯不亮", "lights"),
    "rubbish": ("垃圾乱堆", "streets"),
    "dyke": ("堤坝渗水", "quays"),
}
CATEGORIES = ("lights", "streets", "quays")
LONG_AGO = "2001-01-01T00:00:00+08:00"


def event(kind: str, sender: str, id: str, time: str, data: dict[str, Any]) -> dict[str, Any]:
    """One CloudEvent in structured mode."""
    head = {"specversion": "1.0", "type": f"gridloop.{kind}.v1", "source": sender, "id": id}
    return {**head, "time": time, "datacontenttype": "application/json", "data": data}


def reference(
    place: str, kind: str, body: dict[str, Any], version: str = "1", valid_from: str = LONG_AGO
) -> dict[str, Any]:
    """One version of one of the place's documents."""
    data = {
        "place": place,
        "kind": kind,
        "version": version,
        "valid_from": valid_from,
        "body": body,
    }
    return event("reference", SENDER, f"{place}/{kind}/{version}", valid_from, data)


def founding(place: str, **switches: Any) -> list[dict[str, Any]]:
    """All documents with which the place begins: lamps are the lamp works' duty."""
    profile = {
        "name_zh": "雾港",
        "name_en": "Fog Harbour",
        "zone": "Asia/Shanghai",
        "lifecycle": "five_steps",
        "fallback_area": "quay-00",
    }
    areas = [
        {"code": f"quay-{n:02d}", "name": f"{n}号码头", "level": "community"} for n in range(4)
    ]
    matters = [
        {"code": code, "name": word, "name_en": code, "category": category, "terms": [word]}
        for code, (word, category) in MATTERS.items()
    ]
    categories = [{"code": code, "name": code, "name_en": code} for code in CATEGORIES]
    return [
        reference(place, "place", {**profile, **switches}),
        reference(place, "areas", {"areas": areas}),
        reference(place, "matters", {"categories": categories, "matters": matters}),
        reference(place, "responsibility", duties(lamp="lamp-works")),
    ]


def duties(lamp: str) -> dict[str, Any]:
    """A responsibility list in which this department leads in lamps."""
    return {
        "departments": [{"id": one, "name": one, "name_en": one} for one in DEPARTMENTS],
        "default_department": "harbour-desk",
        "duties": [
            {"id": "d1", "matter": "lamp", "lead": lamp},
            {"id": "d2", "matter": "rubbish", "lead": "street-care"},
        ],
    }


def report(place: str, id: str, time: str, text: str = "街灯不亮", **more: Any) -> dict[str, Any]:
    """A hotline ticket."""
    data = {"place": place, "area": "quay-01", "text": text, **more}
    return event("report.hotline", f"/{place}/hotline", id, time, data)


def act(place: str, ticket: str, kind: str, time: str, **more: Any) -> dict[str, Any]:
    """Something done with the case of a ticket."""
    names = {"place": place, "ticket": {"sender": f"/{place}/hotline", "id": ticket}, "act": kind}
    return event("act", f"/{place}/desk", f"{ticket}-{kind}", time, {**names, **more})


def send_raw(system: System, topic: str, events: Iterable[dict[str, Any]]) -> None:
    """Write events to a topic as they are, as any client may."""
    headers = (("content-type", b"application/cloudevents+json"),)
    with Publisher(system.joined.where.kafka) as publisher:
        for one in events:
            publisher.send(topic, None, json.dumps(one, ensure_ascii=False).encode(), headers)


def ticks(system: System, place: str, at: datetime) -> None:
    """The place's clock, in every partition."""
    value = json.dumps({"place": place, "at": at.isoformat()}).encode()
    with Publisher(system.joined.where.kafka) as publisher:
        for partition in range(PARTITIONS):
            publisher.send(TICKS.name, place.encode(), value, (), partition)


def alarms_standing(system: System, place: str) -> list[dict[str, Any]]:
    """What a reader of the alarms believes: of each id the highest revision, if it stands."""
    last: dict[str, dict[str, Any]] = {}
    for record in system.read(ALARMS):
        alarm = json.loads(record.value or b"")
        known = last.get(alarm["id"])
        if alarm["place"] == place and (known is None or known["revision"] <= alarm["revision"]):
            last[alarm["id"]] = alarm
    return [one for one in last.values() if not one.get("withdrawn")]
