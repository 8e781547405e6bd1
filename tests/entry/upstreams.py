"""The recorded messages of other systems in schemas/examples/gateway, and what they come to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from streams.core.codec import encode_json
from streams.core.record import Headers
from streams.entry.adapters.arrival import Arrival
from streams.entry.adapters.gat1400 import Notifications
from streams.entry.adapters.gb28181 import Alarms
from streams.entry.adapters.orders import Orders, read_order_mapping
from streams.entry.adapters.video import VideoPlatform
from streams.entry.gateway_keys import KeyRing
from streams.entry.publish import check
from streams.entry.yamlfile import load_yaml

ROOT = Path(__file__).parents[2] / "schemas" / "examples" / "gateway"
PLACE, ZONE = "dongguan", ZoneInfo("Asia/Shanghai")
RING = msgspec.convert(load_yaml(ROOT / "keys.yaml"), KeyRing)

(PLATFORM,) = (entry.video for entry in RING.keys if isinstance(entry.video, VideoPlatform))
_NOTIFICATIONS = Notifications(PLATFORM, PLACE, ZONE)

ADAPTERS: dict[str, Callable[[bytes], list[Arrival]]] = {
    "gb28181": Alarms(PLATFORM, PLACE, ZONE),
    "gat1400": lambda body: _NOTIFICATIONS(body).arrivals,
    "orders": Orders(read_order_mapping(ROOT / "orders.yaml"), PLACE, ZONE),
}


def messages(verdict: str) -> list[Path]:
    """All recorded messages, good or bad."""
    found = sorted(path for name in ADAPTERS for path in (ROOT / name).glob(f"{verdict}-*"))
    return [path for path in found if not path.name.endswith(".events.json")]


def read(path: Path) -> list[Arrival]:
    """A message through the adapter of its folder."""
    return ADAPTERS[path.parent.name](path.read_bytes())


def as_events(arrivals: list[Arrival]) -> list[dict[str, Any]]:
    """What came of it, as people read it."""
    return [_as_event(arrival.record.headers, arrival.record.value or b"") for arrival in arrivals]


def _as_event(headers: Headers, value: bytes) -> dict[str, Any]:
    envelope, data = check(value, headers)
    head = {"type": envelope.type, "source": envelope.sender, "id": envelope.id}
    carried = json.loads(encode_json(data))
    return {**head, "time": envelope.time.isoformat(), "data": carried}
