"""Work orders: another system's JSON becomes hotline reports, and acts where it follows one up."""

from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from jsonpointer import JsonPointer, JsonPointerException
from msgspec import Meta

from streams.core.events import (
    Act,
    ActKind,
    ChannelCode,
    Code,
    Contract,
    Crs,
    HotlineReport,
    Label,
)
from streams.core.jsontext import read_json
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival, contract, told
from streams.entry.adapters.video import occurred
from streams.entry.localtimes import LocalTimes, time_reader
from streams.entry.yamlfile import load_yaml

MOST_ORDERS = 1000

Pointer = Annotated[
    str, Meta(pattern=r"^(/[^/]*)*$", description="JSON 指针(RFC 6901) · e.g. /order/number")
]

_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class Fields(Contract, frozen=True, kw_only=True):
    """字段 · where in an order each of our fields stands; texts are joined, one a line.

    `follows` is the number of an earlier order that this one follows up (催办, 补充): where it is
    given and not its own, the order is no report but an urging of that one.
    """

    ticket: Pointer
    reported_at: Pointer
    text: Annotated[tuple[Pointer, ...], Meta(min_length=1)]
    follows: Pointer | None = None
    recorded_at: Pointer | None = None
    area: Pointer | None = None
    grid: Pointer | None = None
    address: Pointer | None = None
    matter: Pointer | None = None
    line: Pointer | None = None
    lat: Pointer | None = None
    lon: Pointer | None = None
    name: Pointer | None = None
    phone: Pointer | None = None
    id_number: Pointer | None = None


class OrderMapping(Contract, frozen=True, kw_only=True):
    """工单映射 · one system's work orders as reports of the hotline.

    `orders` points to the order, or to a list of them. A value that `area` or `matter` does not
    name becomes none, and the place's own rules decide; without such a map values stand as given.
    """

    sender: Label
    fields: Fields
    time_formats: Annotated[tuple[Annotated[str, Meta(min_length=2)], ...], Meta(min_length=1)]
    orders: Pointer = ""
    line: ChannelCode = "12345"
    crs: Crs = Crs.WGS84
    area: dict[str, Code] | None = None
    matter: dict[str, Code] | None = None


def read_order_mapping(path: Path) -> OrderMapping:
    """A mapping file; Refused(invalid) names the file and what is wrong in it."""
    try:
        mapping = msgspec.convert(load_yaml(path), OrderMapping)
        for form in mapping.time_formats:
            time_reader(form)
        for pointer in msgspec.structs.astuple(mapping.fields):
            for one in pointer if isinstance(pointer, tuple) else (pointer or "",):
                JsonPointer(one)
    except (msgspec.ValidationError, ValueError, JsonPointerException) as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
    return mapping


def order_schema() -> dict[str, Any]:
    """The JSON Schema of an order mapping, for editors; exported to schemas/mappings/."""
    made: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(msgspec.json.schema(OrderMapping))
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gridloop 工单映射 · work order mapping",
        **made,
    }


class Orders:
    """Reads the orders of one system; local times are those of the place's zone."""

    def __init__(self, mapping: OrderMapping, place: str, zone: ZoneInfo) -> None:
        self._mapping, self._place = mapping, place
        self._times = LocalTimes(mapping.time_formats, zone)
        self._at = {
            name: [JsonPointer(one) for one in (where if isinstance(where, tuple) else (where,))]
            for name, where in msgspec.structs.asdict(mapping.fields).items()
            if where is not None
        }

    def __call__(self, body: bytes) -> list[Arrival]:
        """One event an order; Refused, and nothing of it is taken, where one cannot be read."""
        found = _resolved(JsonPointer(self._mapping.orders), read_json(_JSON, body, Reason.INVALID))
        orders = found if isinstance(found, list) else [found]
        if len(orders) > MOST_ORDERS:
            raise Refused(Reason.TOO_LARGE, f"{len(orders)} orders; {MOST_ORDERS} at once")
        return [self._order(order) for order in orders]

    def _order(self, order: Any) -> Arrival:
        if not isinstance(order, dict):
            raise Refused(Reason.INVALID, "an order is no JSON object")
        given = {name: self._value(order, name) for name in self._at}
        ticket, follows = given["ticket"], given.get("follows")
        if not ticket:
            raise Refused(Reason.INVALID, f"no number at {self._mapping.fields.ticket}")
        at = occurred(self._times, given["reported_at"] or "", "reported_at")
        sender = self._mapping.sender
        if follows and follows != ticket:
            return told("gridloop.act.v1", sender, ticket, at, self._urging(given, follows))
        return told("gridloop.report.hotline.v1", sender, ticket, at, self._report(given))

    def _report(self, given: dict[str, str | None]) -> HotlineReport:
        recorded = given.get("recorded_at")
        who = {name: given.get(name) for name in ("name", "phone", "id_number")}
        return contract(
            HotlineReport,
            place=self._place,
            text=given["text"],
            area=self._mapped("area", given),
            matter=self._mapped("matter", given),
            grid=given.get("grid"),
            address=given.get("address"),
            line=given.get("line") or self._mapping.line,
            point=self._point(given),
            requester={name: value for name, value in who.items() if value} or None,
            recorded_at=occurred(self._times, recorded, "recorded_at") if recorded else None,
        )

    def _urging(self, given: dict[str, str | None], follows: str) -> Act:
        # An act has no field for who asked: a name in its words would be known to nobody as one.
        text, name = given["text"] or "", given.get("name")
        return contract(
            Act,
            place=self._place,
            act=ActKind.SUPERVISE.value,
            ticket={"sender": self._mapping.sender, "id": follows},
            reason=text.replace(name, "诉求人") if name else text,
        )

    def _mapped(self, name: str, given: dict[str, str | None]) -> str | None:
        words: dict[str, str] | None = getattr(self._mapping, name)
        value = given.get(name)
        return value if words is None or value is None else words.get(value)

    def _point(self, given: dict[str, str | None]) -> dict[str, object] | None:
        lat, lon = given.get("lat"), given.get("lon")
        if not lat or not lon:
            return None
        try:
            return {"lat": float(lat), "lon": float(lon), "crs": self._mapping.crs.value}
        except ValueError:
            raise Refused(Reason.INVALID, "lat or lon is no number") from None

    def _value(self, order: dict[str, Any], name: str) -> str | None:
        """The field's words, stripped; None where there are none."""
        found = [_plain(_resolved(pointer, order), name) for pointer in self._at[name]]
        return "\n".join(filter(None, found)) or None


def _resolved(pointer: JsonPointer, value: Any) -> Any:
    try:
        return pointer.resolve(value, None)
    except JsonPointerException:
        return None


def _plain(value: Any, name: str) -> str:
    if isinstance(value, (dict, list, bool)):
        raise Refused(Reason.INVALID, f"{name} is neither text nor number")
    return "" if value is None else str(value).strip()
