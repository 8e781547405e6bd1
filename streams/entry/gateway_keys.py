"""The gateway's keys: who may send what, how they prove who they are, and how much at once.

The file holds no secret: of a bearer token its SHA-256, of a signing key where it is kept.
"""

import base64
import binascii
import hmac
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from streams.core.codec import MAX_BYTES
from streams.core.events import Code, Contract, Label
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival, HttpHeaders
from streams.entry.adapters.gat1400 import Notifications
from streams.entry.adapters.gb28181 import Alarms
from streams.entry.adapters.orders import Orders, read_order_mapping
from streams.entry.adapters.video import VideoPlatform
from streams.entry.gateway_limit import Bucket
from streams.entry.gateway_problem import Problem
from streams.entry.yamlfile import load_yaml

SIGNED_WITHIN_SECONDS = 300
"""How old a signature may be, or how far its clock ahead: against what is sent again later."""

KEY, ID, AT, SIGNATURE = (
    b"gridloop-key",
    b"webhook-id",
    b"webhook-timestamp",
    b"webhook-signature",
)
"""Headers of a signed request; the last three are those of Standard Webhooks."""

EventName = Literal[
    "report.gridworker",
    "report.patrol",
    "report.hotline",
    "report.citizen",
    "report.imported",
    "act",
    "round",
    "reading",
    "call",
    "reference",
]


class Kept(Contract, frozen=True, kw_only=True):
    """密钥所在 · where a signing key is kept: in an environment variable, or in a file."""

    env: str | None = None
    file: str | None = None


class KeyEntry(Contract, frozen=True, kw_only=True):
    """一把钥匙 · one upstream: how it proves itself, and what it may send at what rate.

    `token_sha256` is the SHA-256 of its bearer token, `hmac` where its signing key is kept: one of
    the two. `senders` are the CloudEvents sources in whose name it may speak, `events` the types;
    `video` and `orders` (a mapping file) open the adapters. `rate` is in events a second.
    """

    name: Code
    place: Code
    timezone: str = "Asia/Shanghai"
    token_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    hmac: Kept | None = None
    senders: tuple[Label, ...] = ()
    events: tuple[EventName, ...] = ()
    video: VideoPlatform | None = None
    orders: str | None = None
    rate: Annotated[float, Meta(gt=0, le=100_000)] = 20.0
    burst: Annotated[int, Meta(ge=1, le=100_000)] = 200
    max_bytes: Annotated[int, Meta(ge=1024, le=32 * 1024 * 1024)] = MAX_BYTES


class KeyRing(Contract, frozen=True, kw_only=True):
    """钥匙文件 · all keys of a gateway."""

    keys: Annotated[tuple[KeyEntry, ...], Meta(min_length=1)]


class Key:
    """One key at work: its rules, its adapters, and how much of its rate is used up."""

    def __init__(self, entry: KeyEntry, secret: bytes | None, orders: Orders | None) -> None:
        zone = ZoneInfo(entry.timezone)
        video = entry.video
        self.name, self.max_bytes, self.zone = entry.name, entry.max_bytes, zone
        self.signs = secret is not None
        self.at_once = self.held = 0
        self.bucket = Bucket(entry.rate, entry.burst)
        self.orders = orders
        self.alarms = Alarms(video, entry.place, zone) if video else None
        self.notifications = Notifications(video, entry.place, zone) if video else None
        self._entry, self._secret = entry, secret

    def permit(self, arrival: Arrival) -> None:
        """Problem(403) unless the key may send this."""
        kind = arrival.type.removeprefix("gridloop.").removesuffix(".v1")
        if kind not in self._entry.events:
            raise Problem(403, "forbidden", f"this key may not send {kind}")
        if arrival.sender not in self._entry.senders:
            raise Problem(403, "forbidden", "this key may not speak for that source")
        if arrival.place != self._entry.place:
            raise Problem(403, "forbidden", f"this key is for the place {self._entry.place}")

    def verify(self, headers: HttpHeaders, body: bytes, now: float) -> None:
        """Problem(401) unless a signing key has signed this body within the last minutes."""
        if self._secret is None:
            return
        id, at, given = (_one(headers, name) for name in (ID, AT, SIGNATURE))
        if not (at.isdigit() and len(at) < 16 and abs(now - int(at)) <= SIGNED_WITHIN_SECONDS):
            raise unauthorized(f"{AT.decode()} is not within {SIGNED_WITHIN_SECONDS} s of now")
        made = hmac.digest(self._secret, b".".join((id, at, body)), sha256)
        wanted = b"v1," + base64.b64encode(made)
        if not any(hmac.compare_digest(wanted, one) for one in given.split()[:8]):
            raise unauthorized("the signature is not of this body by this key")


class Keys:
    """All keys, found by what a request shows."""

    def __init__(self, keys: Mapping[Key, KeyEntry]) -> None:
        self._by_token = {e.token_sha256: k for k, e in keys.items() if e.token_sha256}
        self._by_name = {key.name: key for key in keys if key.signs}
        self.names = [key.name for key in keys]

    def claimed(self, headers: HttpHeaders) -> Key:
        """The key of a token, or the one that a signature is said to be of; else Problem(401)."""
        scheme, _, token = _one(headers, b"authorization").partition(b" ")
        if scheme.lower() == b"bearer":
            # By its hash: how long the search takes says nothing about any token.
            key = self._by_token.get(sha256(token.strip()).hexdigest())
        else:
            key = self._by_name.get(_one(headers, KEY).decode("latin-1"))
        if key is None:
            raise unauthorized("no key, or none of ours")
        return key


def keys_schema() -> dict[str, Any]:
    """The JSON Schema of a key file, for editors; exported to schemas/mappings/."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(KeyRing)))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gridloop 网关钥匙 · keys of the gateway",
        **made,
    }


def unauthorized(detail: str) -> Problem:
    """401, with the scheme that it asks for."""
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


def read_keys(path: Path, environ: Mapping[str, str] = os.environ) -> Keys:
    """The keys of a file; Refused(invalid) names the file and the key that cannot be used."""
    try:
        ring = msgspec.convert(load_yaml(path), KeyRing)
    except msgspec.ValidationError as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error
    _no_twin(path, [entry.name for entry in ring.keys], "name")
    _no_twin(path, [e.token_sha256 for e in ring.keys if e.token_sha256], "token_sha256")
    try:
        return Keys({_key(path, entry, environ): entry for entry in ring.keys})
    except OSError as error:
        raise Refused(Reason.INVALID, f"{path}: {error}") from error


def _key(path: Path, entry: KeyEntry, environ: Mapping[str, str]) -> Key:
    where = f"{path}: key {entry.name}"
    if (entry.token_sha256 is None) == (entry.hmac is None):
        raise Refused(Reason.INVALID, f"{where}: either token_sha256 or hmac")
    try:
        zone = ZoneInfo(entry.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused(Reason.INVALID, f"{where}: no such timezone {entry.timezone!r}") from None
    secret = _secret(where, path.parent, entry.hmac, environ) if entry.hmac else None
    orders = None
    if entry.orders is not None:
        mapping = read_order_mapping(path.parent / entry.orders)
        orders = Orders(mapping, entry.place, zone)
    return Key(entry, secret, orders)


def _secret(where: str, folder: Path, kept: Kept, environ: Mapping[str, str]) -> bytes:
    """The signing key, in Standard Webhooks' form: whsec_ and base64 of 24 to 64 bytes."""
    if kept.env is not None and kept.file is None:
        text = environ.get(kept.env)
        if text is None:
            raise Refused(Reason.INVALID, f"{where}: the environment has no {kept.env}")
    elif kept.file is not None and kept.env is None:
        text = (folder / kept.file).read_text("ascii", errors="replace")
    else:
        raise Refused(Reason.INVALID, f"{where}: hmac names env or file")
    try:
        secret = base64.b64decode(text.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(Reason.INVALID, f"{where}: its signing key is not base64") from None
    if not 24 <= len(secret) <= 64:
        raise Refused(Reason.INVALID, f"{where}: its signing key has not 24 to 64 bytes")
    return secret


def _no_twin(path: Path, values: Sequence[str], what: str) -> None:
    if len(set(values)) < len(values):
        raise Refused(Reason.INVALID, f"{path}: two keys have the same {what}")


def _one(headers: HttpHeaders, name: bytes) -> bytes:
    return next((value for other, value in headers if other == name), b"")
