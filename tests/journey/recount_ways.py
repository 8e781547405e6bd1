"""The lifecycles written down by hand from docs/lifecycle.md: what an act leads on from, and to."""

Way = dict[str, tuple[set[str], str]]
"""Of each act the states in which it may be done, and the state after it."""

TO_WORK: Way = {
    "dispatch": ({"dispatched", "returned"}, "dispatched"),
    "sign": ({"dispatched"}, "signed"),
    "return": ({"dispatched", "signed"}, "returned"),
    "reopen": ({"closed"}, "dispatched"),
}
FIVE_STEPS: Way = TO_WORK | {
    "handle": ({"signed"}, "handled"),
    "check": ({"handled"}, "checked"),
    "call_back": ({"handled", "checked"}, "called_back"),
    "evaluate": ({"called_back"}, "evaluated"),
    "close": ({"evaluated"}, "closed"),
}
SUPERVISION: Way = TO_WORK | {
    "handle": ({"dispatched", "signed"}, "handled"),
    "check": ({"handled"}, "checked"),
    "close": ({"handled", "checked"}, "closed"),
}

WAYS: dict[str, Way] = {
    "five_steps": FIVE_STEPS,
    "filed_steps": FIVE_STEPS
    | {
        "verify": ({"reported"}, "verified"),
        "file": ({"reported", "verified"}, "filed"),
        "dispatch": ({"filed", "dispatched", "returned"}, "dispatched"),
    },
    "supervision": SUPERVISION,
    "four_words": SUPERVISION | {"handle": ({"reported", "dispatched", "signed"}, "handled")},
    "mediation": TO_WORK
    | {
        "mediate": ({"signed"}, "handled"),
        "call_back": ({"handled"}, "called_back"),
        "close": ({"handled", "called_back"}, "closed"),
    },
    "opinion": TO_WORK
    | {
        "decide": ({"reported", "dispatched", "signed"}, "decided"),
        "close": ({"reported", "dispatched", "signed", "decided"}, "closed"),
    },
    "consultation": {
        "consult": ({"reported", "consulted"}, "consulted"),
        "decide": ({"consulted"}, "decided"),
        "close": ({"consulted", "decided"}, "closed"),
        "reopen": ({"closed"}, "consulted"),
    },
    "risk": TO_WORK
    | {
        "return": ({"dispatched", "signed", "guarded"}, "returned"),
        "guard": ({"reported", "dispatched", "signed", "guarded"}, "guarded"),
        "handle": ({"guarded"}, "handled"),
        "check": ({"handled"}, "checked"),
        "close": ({"handled", "checked"}, "closed"),
        "reopen": ({"closed"}, "guarded"),
    },
}

ANSWERS = {"verify": "passed", "mediate": "passed", "check": "passed", "call_back": "resolved"}
"""The field in which an act says yes or no."""

NO: dict[str, str] = {
    "verify": "rejected",
    "mediate": "signed",
    "check": "signed",
    "call_back": "signed",
}
"""Where a case is after a no; a risk is guarded as before."""

WAITS = {"consultation", "filed_steps"}
"""Nobody has what goes these ways until somebody says so."""

FLOWS = {"opinion", "consultation", "risk", "supervision", "volunteer"}
"""Lifecycles with figures of their own, under their own names; all others are cases."""


def flow_of(lifecycle: str) -> str:
    """The flow whose figures count it."""
    return lifecycle if lifecycle in FLOWS else "case"


def after_no(lifecycle: str, kind: str) -> str:
    """The state to which a no leads."""
    return "guarded" if (lifecycle, kind) == ("risk", "check") else NO[kind]
