"""A place's replay as records, ready to be sent."""

from collections.abc import Callable, Iterable

from streams.core.codec import encode_binary
from streams.core.events import Act, CitizenReport, Round
from streams.core.home import ticket_key
from streams.core.replays import Input
from streams.core.topics import ACTS, CITIZEN, GRIDWORKER, ROUNDS, Topic
from streams.entry.publish import Publisher

TELL_EVERY = 500


def send_replay(
    publisher: Publisher,
    replay: Iterable[Input],
    sender: str,
    tell: Callable[[int], None] = lambda sent: None,
) -> int:
    """Send all inputs of a replay and flush; `tell` gets how many have been sent."""
    sent = 0
    for sent, one in enumerate(replay, start=1):
        topic, type_, key = _way(one, sender)
        headers, value = encode_binary(type_, sender, one.id, one.at, one.data)
        publisher.send(topic.name, key, value, headers)
        if sent % TELL_EVERY == 0:
            tell(sent)
    publisher.flush()
    return sent


def _way(one: Input, sender: str) -> tuple[Topic, str, bytes]:
    match one.data:
        case Round() as made:
            return ROUNDS, "gridloop.round.v1", made.area.encode()
        case Act():
            topic, type_ = ACTS, "gridloop.act.v1"
        case CitizenReport():
            topic, type_ = CITIZEN, "gridloop.report.citizen.v1"
        case _:
            topic, type_ = GRIDWORKER, "gridloop.report.gridworker.v1"
    return topic, type_, ticket_key(sender, one.ticket)
