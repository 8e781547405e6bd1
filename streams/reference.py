"""Reference documents on their topic: what has been published, what has not, and the tail of it."""

from collections.abc import Iterable
from datetime import UTC
from threading import Event, Thread

import msgspec

from streams.core.codec import decode, decode_data, encode_binary
from streams.core.events import Reference
from streams.core.place import SENDER, Rulebook, reference_id
from streams.core.record import Record
from streams.core.refusal import Refused
from streams.core.topics import REFERENCE
from streams.entry.places import place_dir, read_place, shipped_places
from streams.errors import WrongUse
from streams.wire.kafka import Publisher, read_all, tail

TYPE = "gridloop.reference.v1"


def publish_places(kafka: str) -> int:
    """Publish the shipped places' documents that are not on the topic yet; how many that were."""
    documents = [one for place in shipped_places() for one in read_place(place_dir(place))]
    return publish_documents(kafka, documents)


def publish_documents(kafka: str, documents: Iterable[Reference]) -> int:
    """Publish what is not on the topic yet. WrongUse where a version has other content there."""
    there = {reference_id(one): one for one in documents_of(read_all(kafka, REFERENCE.name))}
    missing = []
    for one in documents:
        known = there.get(reference_id(one))
        if known is None:
            missing.append(one)
        elif _plain(known) != _plain(one):
            raise WrongUse(
                f"{reference_id(one)} was published with other content: a changed document needs "
                "a new version, since figures of the past were made by the old one"
                " (a home of trial data is begun anew by `gridloop down --purge`)"
            )
    with Publisher(kafka) as publisher:
        for one in missing:
            name = reference_id(one)
            headers, value = encode_binary(TYPE, SENDER, name, one.valid_from, one)
            # As intake will read it: what it would refuse is refused here, before it is sent.
            decode_data(decode(Record(REFERENCE.name, 0, 0, 0, name.encode(), value, headers)))
            publisher.send(REFERENCE.name, name.encode(), value, headers)
    return len(missing)


def _plain(document: Reference) -> object:
    """What makes two documents the same: their content, however their instants are written."""
    in_utc = msgspec.structs.replace(document, valid_from=document.valid_from.astimezone(UTC))
    return msgspec.json.decode(msgspec.json.encode(in_utc))


def documents_of(records: Iterable[Record]) -> Iterable[Reference]:
    """The readable reference documents among records; intake refuses the others by name."""
    for record in records:
        try:
            data = decode_data(decode(record))
        except Refused:
            continue
        if isinstance(data, Reference):
            yield data


class Rules:
    """The rulebook as the reference topic has it now: read whole, then followed by a thread."""

    def __init__(self, kafka: str) -> None:
        self._book = Rulebook()
        self._stop = Event()
        self._caught_up = Event()
        self._thread = Thread(target=self._follow, args=(kafka,), name="rules", daemon=True)

    def start(self, timeout: float = 60.0) -> None:
        """Return when all that is on the topic now has been read; TimeoutError otherwise."""
        self._thread.start()
        if not self._caught_up.wait(timeout):
            raise TimeoutError(f"{REFERENCE.name} was not read within {timeout:g} s")

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def __call__(self) -> Rulebook:
        """The rules as known now; an immutable value."""
        return self._book

    def _follow(self, kafka: str) -> None:
        for batch in tail(kafka, REFERENCE.name, self._stop):
            for document in documents_of(batch):
                try:
                    self._book = self._book.with_change(document)
                except Refused:
                    continue  # intake refuses it, with its reason
            self._caught_up.set()
