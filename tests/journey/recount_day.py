"""A day's published records followed by hand through the five steps, with no part of the fold."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.core.record import Record
from tests.journey.recount_gate import Verdicts, alone, passes
from tests.journey.recount_merging import groups
from tests.journey.recount_nouns import Case, Report, Step
from tests.journey.recount_rules import Rules

SCHEMAS = Path(__file__).parents[2] / "schemas" / "events"
DOORS = {f"gridloop.reports.{s}.v1": s for s in ("gridworker", "patrol", "hotline", "citizen")}
ACTS = "gridloop.acts.v1"
ROUNDS = "gridloop.rounds.v1"
NEVER = datetime.max.replace(tzinfo=UTC)

Identity = tuple[str, str]


@dataclass
class Seen:
    """A well-formed record: whose it is, when it was, what it says."""

    identity: Identity
    at: datetime
    data: dict[str, Any]
    source: str = ""


@dataclass
class Published:
    """What stands on the source topics, in distinct contents: good reports, acts, and the rest."""

    reports: dict[Identity, Seen] = field(default_factory=dict)
    acts: dict[Identity, Seen] = field(default_factory=dict)
    sent: int = 0
    refused: int = 0


def published(records: Iterable[Record], place: str) -> Published:
    """Read the records of the source topics, each partition in its order: of one identity the
    first content stands, a repeat says nothing, and other bytes are refused."""
    found = Published()
    contents: set[tuple[str, bytes]] = set()
    bytes_of: dict[Identity, bytes] = {}
    for record in records:
        content = (record.topic, _digest(record))
        if content in contents:
            continue
        contents.add(content)
        found.sent += record.topic in DOORS
        seen = _read(record, place)
        if record.topic == ROUNDS:
            if seen is not None and seen.data.get("result") == "failed":
                found.reports.setdefault(seen.identity, _as_report(seen))
        elif (
            seen is None or bytes_of.setdefault(seen.identity, record.value or b"") != record.value
        ):
            found.refused += record.topic in DOORS
        elif record.topic in DOORS:
            found.reports[seen.identity] = seen
        else:
            found.acts[seen.identity] = seen
    return found


def _digest(record: Record) -> bytes:
    return hashlib.sha256(repr((record.headers, record.value)).encode()).digest()


def _read(record: Record, place: str) -> Seen | None:
    source = DOORS.get(record.topic, "")
    other = "gridloop.round.v1" if record.topic == ROUNDS else "gridloop.act.v1"
    kind = f"gridloop.report.{source}.v1" if source else other
    try:
        told = {name: value.decode() for name, value in record.headers}
        at = datetime.fromisoformat(told["ce_time"])
        seen = Seen((told["ce_source"], told["ce_id"]), at, json.loads(record.value or b""), source)
    except (KeyError, ValueError, RecursionError):
        return None
    if not isinstance(seen.data, dict):
        return None
    known = {*_schema(kind)["properties"]} >= {*seen.data}
    whole = {*seen.data} >= {*_schema(kind)["required"]}
    good = told.get("ce_type") == kind and at.tzinfo is not None and at.year >= 1970
    return seen if good and known and whole and seen.data["place"] == place else None


def _as_report(made: Seen) -> Seen:
    """What a round that failed says: a report by whoever made it, of whom or what it was."""
    words = [made.data[name] for name in ("subject", "text") if name in made.data]
    said = {**made.data, "text": " ".join(words), "reporter": made.data.get("worker")}
    return Seen(made.identity, made.at, said, "check")


def _schema(kind: str, _read: dict[str, Any] = {}) -> dict[str, Any]:  # noqa: B006 - read once
    if kind not in _read:
        _, name = kind.removesuffix(".v1").split(".", 1)
        _read[kind] = json.loads((SCHEMAS / name / "v1.json").read_text("utf-8"))
    schema: dict[str, Any] = _read[kind]
    return schema


# --- the five steps -----------------------------------------------------------------------------

ON = {
    "sign": ({"dispatched"}, "signed"),
    "handle": ({"signed"}, "handled"),
    "check": ({"handled"}, "checked"),
    "call_back": ({"handled", "checked"}, "called_back"),
    "evaluate": ({"called_back"}, "evaluated"),
    "close": ({"evaluated"}, "closed"),
    "reopen": ({"closed"}, "dispatched"),
    "return": ({"dispatched", "signed"}, "returned"),
    "dispatch": ({"dispatched", "returned"}, "dispatched"),
}
"""From which states an act leads on, and to which."""

BACK = {"check": "passed", "call_back": "resolved"}
"""What sends the case back to its department where the answer is no."""


def lives_at(day: Published, rules: Rules, as_of: datetime) -> "list[Life]":
    """Each case as it stood at that instant: acts from then on have not happened."""
    acts: dict[Identity, list[Seen]] = {}
    for act in day.acts.values():
        ticket = act.data["ticket"]
        acts.setdefault((ticket["sender"], ticket["id"]), []).append(act)

    verdicts = Verdicts(day.reports.values(), acts, rules)

    def life(reports: list[Seen], until: datetime) -> Life:
        done = [act for one in reports for act in acts.get(one.identity, []) if act.at < until]
        return _followed(reports, done, rules, verdicts)

    def stood(reports: list[Seen], at: datetime) -> str:
        state = life(reports, at).state
        return {"closed": "closed", "void": "void", "rejected": "void"}.get(state, "open")

    there = [report for report in day.reports.values() if report.at < as_of]
    merged = groups(there, rules, stood) if rules.merging else [[report] for report in there]
    return [life(reports, as_of) for reports in merged]


def reports_of(lives: "Iterable[Life]") -> list[Report]:
    """The accepted reports, with how their cases stand; who asks twice is known by the number."""
    last: dict[tuple[str, str], datetime] = {}
    found = []
    told = [(one, life) for life in lives for one in life.reports]
    for one, life in sorted(told, key=lambda pair: (pair[0].at, pair[0].identity)):
        who = _number(one.data.get("requester") or {})
        matter = life.rules.matter(one.data["text"], one.data.get("matter"))
        before = last.get((who, matter)) if who and matter else None
        if who and matter:
            last[who, matter] = one.at
        found.append(
            Report(
                one.at,
                one.source,
                who=who,
                matter=matter,
                before=before,
                void=life.case.void,
                excluded=life.case.excluded,
                rejected=life.state == "rejected",
            )
        )
    return found


def _number(who: dict[str, str]) -> str | None:
    return who.get("phone") or who.get("id_number") or who.get("name")


def _words(said: dict[str, Any]) -> str:
    return f"{said['text']}\n{said.get('address', '')}"


class Life:
    """One case on its way through the acts."""

    def __init__(self, report: Seen, rules: Rules, reports: list[Seen], verdicts: Verdicts) -> None:
        said = report.data
        self.report, self.rules, self.reports, self.verdicts = report, rules, reports, verdicts
        self.matter = rules.matter(said["text"], said.get("matter"))
        self.looks: list[Seen] = []
        self.state, self.by_itself = "reported", False
        self.case = Case(filed_at=NEVER, source=report.source, department=None)
        self.join(report)

    def join(self, report: Seen) -> None:
        """One more report of it: a camera's alone lets nothing pass that is not sure enough."""
        if alone(report):
            self.looks.append(report)
            let = passes(self.looks, self.matter, self.rules, self.verdicts)
        else:
            let = True
        if let and self.state == "reported":
            self.by_itself = alone(report)
            self._file(report.at)

    def _file(self, at: datetime) -> None:
        said, rules, case = self.report.data, self.rules, self.case
        self.state, case.filed_at = "dispatched", at
        case.department = rules.lead(self.matter, rules.area(said.get("area"), _words(said)))
        case.deadline = rules.deadline(self.matter, at)
        self._given(at)

    def _given(self, at: datetime) -> None:
        """A department has the case from now on."""
        self._over("dispatch", at, "moved")
        self._begin("dispatch", at)

    def _begin(self, kind: str, at: datetime, result: str | None = None) -> None:
        case = self.case
        case.steps.append(Step(kind, case.department, at.astimezone(UTC), case, result=result))

    def _over(self, kind: str, at: datetime, result: str) -> None:
        for step in self.case.steps:
            if step.kind == kind and step.done is None:
                step.done, step.result = at.astimezone(UTC), result

    def take(self, act: Seen) -> None:
        """One act, if the case is where it can be done."""
        kind, case = act.data["act"], self.case
        if kind == "exclude":
            case.excluded = True
        elif kind == "void":
            case.void, self.state = True, "void"
            self._over("dispatch", act.at, "over")
        elif kind == "verify":
            self._verify(act)
        elif kind == "dispatch" and act.data["department"] not in self.rules.departments:
            return
        elif self.state in ON[kind][0] and not self._same_hand(act):
            self.state = ON[kind][1]
            if act.data.get(BACK.get(kind, "")) is False:
                self.state = "signed"
            if self.state == "signed" or kind in ("reopen", "return"):
                case.handled = False
            self._note(kind, act)

    def _verify(self, act: Seen) -> None:
        """A person's word on what waits; or on what went out by itself and is not handled yet."""
        waits, right = self.state == "reported", act.data["passed"]
        if waits and right:
            self._file(act.at)
        elif not right and (waits or (self.by_itself and not self.case.handled)):
            self.case.void, self.state = True, "rejected"
            self._over("dispatch", act.at, "over")

    def _note(self, kind: str, act: Seen) -> None:
        case, said = self.case, act.data
        case.is_closed = self.state == "closed"
        if kind == "reopen":
            case.deadline = self.rules.deadline(self.matter, act.at)
            case.happened.add("reopened")
            self._over("closing", act.at, "reopened")
            self._given(act.at)
        elif kind == "return":
            # what came back is nobody's until it is sent out again
            self._over("dispatch", act.at, "returned")
            case.happened.add("returned")
            case.department = None
        elif kind == "dispatch":
            case.happened.add("redirected")
            case.department = said["department"]
            self._given(act.at)
        elif kind == "handle":
            case.handled = True
            self._over("dispatch", act.at, "done")
        elif kind == "close":
            case.closed_at = act.at.astimezone(UTC)
            self._begin("closing", act.at)
        elif kind == "call_back":
            case.happened.add("called_back")
            self._begin("call_back", act.at, "resolved" if said["resolved"] else "unresolved")
        if (rating := said.get("satisfaction")) is not None:
            case.rating = rating
            self._begin("rating", act.at, rating)
        if said.get(BACK.get(kind, "")) is False:
            case.happened.add("reworked")
            self._begin("rework", act.at)
            self._given(act.at)

    def _same_hand(self, act: Seen) -> bool:
        """Who reported a case may not handle it, where the place says so; nor may it be handled
        by nobody knows whom."""
        reporter = self.report.data.get("reporter")
        own = reporter is not None and act.data.get("actor") in (reporter, None)
        apart = bool(self.rules.profile.get("reporter_may_not_handle"))
        return act.data["act"] == "handle" and own and apart


def _followed(reports: list[Seen], acts: list[Seen], rules: Rules, verdicts: Verdicts) -> Life:
    first, *others = reports
    life = Life(first, rules, reports, verdicts)
    later = [(one.at, 0, one) for one in others] + [(act.at, 1, act) for act in acts]
    for _, acted, one in sorted(later, key=lambda one: one[:2]):
        if acted:
            life.take(one)
        else:
            life.join(one)
    life.case.is_closed = life.state == "closed"
    return life
