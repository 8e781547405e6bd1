"""Steps as rows: what holds as known now, and what each revision of a case writes anew."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from streams.core.accepted import AcceptedReport
from streams.core.events import INFINITY
from streams.core.lifecycle import FLOW_OF
from streams.core.results import StepRow
from streams.core.spans import Since
from streams.core.stepnouns import KeptStep, Step


class WrittenStep(NamedTuple):
    """A row to write: the step, since when its case counts, and until when that is known."""

    kept: KeptStep
    since: Since
    known_to: datetime


def revise(
    old: Sequence[KeptStep], new: Iterable[Step], known: datetime, *, was: Since, now: Since
) -> tuple[list[KeptStep], list[WrittenStep]]:
    """What now holds, and only the rows that this changes, as `spans.revise` does it; all of them
    where the case itself `was` counted otherwise than `now`."""
    before = {(kept.step.kind, kept.step.n): kept for kept in old}
    holding: list[KeptStep] = []
    rows: list[WrittenStep] = []
    for step in new:
        held = before.pop((step.kind, step.n), None)
        if held is not None and held.step == step and was == now:
            holding.append(held)
            continue
        if held is not None and held.known_from != known:
            rows.append(WrittenStep(held, was, known))
        holding.append(KeptStep(step, known))
        rows.append(WrittenStep(holding[-1], now, INFINITY))
    rows.extend(WrittenStep(gone, was, known) for gone in before.values())
    return holding, rows


def as_row(written: WrittenStep, case_id: str, seed: AcceptedReport, revision: int) -> StepRow:
    """The table row of a step; place, flow and reported_at are its case's."""
    step = written.kept.step
    return StepRow(
        case_id=case_id,
        place=seed.place,
        flow=FLOW_OF[seed.lifecycle].value,
        reported_at=seed.occurred_at,
        kind=step.kind,
        n=step.n,
        department=step.department,
        at=step.at,
        due=step.due,
        done=step.done,
        result=step.result,
        worked=step.worked,
        **written.since._asdict(),
        known_from=written.kept.known_from,
        known_to=written.known_to,
        revision=revision,
    )
