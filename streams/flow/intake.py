"""Intake, the door: decode, validate, refuse, tokenise, locate, classify, give each record a home.

Reads what upstreams write; stateless. Behind it no name, phone or ID number stands in clear.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from streams.core.accepted import (
    AcceptedAct,
    AcceptedCall,
    AcceptedReport,
    AcceptedRound,
    Origin,
    ReferenceChange,
)
from streams.core.calls import HotlineCall
from streams.core.calls import sound as sound_call
from streams.core.classify import Classifier
from streams.core.codec import MAX_BYTES, Envelope, decode, decode_data, encode_json
from streams.core.events import (
    Act,
    ActKind,
    CitizenReport,
    GridworkerReport,
    HotlineReport,
    ImportedReport,
    PatrolReport,
    Reference,
    Round,
    RoundKind,
    RoundResult,
)
from streams.core.home import area_home, home_of, import_home, ticket_key
from streams.core.lifecycle import merges, missing
from streams.core.locate import Whereabouts, areas_near, locate, spots
from streams.core.mapdocs import Camera
from streams.core.merging import merging_rule
from streams.core.place import PlaceRules, Rulebook, lifecycle_of
from streams.core.placecheck import read_body
from streams.core.privacy import Tokeniser
from streams.core.provenance import said_by
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.roundreport import CHECK, as_report, listed, sound
from streams.core.sensors import SensorReading, as_round
from streams.core.topics import INTAKE, PARTITIONS, TICKETS
from streams.core.watch import watch_partition
from streams.flow.letters import SEALED, SealRecord, instant, refuse

MAX_AROUND = 65_536
"""How large a record's key and headers may be together."""

AHEAD = timedelta(hours=24)
"""How far a sender's clock may run ahead before its time is called wrong."""

SOURCES: dict[type, str] = {
    GridworkerReport: "gridworker",
    PatrolReport: "patrol",
    HotlineReport: "hotline",
    CitizenReport: "citizen",
}
Report = GridworkerReport | PatrolReport | HotlineReport | CitizenReport


class Door(msgspec.Struct, frozen=True):
    """What intake asks of the outside: the rules now in force, the tokens' key, the seal."""

    rules: Callable[[], Rulebook]
    tokens: Tokeniser
    seal: SealRecord

    def step(self, records: Sequence[Record], state: State) -> Decision:
        """One decision for a chunk of source records; each is passed on or refused, never both."""
        return Decision(outs=[out for record in records for out in self._pass(record)])

    def _pass(self, record: Record) -> Iterator[Out]:
        known = ("", "", "")
        try:
            _not_too_large(record)
            envelope = decode(record)
            known = (envelope.sender, envelope.id, "")
            data = decode_data(envelope)
            known = (envelope.sender, envelope.id, self.tokens.scrub(data.place))
            yield from self._accept(record, envelope, data)
        except Refused as why:
            # A letter's detail is no secret, and may name what was given in the wrong field.
            told = Refused(why.reason, self.tokens.scrub(why.detail))
            yield refuse(record, "intake", told, self.seal(_beginning(record)), known)

    def _accept(self, record: Record, envelope: Envelope, data: object) -> Iterator[Out]:
        if isinstance(data, ImportedReport):
            yield self._to_tickets(record, _imported(record, envelope, data))
        elif isinstance(data, Report):
            _not_ahead(envelope, record)
            yield self._to_tickets(record, self._report(record, envelope, data))
        elif isinstance(data, Act):
            yield self._act(record, envelope, data)
        elif isinstance(data, Round | SensorReading):
            _not_ahead(envelope, record)
            made = as_round(data, envelope.time) if isinstance(data, SensorReading) else data
            yield from self._round(record, envelope, made)
        elif isinstance(data, HotlineCall):
            yield self._call(record, envelope, data)
        elif isinstance(data, Reference):
            yield from _broadcast(record, envelope, data)
        else:
            raise Refused(Reason.UNKNOWN_TYPE, f"{envelope.type} is not for the way in")

    def _report(self, record: Record, envelope: Envelope, data: Report) -> AcceptedReport:
        rules = self._rules_of(data.place, envelope)
        where = _whereabouts(rules, data)
        spot = locate(rules, where)
        requester = getattr(data, "requester", None)
        text = self.tokens.scrub(data.text, requester)
        told = Classifier.of(rules).classify(data.text, data.matter, text)
        lifecycle = lifecycle_of(rules, told.matter, told.category)
        compared = merges(lifecycle) and not getattr(data, "clear", False)
        return AcceptedReport(
            sender=envelope.sender,
            id=envelope.id,
            sha256=envelope.sha256,
            place=data.place,
            home=area_home(data.place, spot.area),
            occurred_at=envelope.time,
            source=SOURCES[type(data)],
            lifecycle=lifecycle,
            recorded_at=data.recorded_at or envelope.recorded_at,
            text=text,
            street=spot.street,
            area=spot.area,
            grid=spot.grid,
            lineage=spot.lineage,
            category=told.category,
            matter=told.matter,
            classified_by=told.by,
            why=[self.tokens.scrub(one) for one in (*spot.why, *told.why)],
            requester=self.tokens.requester(requester) if requester else None,
            reporter=self._code(getattr(data, "reporter", None)),
            point=where.seen_at,
            **self._seen(data),
            **said_by(data),
            grid_kind=rules.kinds_of.get(spot.grid or ""),
            area_kind=rules.kinds_of.get(spot.area),
            spots=spots(rules, where.text),
            near=_near(rules, told.matter, where, spot.area) if compared else (),
            origin=_origin(record),
        )

    def _seen(self, data: Report) -> dict[str, Any]:
        """What a camera's report says beside what any report says."""
        if not isinstance(data, PatrolReport):
            return {}
        return {
            "camera": self._code(data.camera),
            "camera_class": data.camera_class,
            "algorithm": self._code(data.algorithm),
            "unconfirmed": not (data.confirmed or data.clear),
            "clear": data.clear,
        }

    def _rules_of(self, place: str, envelope: Envelope) -> PlaceRules:
        book = self.rules()
        if not book.known(place):
            raise Refused(Reason.UNKNOWN_PLACE, f"no profile of a place {place!r} is loaded")
        rules = book.at(place, envelope.time)
        if rules is None:
            raise Refused(Reason.UNKNOWN_PLACE, f"{place!r} has no rules in force at that time")
        return rules

    def _act(self, record: Record, envelope: Envelope, data: Act) -> Out:
        lacking = missing(data)
        if lacking:
            raise Refused(Reason.ACT_INCOMPLETE, f"{data.act.value} needs {', '.join(lacking)}")
        if not self.rules().known(data.place):
            raise Refused(Reason.UNKNOWN_PLACE, f"no profile of a place {data.place!r} is loaded")
        if data.act is not ActKind.IMPORT_ROW:
            _not_ahead(envelope, record)
        act = AcceptedAct(
            sender=envelope.sender,
            id=envelope.id,
            sha256=envelope.sha256,
            occurred_at=envelope.time,
            act=self._without_names(data),
            origin=_origin(record),
        )
        if data.case is None:
            return self._to_tickets(record, act)
        home = home_of(data.case)
        if home is None or not home.startswith(f"{data.place}/"):
            raise Refused(Reason.UNKNOWN_CASE, "no home of this place could have issued that id")
        act = replace(act, home=home, case_id=data.case)
        return self._out(INTAKE.name, home.encode(), record, encode_json(act))

    def _without_names(self, act: Act) -> Act:
        row = act.row
        if row is not None and row.text:
            row = replace(row, text=self.tokens.scrub(row.text))
        reason = self.tokens.scrub(act.reason) if act.reason else act.reason
        return replace(act, actor=self._code(act.actor), reason=reason, row=row)

    def _code(self, person: str | None) -> str | None:
        """A person's code; where an upstream has a phone or ID number for it, the token."""
        return self.tokens.scrub(person) if person else person

    def _round(self, record: Record, envelope: Envelope, data: Round) -> Iterator[Out]:
        """A round; of one that failed the report as well, under the round's own identity."""
        sound(data, instant(record.at_ms) + AHEAD)
        rules = self._rules_of(data.place, envelope)
        listed(rules, data)
        camera = _camera(rules, data.subject) if data.kind is RoundKind.VIDEO else None
        spot = locate(rules, Whereabouts(data.area, data.grid, camera=camera))
        text = self.tokens.scrub(data.text) if data.text else data.text
        made = AcceptedRound(
            sender=envelope.sender,
            id=envelope.id,
            sha256=envelope.sha256,
            home=area_home(data.place, spot.area),
            occurred_at=envelope.time,
            round=replace(
                data,
                area=spot.area,
                grid=spot.grid,
                worker=self._code(data.worker),
                text=text,
                subject=self._code(data.subject),
            ),
            origin=_origin(record),
        )
        # All rounds of a place meet where they are watched.
        partition = watch_partition(data.place)
        yield Out(INTAKE.name, made.home.encode(), encode_json(made), partition=partition)
        if data.result is RoundResult.FAILED:
            report = self._report(record, envelope, as_report(data))
            worker = made.round.worker  # of which kind they are no round says
            report = replace(report, source=CHECK, reporter=worker, reporter_kind=None)
            yield self._to_tickets(record, report)

    def _call(self, record: Record, envelope: Envelope, data: HotlineCall) -> Out:
        """A call; where its telephone system names no area, it lies in none."""
        sound_call(data, envelope.time, instant(record.at_ms) + AHEAD)
        rules = self._rules_of(data.place, envelope)
        spot = None if data.area is None else locate(rules, Whereabouts(data.area))
        made = AcceptedCall(
            sender=envelope.sender,
            id=envelope.id,
            sha256=envelope.sha256,
            place=data.place,
            offered_at=envelope.time,
            answered_at=data.answered_at,
            ended_at=data.ended_at,
            channel=data.line,
            street=spot.street if spot else None,
            area=spot.area if spot else None,
            lineage=list(spot.lineage) if spot else [],
            origin=_origin(record),
        )
        # All calls of a place meet: of two contents of one the earlier in the log stands.
        partition = watch_partition(data.place)
        return Out(INTAKE.name, data.place.encode(), encode_json(made), partition=partition)

    def _to_tickets(self, record: Record, accepted: AcceptedReport | AcceptedAct) -> Out:
        if isinstance(accepted, AcceptedReport):
            key = ticket_key(accepted.sender, accepted.id)
        else:
            ticket = accepted.act.ticket
            if ticket is None:
                raise Refused(Reason.ACT_INCOMPLETE, "an act names a case or a ticket")
            key = ticket_key(ticket.sender, ticket.id)
        return self._out(TICKETS.name, key, record, encode_json(accepted))

    def _out(self, topic: str, key: bytes, record: Record, value: bytes) -> Out:
        # The sealed original rides along: a later stage may still have to refuse this input.
        return Out(topic, key, value, ((SEALED, self.seal(record)),))


def _whereabouts(rules: PlaceRules, data: Report) -> Whereabouts:
    """What the report says of where it is; Refused where its camera is not one of the place's."""
    camera = _camera(rules, data.camera) if isinstance(data, PatrolReport) else None
    words = f"{data.text}\n{data.address}" if data.address else data.text
    return Whereabouts(data.area, data.grid, data.point, camera, words)


def _camera(rules: PlaceRules, code: str | None) -> Camera | None:
    """A camera of the place's list; None where it has no list; Refused where it is not on it."""
    if rules.cameras is None or code is None:
        return None
    if code not in rules.cameras:
        raise Refused(Reason.UNKNOWN_CAMERA, f"{code!r} is not registered")
    return rules.cameras[code]


def _near(rules: PlaceRules, matter: str | None, where: Whereabouts, area: str) -> tuple[str, ...]:
    """The homes across the border that may have a report of the same problem."""
    rule = merging_rule(rules, matter)
    if rule is None or where.seen_at is None:
        return ()
    around = areas_near(rules, where.seen_at, rule.radius_m)
    return tuple(area_home(rules.place, other) for other in around if other != area)


def _imported(record: Record, envelope: Envelope, data: ImportedReport) -> AcceptedReport:
    home = import_home(data.place, envelope.id)
    return AcceptedReport(
        sender=envelope.sender,
        id=envelope.id,
        sha256=envelope.sha256,
        place=data.place,
        home=home,
        occurred_at=data.reported_at,
        source="imported",
        lifecycle="ticket",
        area=None,
        origin=_origin(record),
    )


def _broadcast(record: Record, envelope: Envelope, data: Reference) -> Iterator[Out]:
    """A reference change is folded by every partition: each holds cases that it may touch."""
    read_body(data)  # refused here, with its reason, or never
    change = ReferenceChange(
        sender=envelope.sender,
        id=envelope.id,
        sha256=envelope.sha256,
        reference=data,
        origin=_origin(record),
    )
    value = encode_json(change)
    for partition in range(PARTITIONS):
        yield Out(INTAKE.name, data.place.encode(), value, partition=partition)


def _not_too_large(record: Record) -> None:
    """A compressed batch may bring what no topic behind the door could take on."""
    size = len(record.value or b"") + _around(record)
    if size > MAX_BYTES + MAX_AROUND:
        raise Refused(
            Reason.TOO_LARGE, f"{size} bytes with key and headers; only the beginning is kept"
        )


def _around(record: Record) -> int:
    return len(record.key or b"") + sum(len(name) + len(value) for name, value in record.headers)


def _beginning(record: Record) -> Record:
    """As much of a refused record as a dead letter can hold: nearly always all of it."""
    if len(record.value or b"") <= MAX_BYTES and _around(record) <= MAX_AROUND:
        return record
    value = None if record.value is None else record.value[:MAX_BYTES]
    headers = record.headers if _around(record) <= MAX_AROUND else ()
    key = None if record.key is None else record.key[:MAX_AROUND]
    return replace(record, value=value, key=key, headers=headers)


def _not_ahead(envelope: Envelope, record: Record) -> None:
    if envelope.time > instant(record.at_ms) + AHEAD:
        raise Refused(Reason.BAD_TIME, "occurred more than a day after it arrived")


def _origin(record: Record) -> Origin:
    return Origin(record.topic, record.partition, record.offset)
