"""What a video platform's own messages leave open: its sender, its cameras, what is a finding."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.core.events import Code, Contract, Crs, Label, Note
from streams.core.instants import OCCURRED, utc
from streams.core.refusal import Reason, Refused
from streams.entry.localtimes import LocalTimes

Thing = Literal["motor_vehicle", "non_motor_vehicle", "thing", "scene"]

_DEVICE = re.compile(r"\d{20}", re.ASCII)


class Finding(Contract, frozen=True):
    """巡查发现 · the words in which something seen is reported, and its matter, if sure."""

    text: Note
    matter: Code | None = None


class VideoPlatform(Contract, frozen=True, kw_only=True):
    """视频平台 · one video platform of a key.

    `cameras` maps its device numbers to the place's own camera codes; without a row the number
    stands. `alarms` says which GB/T 28181 alarms are findings, by `method/type` or `method`;
    without it, all but faults of devices. `seen` says it of what GA/T 1400 tells; without it, none.
    """

    sender: Label
    camera_class: Annotated[int, Meta(ge=1, le=3)]
    crs: Crs = Crs.WGS84
    cameras: dict[str, Code] = msgspec.field(default_factory=dict)
    alarms: dict[str, Finding] | None = None
    seen: dict[Thing, Finding] = msgspec.field(default_factory=dict)

    def camera(self, device: str) -> str:
        """The place's code of a camera; Refused where it is no device number of 20 digits."""
        if not _DEVICE.fullmatch(device):
            raise Refused(Reason.INVALID, "DeviceID is not of 20 digits")
        return self.cameras.get(device, device)


def occurred(times: LocalTimes, text: str, name: str) -> datetime:
    """A local time of a message as an instant in UTC; Refused(bad_time) by its name."""
    at = times.read(text)
    if at is None:
        raise Refused(Reason.BAD_TIME, f"{name} is no time of its standard")
    return utc(at, name, OCCURRED)


def stamp(at: datetime) -> str:
    """An instant as it stands in an id."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f").removesuffix(".000000")
