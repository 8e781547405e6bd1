"""How phone and ID numbers of the mainland look in a text, however they are spaced or widened."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

_SPACE = r"[ \t\u00a0\u2000-\u200b\u3000\-\u2010-\u2015\u2212\ufe63\uff0d.\uff0e\u00b7()（）+＋]"
_UNIT = r"(?:\d|[xXｘＸ](?![A-Za-z0-9]))"
_DIGIT_NAMES = "〇零○一幺二三四五六七八九"
RUN = re.compile(
    rf"(?P<digits>\d(?:{_SPACE}{{0,3}}{_UNIT}){{6,}})"
    rf"|(?P<spoken>(?<![{_DIGIT_NAMES}])[一幺][三四五六七八九][{_DIGIT_NAMES}]{{9}}(?![{_DIGIT_NAMES}]))"
)
"""Anything that may hold a number: seven digits or more with little between them, or eleven
digits written as characters (一三八…)."""

PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[A-Za-zＡ-Ｚ][ ·・-]?(?=[A-Za-z]{0,5}[0-9０-９])[A-HJ-NP-Za-hj-np-z0-9０-９]{5,6}[学警港澳]?"
    r"(?![A-Za-z0-9])"
)
"""A licence plate, new-energy plates (six letters) among them."""

_GROUP = re.compile(r"\d+(?:[xXｘＸ](?![A-Za-z0-9]))?|[xXｘＸ]")
_MOBILE = re.compile(r"(?:0086|86|0)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0(?:10|2\d)[2-8]\d{7}|0[3-9]\d\d[2-8]\d{6,7}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_ID_18 = re.compile(r"(\d\d)\d{4}((?:19|20)\d\d)(\d\d)(\d\d)\d{3}[\dX]")
_ID_15 = re.compile(r"(\d\d)\d{4}(\d\d)(\d\d)(\d\d)\d{3}")
_PROVINCES = frozenset(
    map(str, [*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47)])
) | frozenset(map(str, [*range(50, 55), *range(61, 66), 71, 81, 82, 83, 91]))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SPOKEN = str.maketrans(_DIGIT_NAMES, "0001123456789")
_ABROAD = re.compile(r"(?:^|[^A-Za-z0-9])[+＋]$")
_BESIDE = re.compile(r"[A-Za-z0-9_]")
_BESIDE_ALL = re.compile(r"[A-Za-z0-9_]*")
_CALLED = re.compile(r"(?:电话|座机|固话|致电|联系方式)[^\d\n]{0,4}$")
_CODED = re.compile(r"(?:编码|编号|代码|网格|格号|工单|单号)[^\d\n]{0,4}$")


PHONE = ("phone", "电话")
ID = ("id", "证件")


class Found(msgspec.Struct, frozen=True):
    """A number in a text: where it stands, what it is (`zh` its label), its normal form."""

    start: int
    end: int
    kind: str
    zh: str
    value: str


class _Group(msgspec.Struct, frozen=True):
    start: int
    end: int
    digits: str


def as_phone(text: str) -> str:
    """A phone number's digits without the mainland's country code; "" where there are none."""
    normal = unicodedata.normalize("NFKC", text).translate(_SPOKEN)
    digits = normal if normal.isdecimal() else "".join(filter(str.isdecimal, normal))
    mobile = _MOBILE.fullmatch(digits)
    if mobile is not None:
        return mobile[1]
    bare = re.fullmatch(r"(?:0086|86)0?([1-9]\d{8,10})", digits)
    return f"0{bare[1]}" if bare is not None else digits


def as_id_number(text: str) -> str:
    """An ID number's letters and digits; one of 15 digits in its form of 18."""
    normal = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(letter for letter in normal if letter.isascii() and letter.isalnum())
    if not _ID_15.fullmatch(plain):
        return plain
    body = f"{plain[:6]}19{plain[6:]}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def numbers_in(text: str, own: Mapping[str, tuple[str, str]]) -> list[Found]:
    """All personal numbers, in order; `own` maps numbers known as personal to (kind, label)."""
    found: list[Found] = []
    for run in RUN.finditer(text):
        if run["spoken"]:
            value = as_phone(run["spoken"])
            found.append(Found(run.start(), run.end(), *PHONE, value))
        else:
            found += _in_run(text, run.start(), run.end(), own)
    return found


def _in_run(text: str, start: int, end: int, own: Mapping[str, tuple[str, str]]) -> Iterator[Found]:
    groups = [
        _Group(group.start(), group.end(), unicodedata.normalize("NFKC", group[0]).upper())
        for group in _GROUP.finditer(text, start, end)
    ]
    at = 0
    while at < len(groups):
        upto, found = _first_number(text, groups, at, own)
        if found is not None:
            yield found
        at = upto


def _first_number(
    text: str, groups: Sequence[_Group], at: int, own: Mapping[str, tuple[str, str]]
) -> tuple[int, Found | None]:
    """The surest number that begins with this group, and the group after it."""
    best: tuple[int, Found | None] = (at + 1, None)
    surest = 0
    for upto in range(at + 1, len(groups) + 1):
        part = groups[at:upto]
        value = "".join(group.digits for group in part)
        if len(value) > 18:
            break
        sure, kind = _kind(text, part, value, whole=len(part) == len(groups))
        if not sure and (as_phone(value) in own or value in own):
            sure, kind = 2, own.get(as_phone(value)) or own[value]
        # What only its surroundings make a phone may end anywhere: the longest is taken.
        if (sure > surest or sure == surest == 1) and _stands_alone(text, part):
            surest, best = sure, (upto, _found(text, part, value, kind))
    return best


def _found(text: str, part: Sequence[_Group], value: str, kind: tuple[str, str]) -> Found:
    start, end = part[0].start, part[-1].end
    while text[start - 1 : start] in {"+", "＋"}:
        start -= 1
    if text[start - 1 : start] in {"(", "（"} and re.search(r"[)）]", text[start:end]):
        start -= 1
    normal = as_id_number(value) if kind[0] == "id" else as_phone(value)
    return Found(start, end, *kind, normal)


def _kind(
    text: str, part: Sequence[_Group], value: str, *, whole: bool
) -> tuple[int, tuple[str, str]]:
    """How sure it is (3 an ID number, 2 a phone, 1 by what stands before it, 0 not)."""
    if len(value) in (15, 18) and _is_id_number(text, part, value):
        return 3, ID
    if _is_landline(part, value):
        return 2, PHONE
    if not value.isdecimal() or _is_date_or_decimal(text, part):
        return 0, PHONE
    if _is_mobile(part, value, whole=whole):
        return 2, PHONE
    local = _LOCAL.fullmatch(value) is not None and _led_by(_CALLED, text, part)
    abroad = 8 <= len(value) <= 15 and _led_by(_ABROAD, text, part)
    return int(local or abroad), PHONE


def _is_id_number(text: str, part: Sequence[_Group], value: str) -> bool:
    fields = _ID_18.fullmatch(value) or _ID_15.fullmatch(value)
    if fields is None or fields[1] not in _PROVINCES:
        return False
    if not (1 <= int(fields[3]) <= 12 and 1 <= int(fields[4]) <= 31):
        return False
    if len(value) == 18:
        return True
    # Fifteen digits have no check digit, and a grid's code may look alike: they must be spaced as
    # an ID number is (region, birthday, serial), be of a living person, and not be called a code.
    breaks = {group.start for group in part[1:]}
    starts, at = set(), 0
    for group in part[:-1]:
        at += len(group.digits)
        starts.add(at)
    spaced = starts <= {6, 12} or len(breaks) == 14
    return spaced and int(fields[2]) >= 20 and not _led_by(_CODED, text, part)


def _led_by(words: re.Pattern[str], text: str, part: Sequence[_Group]) -> bool:
    start = part[0].start
    return words.search(text[max(0, start - 10) : start]) is not None


def _is_mobile(part: Sequence[_Group], value: str, *, whole: bool) -> bool:
    if _MOBILE.fullmatch(value) is None:
        return False
    rest = part[1:] if part[0].digits in {"86", "0086", "0"} else part
    # Inside a longer run of numbers only natural groups count: a list of houses is no phone.
    return whole or all(len(group.digits) >= 3 for group in rest)


def _is_landline(part: Sequence[_Group], value: str) -> bool:
    # The area code is written in one: a date before a house number is no area code.
    whole_code = len(part) == 1 or len(part[0].digits) in (3, 4)
    return whole_code and _LANDLINE.fullmatch(value) is not None


def _is_date_or_decimal(text: str, part: Sequence[_Group]) -> bool:
    gaps = [text[one.end : other.start] for one, other in pairwise(part)]
    if gaps == ["."] or (gaps == ["."] * 3 and all(len(group.digits) <= 3 for group in part)):
        return True
    lengths = [len(group.digits) for group in part]
    for at, group in enumerate(part):
        if lengths[at] == 8 and len(part) > 1 and _is_day(group.digits):
            return True
        if lengths[at] == 4 and max(lengths[at + 1 : at + 3], default=9) <= 2:
            day = "".join(other.digits.zfill(2) for other in part[at + 1 : at + 3])
            if _is_day(group.digits + day):
                return True
    return False


def _is_day(digits: str) -> bool:
    if len(digits) != 8 or digits[:2] not in {"19", "20"}:
        return False
    return 1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:]) <= 31


def _stands_alone(text: str, part: Sequence[_Group]) -> bool:
    """False inside a code: letters of a hexadecimal id, or an underscore, touch the digits."""
    start, end = part[0].start, part[-1].end
    if not _BESIDE.match(text, max(0, start - 1), start) and not _BESIDE.match(text, end):
        return True
    before = _BESIDE_ALL.match(text[max(0, start - 24) : start][::-1])
    after = _BESIDE_ALL.match(text[end : end + 24])
    left, right = before[0] if before else "", after[0] if after else ""
    return _is_word(left, 2) and _is_word(right, 1)


def _is_word(letters: str, least: int) -> bool:
    """Whether letters that touch a number are a word beside it (tel138…), not part of a code."""
    if not letters:
        return True
    return letters.isalpha() and len(letters) >= least and bool(re.search(r"[g-zG-Z]", letters))
