"""Notices on the wire: on the topic and by the key of whom they concern, as CloudEvents."""

from streams.core.codec import encode_binary
from streams.core.notices import Alarm, Dispatch, Notice, Reply
from streams.core.record import Out
from streams.core.topics import ALARMS, DISPATCHES, REPLIES

SENDER = "/gridloop/casework"


def notice_out(notice: Notice) -> Out:
    """A notice as the record that carries it, encoded once."""
    if isinstance(notice, Dispatch):
        kind, topic, key, at = "dispatch", DISPATCHES, notice.department, notice.since
    elif isinstance(notice, Reply):
        kind, topic, key, at = "reply", REPLIES, notice.ticket.sender, notice.at
    else:
        kind, topic, key, at = "alarm", ALARMS, _whose(notice), notice.at
    headers, value = encode_binary(f"gridloop.{kind}.v1", SENDER, notice.id, at, notice)
    return Out(topic.name, key.encode(), value, headers)


def _whose(alarm: Alarm) -> str:
    """Where an alarm has no area, its place stands for it."""
    return alarm.area or alarm.place
