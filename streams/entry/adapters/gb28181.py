"""GB/T 28181: an alarm of a camera (MANSCDP XML, 报警通知, GB/T 28181-2016 A.2.5) as a finding."""

import re
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from streams.core.events import PatrolReport
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival, contract, told
from streams.entry.adapters.video import Finding, VideoPlatform, occurred, stamp
from streams.entry.localtimes import LocalTimes

MAX_BYTES = 65_536
MAX_DEPTH = 16

METHODS = {
    **{"1": "电话报警", "2": "设备报警", "3": "短信报警", "4": "GPS报警"},
    **{"5": "视频报警", "6": "设备故障报警", "7": "其他报警"},
}
VIDEO = {
    **{"1": "人工视频报警", "2": "运动目标检测", "3": "遗留物检测", "4": "物体移除检测"},
    **{"5": "绊线检测", "6": "入侵检测", "7": "逆行检测", "8": "徘徊检测", "9": "流量统计"},
    **{"10": "密度检测", "11": "视频异常检测", "12": "快速移动", "13": "图像遮挡"},
}
"""What AlarmType means where the method is 5."""
FAULTS = frozenset({"6", *(f"2/{kind}" for kind in range(1, 6)), "5/11", "5/13"})
"""Alarms about the device itself: lost picture, opened case, full disk, heat, cold."""
BY_PERSONS = frozenset({"1", "3", "5/1"})
"""Somebody has seen it: a call, a short message, a person at the screen."""

_TIMES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S")
_PROLOG = re.compile(r"\s*<\?xml\b([^>]{0,200})\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {"utf-8": "utf-8", "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
"""Platforms declare GB 2312 and write characters that only its successor GB 18030 has."""


class Alarms:
    """Reads the alarms of one platform; local times are those of the place's zone."""

    def __init__(self, platform: VideoPlatform, place: str, zone: ZoneInfo) -> None:
        self._platform, self._place = platform, place
        self._times = LocalTimes(_TIMES, zone)

    def __call__(self, body: bytes) -> list[Arrival]:
        """The alarm as a report, or nothing where it is no finding; Refused where unreadable."""
        alarm = _notify(_root(body))
        code = _code(alarm)
        finding = self._finding(code, _text(alarm, "AlarmDescription"))
        device = _text(alarm, "DeviceID")
        camera = self._platform.camera(device)
        at = occurred(self._times, _text(alarm, "AlarmTime"), "AlarmTime")
        if finding is None:
            return []
        report = contract(
            PatrolReport,
            place=self._place,
            text=finding.text,
            matter=finding.matter,
            camera=camera,
            camera_class=self._platform.camera_class,
            scene=_words(code),
            algorithm=None if code in BY_PERSONS else f"GB/T 28181 {code}",
            confirmed=code in BY_PERSONS,
            point=self._point(alarm),
        )
        # The SN numbers commands, not alarms: the same alarm may come again under another.
        id = f"{device}-{stamp(at)}-{code.replace('/', '-')}"
        return [told("gridloop.report.patrol.v1", self._platform.sender, id, at, report)]

    def _finding(self, code: str, description: str) -> Finding | None:
        if self._platform.alarms is None:
            return None if code in FAULTS else Finding(description or _words(code))
        method = code.partition("/")[0]
        return self._platform.alarms.get(code) or self._platform.alarms.get(method)

    def _point(self, alarm: Element) -> dict[str, object] | None:
        given = [_text(alarm, name) for name in ("Longitude", "Latitude")]
        if not all(given):
            return None
        try:
            lon, lat = map(float, given)
        except ValueError:
            raise Refused(Reason.INVALID, "Longitude or Latitude is no number") from None
        # Devices that do not know where they are say 0, 0.
        crs = self._platform.crs.value
        return {"lat": lat, "lon": lon, "crs": crs} if lon or lat else None


def _root(body: bytes) -> Element:
    if len(body) > MAX_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(body)} bytes; an alarm has at most {MAX_BYTES}")
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        parser.feed(_decoded(body))
        root: Element = parser.close()
    except ParseError as error:
        line, column = error.position
        raise Refused(Reason.NOT_XML, f"not well-formed (line {line}, column {column})") from None
    except DefusedXmlException:
        raise Refused(Reason.NOT_XML, "a DTD or an entity: none is taken") from None
    return root


class _Shallow(TreeBuilder):
    """Builds a tree of at most MAX_DEPTH levels."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(Reason.NOT_XML, f"nested more than {MAX_DEPTH} deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def _decoded(body: bytes) -> str:
    """The text without its prolog, which expat would believe; by its declaration, else UTF-8."""
    prolog = _PROLOG.match(body[:256].decode("ascii", "replace").lstrip("\ufffd"))
    declared = _ENCODING.search(prolog[1]) if prolog else None
    encoding = _ENCODINGS.get(declared[1].lower()) if declared else "utf-8"
    if encoding is None:
        raise Refused(Reason.NOT_XML, "its encoding is none of UTF-8, GB2312, GBK, GB18030")
    try:
        text = body.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        said = f"byte {error.start} is not {encoding.upper()}, which it declares"
        raise Refused(Reason.NOT_XML, said) from None
    return _PROLOG.sub("", text, count=1)


def _notify(root: Element) -> Element:
    if root.tag != "Notify" or _text(root, "CmdType") != "Alarm":
        raise Refused(Reason.INVALID, "not a Notify whose CmdType is Alarm")
    return root


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _code(alarm: Element) -> str:
    """method/type, or the method alone: what the alarm is about."""
    method = _text(alarm, "AlarmMethod")
    if method not in METHODS:
        raise Refused(Reason.INVALID, "AlarmMethod is none of 1 to 7")
    kind = _text(alarm, "Info/AlarmType") or _text(alarm, "AlarmType")
    if kind and not (kind.isascii() and kind.isdecimal() and len(kind) <= 4):
        raise Refused(Reason.INVALID, "AlarmType is no number of up to four digits")
    return f"{method}/{int(kind)}" if kind else method


def _words(code: str) -> str:
    method, _, kind = code.partition("/")
    if method == "5" and kind in VIDEO:
        return VIDEO[kind]
    return f"{METHODS[method]}（类型{kind}）" if kind else METHODS[method]
