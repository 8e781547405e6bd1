"""The page about rounds names every kind, result, cadence, field, cut and figure."""

from pathlib import Path
from typing import get_args, get_type_hints

import msgspec

from streams.core.events import RoundKind, RoundResult
from streams.core.roundfigures import FIELDS
from streams.core.scheduledocs import Cadence, Schedule, Subjects
from streams.core.slotfigures import SLOT_FIGURES

PAGE = (Path(__file__).parents[2] / "docs" / "rounds.md").read_text("utf-8")


def test_what_the_nouns_say_is_on_the_page() -> None:
    """What is added to them must be told to those who use it."""
    units = get_args(get_type_hints(Cadence)["every"])
    fields = {field.name for noun in (Cadence, Schedule, Subjects) for field in _fields(noun)}
    named = {"id", "name", "name_en", "kind", "subjects", "cadence"}
    words = {*RoundKind, *RoundResult, *units, *SLOT_FIGURES, *(fields - named)}
    assert {word for word in words if f"`{word}" not in PAGE} - {"each"} == set()
    assert all(cut in PAGE for cut in FIELDS)


def _fields(noun: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(noun)
