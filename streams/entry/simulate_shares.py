"""Every number of the simulated day, and where it comes from: published, or assumed by us."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random  # noqa: TID251 - the simulator decides nothing; seeded, it repeats itself
from typing import Generic, TypeVar

from streams.core.events import ActKind, CitizenKind, Outcome, ReporterKind, Satisfaction
from streams.core.lifecycle import Answer
from streams.entry.dayfile import Channel, DayBody

T = TypeVar("T")


class Mix(Generic[T]):
    """Things and their weights; `draw` takes one."""

    __slots__ = ("_last", "_sums", "_total", "things")

    def __init__(self, pairs: Sequence[tuple[T, float]]) -> None:
        self.things = [thing for thing, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))
        self._total = self._sums[-1]
        self._last = len(pairs) - 1

    def draw(self, rng: Random) -> T:
        return self.things[min(bisect(self._sums, rng.random() * self._total), self._last)]


# --- where reports come from ----------------------------------------------------------------------
# Published by the hotline of Lianyungang for September 2020, counts of 83,218: phone 50,154,
# provincial platform 2,116, 好差评 402, mail 24; supervisors (监督员) 26,213; WeChat 3,759,
# app 401, web 104; video 45.
HOTLINE = 50_154 + 2_116 + 402 + 24
GRIDWORKER = 26_213
CITIZEN = {"mini_program": 3_759, "app": 401, "web": 104}
# 45 would be one report in two thousand: a day would show none. Assumed: one in twenty.
PATROL = round((HOTLINE + GRIDWORKER + sum(CITIZEN.values())) / 19)

# Assumed, all the rest.
LINES = {"12345": 0.995, "12355": 0.005}
STAFF = {
    ReporterKind.GRIDWORKER: 0.85,
    ReporterKind.VILLAGE_STAFF: 0.06,
    ReporterKind.INSPECTOR: 0.04,
    ReporterKind.MOBILE_PATROL: 0.03,
    ReporterKind.SUPERVISION_TEAM: 0.02,
}

USUAL = DayBody(
    channels=(
        *(Channel(source="hotline", by=by, weight=HOTLINE * n) for by, n in LINES.items()),
        *(Channel(source="gridworker", by=by, weight=GRIDWORKER * n) for by, n in STAFF.items()),
        *(Channel(source="citizen", by=by, weight=n) for by, n in CITIZEN.items()),
        Channel(source="patrol", weight=PATROL),
    )
)
"""The day of a place whose folder does not say otherwise."""

CITIZEN_KINDS = Mix(
    [
        (CitizenKind.LIVELIHOOD_REQUEST, 60),
        (CitizenKind.HAZARD, 25),
        (CitizenKind.OPINION, 15),
    ]
)
CAMERA_CLASSES = Mix([(1, 60), (2, 30), (3, 10)])

HOURS = (
    *(4, 3, 2, 2, 2, 5, 15, 35, 70, 85, 80, 60),
    *(45, 55, 75, 80, 75, 65, 50, 45, 40, 30, 18, 9),
)
"""How many of a day's reports fall in each hour: two working peaks, quiet nights."""

FALLING_OFF = 0.6
"""The n-th area, and the n-th matter, of a list gets 1 / n^0.6 of the first one's reports."""

ROUND_MIN = (10, 60)
"""Minutes that a round takes."""

SAME_DAY_H = 8
SAME_DAY = 8.0
"""A matter with a limit of at most eight hours is reported eight times as often as its place in
the list says: rubbish, stalls and parked cars are what streets see every day."""

# Of 1: how often a report is of this kind.
VAGUE = 0.06  # its words name no matter: it stays unclassified (who reports again says what)
SLOT_MISSED = 0.04  # of the slots of schedules: nobody came
CAMERA_OFFLINE = 0.03  # of the video rounds
CALL_LOST = 0.05  # of the calls at the hotline: nobody answered
CALL_LATE = 0.10  # of these: answered, but not at once
WRONG_AREA = 0.02  # its area code is in no list: it goes to the fallback area
NO_AREA = 0.02  # it has no area code at all
MATTER_GIVEN = {"gridworker": 0.5, "patrol": 0.7, "citizen": 0.1, "hotline": 0.0}
CONFIRMED = 0.7  # video findings that a person has confirmed before they are sent
NAMED = 0.6  # the requester leaves name and phone
NUMBER_IN_TEXT = 0.15  # and says the phone number in the text as well
ID_GIVEN = 0.01

# How problems are reported.
AGAIN = 0.18  # of reports: somebody else has reported the same shortly before
AGAIN_S = 1_500.0  # how shortly: while it is hardly ever closed yet
GPS_M = 7.0  # how far a device is off, in each direction, as a standard deviation
HOUSES = 120  # house numbers of a street
HOUSES_APART = 25  # numbers between two problems of one kind
POINT_GIVEN = {"gridworker": 0.95, "patrol": 1.0, "citizen": 0.8, "hotline": 0.0}
NUMBER_SAID = 0.95  # the report names the house number beside the street

# Calls at the hotline: how many a day, and in seconds how long they ring and last.
CALLS = 60
RINGS_S = (20.0, 90.0)  # before a caller gives up
ANSWERS_S = (2.0, 15.0)
ANSWERS_LATE_S = (15.5, 60.0)
TALKS_S = (30.0, 480.0)

# How records reach us.
DELAY_S = (0.2, 20.0)  # between what happened and its sending
LATE = 0.02  # sent hours later, but on the same day
LATE_S = (1_800.0, 21_600.0)
REPEATED = 0.02  # sent once more, the same bytes
REPEATED_S = (1.0, 1_800.0)

# Of the others: who looks after them, how soon, and how often there is nothing. Lai'an reviews and
# dispatches within ten minutes; Santai finds over 70 in 100 alerts to be right.
CONFIRM_S = (60.0, 600.0)
FOUND_RIGHT = 0.75

# --- how cases go on ------------------------------------------------------------------------------
VOID = 0.01
REOPENED = 0.015
STUCK = 0.06  # nobody goes on with it this day
OVERDUE = 0.25  # of cases whose limit runs out this day: of all due, about one in twenty

LIKELY: dict[tuple[ActKind, Answer], float] = {
    (ActKind.VERIFY, True): 1.0,
    (ActKind.VERIFY, False): 0.03,
    (ActKind.FILE, None): 0.3,
    (ActKind.DISPATCH, None): 0.01,
    (ActKind.SIGN, None): 1.0,
    (ActKind.RETURN, None): 0.02,  # 退单: not ours; dispatched again to another department
    (ActKind.RETURN, True): 0.02,
    (ActKind.GUARD, None): 1.0,
    (ActKind.CONSULT, None): 1.0,
    # Published: of Jianghai's 770 legislative opinions 91 were adopted; of Dongguan's 4,178 topics
    # 1,919 were put to the vote and 1,761 carried out at once, the other 498 left undecided.
    (ActKind.DECIDE, Outcome.ADOPTED): 91 / 770,
    (ActKind.DECIDE, Outcome.DECLINED): 679 / 770,
    (ActKind.DECIDE, Outcome.VOTED): 1919 / 4178,
    (ActKind.DECIDE, Outcome.IMPLEMENTED): 1761 / 4178,
    (ActKind.CLOSE, None): 498 / 4178,
    (ActKind.MEDIATE, True): 0.8,
    (ActKind.MEDIATE, False): 0.2,
    (ActKind.HANDLE, None): 1.0,
    (ActKind.CHECK, True): 1.0,
    (ActKind.CHECK, False): 0.05,
    (ActKind.CALL_BACK, True): 0.3,
    (ActKind.CALL_BACK, False): 0.01,  # the requester says it is not: back to the department
    (ActKind.EVALUATE, None): 1.0,
}
"""How likely a move is beside the others that the state of a case allows; what is not here is not
simulated. Assumed where no source is named."""

SPAN_H = (0.7, 7.0)  # from report to closing, where the limit leaves more time than that
IN_TIME = (0.25, 0.95)  # of the limit, where it runs out this day
AFTER_LIMIT_H = (0.1, 3.0)
SECOND_LIFE_H = (0.5, 4.0)  # from closing to reopening and closing again

WEIGHTS = {
    ActKind.DISPATCH: 0.5,
    ActKind.HANDLE: 6.0,
    ActKind.MEDIATE: 6.0,
    ActKind.CHECK: 1.5,
    ActKind.EVALUATE: 0.5,
    ActKind.CLOSE: 0.5,
    ActKind.REOPEN: 2.0,
}
"""How much of a life's time each act takes, before it is done: 1.0 where nothing stands here."""

# Lianyungang, the same month: 95.38 % of those called back were satisfied; the split is assumed.
SATISFACTION = Mix(
    [
        (Satisfaction.VERY_SATISFIED, 60.0),
        (Satisfaction.SATISFIED, 25.38),
        (Satisfaction.BASICALLY_SATISFIED, 10.0),
        (Satisfaction.DISSATISFIED, 3.62),
        (Satisfaction.VERY_DISSATISFIED, 1.0),
    ]
)


def one_of(things: Sequence[T], rng: Random) -> T:
    """One of several things, each as likely as the other."""
    return things[int(rng.random() * len(things))]


def whole(low: int, end: int, rng: Random) -> int:
    """A whole number, low <= n < end."""
    return low + int(rng.random() * (end - low))


def between(bounds: tuple[float, float], rng: Random) -> float:
    """A number between two bounds, evenly."""
    low, high = bounds
    return low + (high - low) * rng.random()
