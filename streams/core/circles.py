"""共建圈: what a circle settles by itself: who met about a case, and who shared what it cost."""

from typing import Any

from streams.core.events import Act, ActKind, Circle

CIRCLES = (
    (Circle.NEIGHBOUR, "邻里圈", "neighbours"),
    (Circle.MERCHANT, "商户圈", "merchants"),
    (Circle.UNIT, "单位圈", "units"),
)
"""Each with its names in both languages."""

WHOLE = 100.0
TOLERANCE = 0.5
"""Per cent by which shares may miss the whole: three thirds are written as 33.3."""

_TELL = frozenset({ActKind.CONSULT, ActKind.CLOSE})


def said(act: Act) -> dict[str, Any]:
    """The circle in which it was settled, and who bears what per cent; of other acts nothing."""
    if act.act not in _TELL:
        return {}
    shares = {one.payer: one.percent for one in act.shares} or None
    return {"circle": act.circle.value if act.circle else None, "shares": shares}


def wrong(act: Act) -> str | None:
    """Why the shares of a closing are none: each payer once, and together the whole."""
    if act.act not in _TELL or not act.shares:
        return None
    payers = [one.payer for one in act.shares]
    if len({*payers}) < len(payers):
        return "payer_named_twice"
    total = sum(one.percent for one in act.shares)
    return None if abs(total - WHOLE) <= TOLERANCE else "shares_not_whole"
