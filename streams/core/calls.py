"""呼入电话 · calls at a desk, as its telephone system tells them: of nobody in person."""

from datetime import datetime

import msgspec

from streams.core.accepted import AcceptedCall
from streams.core.events import ChannelCode, Code, Contract, Instant
from streams.core.opentime import instant
from streams.core.record import Record
from streams.core.refusal import Reason, Refused
from streams.core.results import CallRow

_TAG = b'{"type":"call",'


class HotlineCall(Contract, frozen=True, kw_only=True):
    """呼入电话 · a call that was offered to a desk at the event's time, told once: when a person
    has answered it, or when it is over. It opens no case; who calls, and about what, is told by
    the report of it."""

    place: Code
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    line: ChannelCode | None = None
    area: Code | None = None


def sound(told: HotlineCall, offered_at: datetime, latest: datetime) -> None:
    """Refused where a call's times cannot be."""
    ended = told.ended_at
    if told.answered_at is not None and told.answered_at < offered_at:
        raise Refused(Reason.BAD_TIME, "the call was answered before it was offered")
    if ended is not None and ended < (told.answered_at or offered_at):
        raise Refused(Reason.BAD_TIME, "the call ended before it was offered or answered")
    if max(offered_at, told.answered_at or offered_at, ended or offered_at) > latest:
        raise Refused(Reason.BAD_TIME, "the call lies more than a day after its arrival")


def call_row(record: Record) -> CallRow | None:
    """The row of a call on the intake log, as the memory keeps it; None of any other record."""
    value = record.value or b""
    if not value.startswith(_TAG):
        return None
    call = msgspec.json.decode(value, type=AcceptedCall)
    said = {name: getattr(call, name) for name in AcceptedCall.__struct_fields__}
    return CallRow(**said, ingested_at=instant(1_000 * record.at_ms))
