"""Tickets: each report has one identity and one set of first decisions; repeats end here.

A ticket's home, location and matter are those of the first acceptance in the log, whatever the
reference says when it comes again. Acts that know only a ticket number learn their case here.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from streams.core.codec import decode_accepted, encode_json
from streams.core.events import AcceptedAct, AcceptedReport
from streams.core.home import case_id, ticket_key
from streams.core.place import Rulebook
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.topics import INTAKE
from streams.core.waiting import Queue, Waiting, joined, listed, overdue, pack, unpack
from streams.flow.letters import SEALED, header, refuse_accepted

TICKET, WAITING = b"t/", b"w/"
DEFAULT_PATIENCE_DAYS = 7.0
LISTING_MS = 60_000
"""How often, in ingestion time, the queues are looked through."""


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a report: whose bytes it was, and where its case lives."""

    sha256: str
    home: str
    case_id: str


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Ticket).decode


class Tickets(msgspec.Struct, frozen=True):
    """The stage; `rules` is asked for a place's patience only, never for a decision on a report."""

    rules: Callable[[], Rulebook]

    def step(self, records: Sequence[Record], state: State) -> Decision:
        """One decision for a chunk of decoded reports and acts."""
        chunk = _Chunk(self, state)
        for record in records:
            accepted = decode_accepted(record.value or b"")
            if isinstance(accepted, AcceptedReport):
                chunk.report(accepted, record)
            elif isinstance(accepted, AcceptedAct):
                chunk.act(accepted, record)
        if records:
            chunk.list_overdue(records[-1].at_ms)
        return Decision(chunk.outs, chunk.writes)

    def patience_days(self, place: str, now: Waiting) -> float:
        """How long an act of this place may wait before it is listed."""
        rules = self.rules().at(place, now.act.occurred_at)
        return rules.patience_days if rules is not None else DEFAULT_PATIENCE_DAYS


class _Chunk:
    """One chunk's decision as it grows: what it would send and keep, read through what it kept."""

    def __init__(self, stage: Tickets, state: State) -> None:
        self.stage, self.state = stage, state
        self.outs: list[Out] = []
        self.writes: dict[bytes, bytes | None] = {}

    def _get(self, key: bytes) -> bytes | None:
        return self.writes[key] if key in self.writes else self.state.get(key)

    def report(self, report: AcceptedReport, record: Record) -> None:
        key = ticket_key(report.sender, report.id)
        kept = self._get(TICKET + key)
        if kept is None:
            ticket = Ticket(
                report.sha256, report.home, case_id(report.home, report.sender, report.id)
            )
            self.writes[TICKET + key] = _encode(ticket)
            self.outs.append(Out(INTAKE.name, report.home.encode(), record.value))
            self._release(key, ticket, record)
        elif _decode(kept).sha256 != report.sha256:
            why = Refused(
                Reason.IDENTITY_REUSED, "this source and id came before, with other content"
            )
            sealed = header(record, SEALED)
            self.outs.append(refuse_accepted(report, "tickets", why, sealed, record.at_ms))

    def act(self, act: AcceptedAct, record: Record) -> None:
        ref = act.act.ticket
        if ref is None:
            raise ValueError("an act without a ticket has no business here")
        key = ticket_key(ref.sender, ref.id)
        kept = self._get(TICKET + key)
        if kept is not None:
            self._forward(act, _decode(kept), header(record, SEALED))
            return
        queue = self._queue(key)
        self._keep(key, joined(queue, Waiting(act, header(record, SEALED), record.at_ms)))

    def _forward(self, act: AcceptedAct, ticket: Ticket, sealed: bytes) -> None:
        act = replace(act, home=ticket.home, case_id=ticket.case_id)
        self.outs.append(
            Out(INTAKE.name, ticket.home.encode(), encode_json(act), ((SEALED, sealed),))
        )

    def _release(self, key: bytes, ticket: Ticket, record: Record) -> None:
        for waiting in self._queue(key):
            self._forward(waiting.act, ticket, waiting.sealed)
            if waiting.listed:
                why = Refused(Reason.REPORT_MISSING, "its report came after all")
                self.outs.append(
                    refuse_accepted(
                        waiting.act, "tickets", why, waiting.sealed, record.at_ms, withdrawn=True
                    )
                )
        self._keep(key, ())

    def list_overdue(self, now_ms: int) -> None:
        """List what has waited beyond the patience; it stays, and its report may still come."""
        if now_ms - self.state.memo.get("listed_ms", 0) < LISTING_MS:
            return
        self.state.memo["listed_ms"] = now_ms
        for key, queue in list(self._waiting().items()):
            patience = self.stage.patience_days(queue[0].act.act.place, queue[0])
            late = list(overdue(queue, now_ms, patience))
            for waiting in late:
                why = Refused(Reason.REPORT_MISSING, f"no report within {patience:g} days")
                self.outs.append(
                    refuse_accepted(waiting.act, "tickets", why, waiting.sealed, now_ms)
                )
            if late:
                self._keep(key, listed(queue, now_ms, patience))

    def _waiting(self) -> dict[bytes, Queue]:
        """All queues of the partition; few, and read from the store once per assignment."""
        memo: dict[bytes, Queue] | None = self.state.memo.get("waiting")
        if memo is None:
            memo = {key[len(WAITING) :]: unpack(v) for key, v in self.state.items(WAITING)}
            self.state.memo["waiting"] = memo
        return memo

    def _queue(self, key: bytes) -> Queue:
        return self._waiting().get(key, ())

    def _keep(self, key: bytes, queue: Queue) -> None:
        waiting = self._waiting()
        if queue == waiting.get(key, ()):
            return
        if queue:
            waiting[key] = queue
        else:
            waiting.pop(key, None)
        self.writes[WAITING + key] = pack(queue) if queue else None
