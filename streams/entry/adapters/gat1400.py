"""GA/T 1400 (视图库): what a subscription tells, of which only the place's findings are read.

Faces, persons, plates, names and pictures are in none of the types below, so they are passed over
as bytes and never become values; nor does any free text. Of what is seen remain the device, the
time and the kind, in the words that the platform's configuration has for it.
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from streams.core.events import PatrolReport
from streams.core.jsontext import read_json
from streams.core.refusal import Reason, Refused
from streams.entry.adapters.arrival import Arrival, contract, told
from streams.entry.adapters.video import Finding, VideoPlatform, occurred
from streams.entry.localtimes import LocalTimes

BEIJING = ZoneInfo("Asia/Shanghai")
MOST_OBJECTS = 1000

_ID = re.compile(r"[0-9A-Za-z]{12,64}")
"""An object's id: device, kind, time and number in a row; never a plate, which has a Chinese letter
or fewer characters."""
_TIME = re.compile(r"\d{14}", re.ASCII)


class _Seen(msgspec.Struct, frozen=True, rename="pascal"):
    """An object of any kind, as far as it is read; platforms write null for what is not so."""

    motor_vehicle_id: str | None = msgspec.field(name="MotorVehicleID", default=None)
    non_motor_vehicle_id: str | None = msgspec.field(name="NonMotorVehicleID", default=None)
    thing_id: str | None = msgspec.field(name="ThingID", default=None)
    scene_id: str | None = msgspec.field(name="SceneID", default=None)
    device_id: str | None = msgspec.field(name="DeviceID", default=None)
    appear_time: str | None = None
    pass_time: str | None = None
    shot_time: str | None = None
    begin_time: str | None = None
    location_mark_time: str | None = None

    @property
    def id(self) -> str:
        """Its number, by whichever name its kind has for it."""
        ids = (self.motor_vehicle_id, self.non_motor_vehicle_id, self.thing_id, self.scene_id)
        return next(filter(None, ids), "")

    @property
    def time(self) -> str:
        """When it was seen, likewise; empty where only the notification says it."""
        times = (self.appear_time, self.pass_time, self.shot_time, self.begin_time)
        return next(filter(None, (*times, self.location_mark_time)), "")


class _Objects(msgspec.Struct, frozen=True):
    motor_vehicle: list[_Seen] | None = msgspec.field(name="MotorVehicleObject", default=None)
    non_motor_vehicle: list[_Seen] | None = msgspec.field(
        name="NonMotorVehicleObject", default=None
    )
    thing: list[_Seen] | None = msgspec.field(name="ThingObject", default=None)
    scene: list[_Seen] | None = msgspec.field(name="SceneObject", default=None)


class _Notification(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="NotificationID")
    trigger_time: str | None = msgspec.field(name="TriggerTime", default=None)
    motor_vehicle: _Objects | None = msgspec.field(name="MotorVehicleObjectList", default=None)
    non_motor_vehicle: _Objects | None = msgspec.field(
        name="NonMotorVehicleObjectList", default=None
    )
    thing: _Objects | None = msgspec.field(name="ThingObjectList", default=None)
    scene: _Objects | None = msgspec.field(name="SceneObjectList", default=None)

    def seen(self, kind: str) -> list[_Seen]:
        """The objects of one kind."""
        objects: _Objects | None = getattr(self, kind)
        found: list[_Seen] | None = getattr(objects, kind, None)
        return found or []


class _Notifications(msgspec.Struct, frozen=True):
    objects: list[_Notification] = msgspec.field(name="SubscribeNotificationObject")


class _Body(msgspec.Struct, frozen=True):
    notifications: _Notifications = msgspec.field(name="SubscribeNotificationListObject")


_BODY = msgspec.json.Decoder(_Body)
_SCENES = {
    "motor_vehicle": "机动车",
    "non_motor_vehicle": "非机动车",
    "thing": "物品",
    "scene": "场景",
}


class Heard(msgspec.Struct, frozen=True):
    """What a notification comes to: its findings, and the ids that the answer must name."""

    arrivals: list[Arrival]
    notifications: list[str]


class Notifications:
    """Reads the notifications of one platform; local times are those of the place's zone."""

    def __init__(self, platform: VideoPlatform, place: str, zone: ZoneInfo) -> None:
        self._platform, self._place = platform, place
        self._times = LocalTimes(("%Y%m%d%H%M%S",), zone)

    def __call__(self, body: bytes) -> Heard:
        """The findings among what was seen, often none; Refused where it cannot be read."""
        told_of = read_json(_BODY, body, Reason.INVALID).notifications.objects
        ids = [notification.id for notification in told_of]
        if not all(map(_ID.fullmatch, ids)):
            raise Refused(Reason.INVALID, "a NotificationID is not of 12 to 64 letters and digits")
        found = [
            self._report(kind, finding, seen, notification.trigger_time or "")
            for notification in told_of
            for kind, finding in self._platform.seen.items()
            for seen in notification.seen(kind)
        ]
        if len(found) > MOST_OBJECTS:
            raise Refused(Reason.TOO_LARGE, f"more than {MOST_OBJECTS} objects at once")
        return Heard(found, ids)

    def _report(self, kind: str, finding: Finding, seen: _Seen, triggered: str) -> Arrival:
        if not _ID.fullmatch(seen.id):
            raise Refused(Reason.INVALID, f"a {kind} without a number of GA/T 1400's form")
        report = contract(
            PatrolReport,
            place=self._place,
            text=finding.text,
            matter=finding.matter,
            camera=self._platform.camera(seen.device_id or ""),
            camera_class=self._platform.camera_class,
            scene=_SCENES[kind],
            algorithm="GA/T 1400",
        )
        at = self._occurred(seen.time or triggered)
        return told("gridloop.report.patrol.v1", self._platform.sender, seen.id, at, report)

    def _occurred(self, text: str) -> datetime:
        if not _TIME.fullmatch(text):
            raise Refused(Reason.BAD_TIME, "a time is not yyyyMMddHHmmss")
        return occurred(self._times, text, "a time")


def answer(url: str, statuses: list[tuple[str, int, str]], now: datetime) -> dict[str, object]:
    """GA/T 1400's ResponseStatusList: (id, status code, words) of each; `now` is local."""
    return {
        "ResponseStatusListObject": {
            "ResponseStatusObject": [
                {
                    "RequestURL": url,
                    "StatusCode": code,
                    "StatusString": words,
                    "Id": id,
                    "LocalTime": now.strftime("%Y%m%d%H%M%S"),
                }
                for id, code, words in statuses
            ]
        }
    }
