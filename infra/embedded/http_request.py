"""A request to ClickHouse's HTTP interface, read: who asks what, how, and under which settings."""

import base64
import binascii
import re
from collections.abc import Mapping

import msgspec
from starlette.requests import Request

from infra.embedded.failed import NOT_ALLOWED, NOT_IMPLEMENTED, WRONG_PASSWORD, Failed

DEFAULT_FORMAT = "TabSeparated"
SESSION_SECONDS, MOST_SESSION_SECONDS = 60.0, 3600.0
_HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})
_FORWARDED = ("origin", "forwarded", "x-forwarded-for", "x-real-ip", "via")
_READ_HERE = {"query", "query_id", "database", "default_format", "user", "password"}
_READ_HERE |= {"session_id", "session_timeout", "session_check"}
_READ_HERE |= {"compress", "decompress", "enable_http_compression"}
# How a server would send what this one sends its own way.
_WITHOUT_EFFECT = {"wait_end_of_query", "buffer_size", "client_protocol_version", "quota_key"}
_WITHOUT_EFFECT |= {"send_progress_in_http_headers", "http_headers_progress_interval_ms"}
_WITHOUT_EFFECT |= {"cancel_http_readonly_queries_on_client_close", "log_comment"}
SETTINGS = re.compile(
    r"(max|min|input_format|output_format|format|date_time|cast|join|joined|group_by|insert|optimize|"
    r"use|enable|prefer)_\w+|async_insert\w*|wait_for_async_insert\w*|\w+_overflow_mode|\w+_sync|"
    r"readonly|final|extremes|limit|offset|session_timezone|transform_null_in|"
    r"priority|allow_(experimental|suspicious)_\w+"
)
"""The settings that a request may give."""


class Asked(msgspec.Struct, frozen=True):
    """What a request says beside its body.

    `near`: it comes from this machine and from no web page or proxy, as far as it tells.
    """

    query: str
    database: str
    form: str
    user: str
    password: str
    near: bool
    reads_only: bool
    session: str
    session_seconds: float
    settings: Mapping[str, str]
    params: Mapping[str, str]
    body_encoding: str
    answer_encodings: tuple[str, ...]
    packed: bool
    query_id: str

    @classmethod
    def read(cls, request: Request) -> "Asked":
        """What this request says. Raises Failed where it asks for what is not spoken here."""
        given, heads = dict(request.query_params), request.headers
        if heads.get("content-type", "").startswith("multipart/"):
            raise Failed(NOT_IMPLEMENTED, "Forms cannot be received: send the query as it is")
        user, password = _credentials(given, heads)
        encoding = heads.get("content-encoding", "")
        on = {name for name in given if given[name].lower() in ("1", "true")}
        return cls(
            query=given.get("query", ""),
            database=given.get("database") or heads.get("x-clickhouse-database", ""),
            form=given.get("default_format") or heads.get("x-clickhouse-format") or DEFAULT_FORMAT,
            user=user,
            password=password,
            near=_near(heads),
            reads_only=request.method != "POST",
            session=given.get("session_id", ""),
            session_seconds=_seconds(given.get("session_timeout")),
            settings=_settings(given),
            params={n.removeprefix("param_"): v for n, v in given.items() if _bound(n)},
            body_encoding="packed" if "decompress" in on else encoding,
            answer_encodings=_encodings(heads) if "enable_http_compression" in on else (),
            packed="compress" in on,
            query_id=given.get("query_id", ""),
        )


def _bound(name: str) -> bool:
    return name.startswith("param_")


def _settings(given: Mapping[str, str]) -> dict[str, str]:
    settings = {}
    for name, value in given.items():
        if name in _READ_HERE or name in _WITHOUT_EFFECT or _bound(name):
            continue
        if not SETTINGS.fullmatch(name):
            raise Failed(
                NOT_ALLOWED,
                f"Setting '{name}' cannot be given in a request here; settings of limits, formats, "
                "joins, inserts and the like can. (SETTING_CONSTRAINT_VIOLATION)",
            )
        settings[name] = value
    return settings


def _credentials(given: Mapping[str, str], heads: Mapping[str, str]) -> tuple[str, str]:
    """By basic authentication, by ClickHouse's own headers, or in the address; else nobody."""
    kind, _, said = heads.get("authorization", "").partition(" ")
    if kind:
        if kind.lower() != "basic":
            raise Failed(WRONG_PASSWORD, f"Authentication by {kind} is not spoken here: use Basic")
        try:
            user, _, password = base64.b64decode(said, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Failed(WRONG_PASSWORD, "The Authorization header cannot be read") from None
        return user, password
    if "x-clickhouse-user" in heads:
        return heads["x-clickhouse-user"], heads.get("x-clickhouse-key", "")
    return given.get("user", ""), given.get("password", "")


def _near(heads: Mapping[str, str]) -> bool:
    # A web page may send requests here from its reader's browser, under a name of its own too.
    host = re.sub(r":\d+$", "", heads.get("host", ""))
    typed = heads.get("sec-fetch-site", "none") == "none"
    return host in _HERE and typed and not any(name in heads for name in _FORWARDED)


def _seconds(given: str | None) -> float:
    try:
        return min(float(given or SESSION_SECONDS), MOST_SESSION_SECONDS)
    except ValueError:
        raise Failed(NOT_ALLOWED, f"session_timeout is a number of seconds, not {given}") from None


def _encodings(heads: Mapping[str, str]) -> tuple[str, ...]:
    said = heads.get("accept-encoding", "").split(",")
    return tuple(one.partition(";")[0].strip().lower() for one in said)
