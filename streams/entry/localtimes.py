"""Local times of a file: read in the mapping's formats, told as instants in UTC."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache, partial

from streams.core.events import INFINITY

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
"""The first and, in INFINITY, the last instant that every store of ours can hold: what a file
dates beyond them (a year 9999 for 'never') becomes the bound itself."""

Reader = Callable[[str], datetime]
"""Reads one local time; ValueError where the text is not one."""

_FIELDS = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>1[0-2]|0[1-9]|[1-9])",
    "d": r"(?P<d>3[01]|[12]\d|0[1-9]|[1-9])",
    "H": r"(?P<H>2[0-3]|[01]\d|\d)",
    "I": r"(?P<I>1[0-2]|0[1-9]|[1-9])",
    "M": r"(?P<M>[0-5]\d|\d)",
    "S": r"(?P<S>[0-5]\d|\d)",
    "p": r"(?P<p>am|pm)",
    "%": "%",
}
"""The directives that are read here, five times as fast as by strptime; it reads all others."""


def time_reader(form: str) -> Reader:
    """A reader of one format, in the language of strptime; ValueError where it is none."""
    directives = re.findall(r"%(.?)", form)
    plain = all(name in _FIELDS for name in directives) and {"Y", "m", "d"} <= set(directives)
    if not plain or len(set(directives)) < len(directives):
        datetime.strptime(datetime(2024, 2, 3, tzinfo=UTC).strftime(form), form)  # noqa: DTZ007 - a trial
        return lambda text: datetime.strptime(text, form)  # noqa: DTZ007 - its zone is the file's
    return _fast_reader(form)


def _fast_reader(form: str) -> Reader:
    pieces = re.split(r"%(.)|(\s+)", form)
    pattern = "".join(
        re.escape(text) + (_FIELDS[name] if name else r"\s+" if space else "")
        for text, name, space in zip(
            *([*pieces, None, None][at::3] for at in range(3)), strict=True
        )
    )
    match = re.compile(pattern, re.IGNORECASE).fullmatch
    hour = "H" if "%H" in form else "I" if "%I" in form else None
    minute, second = "%M" in form, "%S" in form
    halved = hour == "I" and "%p" in form

    def read(text: str) -> datetime:
        found = match(text)
        if found is None:
            raise ValueError(f"not of the format {form!r}")
        hours = int(found[hour]) if hour else 0
        if halved:
            hours = hours % 12 + (12 if found["p"][0] in "pP" else 0)
        return datetime(  # noqa: DTZ001 - its zone is the file's
            int(found["Y"]),
            int(found["m"]),
            int(found["d"]),
            hours,
            int(found["M"]) if minute else 0,
            int(found["S"]) if second else 0,
        )

    return read


class LocalTimes:
    """Reads a file's times: each format is tried in turn; a time without an offset is the zone's.

    An hour that does not exist is moved one hour later; an hour that exists twice means the
    earlier.
    """

    def __init__(self, formats: Sequence[str], zone: tzinfo) -> None:
        self._readers = [time_reader(form) for form in formats]
        self._zone = zone
        # A file has few distinct days and few distinct times of day: each half is read once.
        halves = _halves(formats[0])
        self._midnight = lru_cache(maxsize=32_768)(partial(_midnight, halves, zone))
        self._of_day = lru_cache(maxsize=131_072)(partial(_time_of_day, halves))

    def read(self, text: str) -> datetime | None:
        """The instant, in UTC; None where no format reads the text."""
        day, space, time = text.partition(" ")
        midnight = self._midnight(day) if space else None
        if midnight is not None:
            since = self._of_day(time)
            if since is not None:
                return midnight + since
        return self._read_whole(text)

    def _read_whole(self, text: str) -> datetime | None:
        for reader in self._readers:
            try:
                return self._instant(reader(text))
            except (ValueError, OverflowError):
                continue
        return None

    def _instant(self, local: datetime) -> datetime:
        if not EARLIEST.year < local.year < INFINITY.year:
            return _bounded(local, self._zone)
        return local.astimezone(UTC) if local.tzinfo else instant_of(local, self._zone)


def _halves(form: str) -> tuple[Reader, Reader] | None:
    """Readers of a format's day and of its time of day; None where it does not part so."""
    day, _, time = form.partition(" ")
    parted = {*re.findall(r"%(.?)", day)} == {*"Ymd"} and {*re.findall(r"%(.?)", time)} <= {
        *"HIMSp"
    }
    return (time_reader(day), time_reader(f"%Y-%m-%d {time}")) if parted and time else None


def _midnight(halves: tuple[Reader, Reader] | None, zone: tzinfo, text: str) -> datetime | None:
    """When the day begins, in UTC; None where it is no day of one single offset."""
    try:
        day = halves[0](text) if halves else None
    except ValueError:
        return None
    if day is None or not EARLIEST.year < day.year < INFINITY.year:
        return None
    noon = day.replace(hour=12, tzinfo=zone)
    offsets = {(noon + timedelta(hours=hours)).utcoffset() for hours in (-24, -12, 0, 12, 24)}
    return instant_of(day, zone) if len(offsets) == 1 else None


def _time_of_day(halves: tuple[Reader, Reader] | None, text: str) -> timedelta | None:
    try:
        return halves[1](f"2000-01-01 {text}") - _ANY_MIDNIGHT if halves else None
    except ValueError:
        return None


_ANY_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 - what is subtracted from has no zone either


def _bounded(local: datetime, zone: tzinfo) -> datetime:
    if local.year < EARLIEST.year or local.year > INFINITY.year:
        return EARLIEST if local.year < EARLIEST.year else INFINITY
    instant = local.astimezone(UTC) if local.tzinfo else instant_of(local, zone)
    return min(max(instant, EARLIEST), INFINITY)


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """The instant of a naive local time: of two the earlier; in a gap, that of one hour later."""
    first = local.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    return (local + timedelta(hours=1)).replace(tzinfo=zone, fold=0).astimezone(UTC)
