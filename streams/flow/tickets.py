"""Tickets: each report has one identity and one set of first decisions; repeats end here.

A ticket's home, location and matter are those of the first acceptance in the log, whatever the
reference says when it comes again. Acts that know only a ticket number learn their case here.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from streams.core.accepted import AcceptedAct, AcceptedReport, AcceptedVisitor
from streams.core.codec import decode_accepted, encode_json
from streams.core.home import case_id, ticket_key
from streams.core.lifecycle import MOST_ACTS
from streams.core.place import Rulebook
from streams.core.record import Decision, Out, Record, State
from streams.core.refusal import Reason, Refused
from streams.core.topics import INTAKE
from streams.core.waiting import Queues, Waiting
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

    def patience_days(self, waiting: Waiting) -> float:
        """How long an act of its place may wait before it is listed."""
        rules = self.rules().at(waiting.act.act.place, waiting.act.occurred_at)
        return rules.patience_days if rules is not None else DEFAULT_PATIENCE_DAYS


class _Chunk:
    """One chunk's decision as it grows: what it would send and keep, read through what it kept."""

    def __init__(self, stage: Tickets, state: State) -> None:
        self.stage, self.state = stage, state
        self.outs: list[Out] = []
        self.writes: dict[bytes, bytes | None] = {}
        waiting = state.memo.get("waiting")
        self.waiting: Queues = waiting if waiting is not None else Queues(state, WAITING)
        state.memo["waiting"] = self.waiting

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
            for home in report.near:
                visitor = AcceptedVisitor(home=home, report=report)
                self.outs.append(Out(INTAKE.name, home.encode(), encode_json(visitor)))
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
        if self.waiting.count(key) >= MOST_ACTS:
            why = Refused(Reason.TOO_MANY_ACTS, f"{MOST_ACTS} acts wait for that report already")
            sealed = header(record, SEALED)
            self.outs.append(refuse_accepted(act, "tickets", why, sealed, record.at_ms))
            return
        waiting = Waiting(act, header(record, SEALED), record.at_ms)
        self.waiting.add(key, waiting, self.writes)

    def _forward(self, act: AcceptedAct, ticket: Ticket, sealed: bytes) -> None:
        act = replace(act, home=ticket.home, case_id=ticket.case_id)
        self.outs.append(
            Out(INTAKE.name, ticket.home.encode(), encode_json(act), ((SEALED, sealed),))
        )

    def _release(self, key: bytes, ticket: Ticket, record: Record) -> None:
        for waiting in self.waiting.release(key, self.writes):
            self._forward(waiting.act, ticket, waiting.sealed)
            if waiting.listed:
                why = Refused(Reason.REPORT_MISSING, "its report came after all")
                self.outs.append(
                    refuse_accepted(
                        waiting.act, "tickets", why, waiting.sealed, record.at_ms, withdrawn=True
                    )
                )

    def list_overdue(self, now_ms: int) -> None:
        """List what has waited beyond the patience; it stays, and its report may still come."""
        if now_ms - self.state.memo.get("listed_ms", 0) < LISTING_MS:
            return
        self.state.memo["listed_ms"] = now_ms
        for key, waiting in self.waiting.all():
            patience = self.stage.patience_days(waiting)
            if waiting.overdue(now_ms, patience):
                why = Refused(Reason.REPORT_MISSING, f"no report within {patience:g} days")
                self.outs.append(
                    refuse_accepted(waiting.act, "tickets", why, waiting.sealed, now_ms)
                )
                self.waiting.list(key, waiting, self.writes)
