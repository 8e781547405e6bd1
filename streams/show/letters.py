"""Dead letters as they are listed: refused input with reason and origin, the newest first."""

from typing import Any

from streams.show.figures import Answers
from streams.show.rates import local_text

FIELDS = (
    *("letter_id", "reason", "detail", "stage", "topic", "partition", "offset"),
    *("sender", "input_id", "place", "refused_at"),
)
_LETTERS = (
    f"SELECT {', '.join(FIELDS)} FROM dead_letters FINAL WHERE NOT withdrawn"
    " AND (%(reason)s = '' OR reason = %(reason)s)"
    " ORDER BY refused_at DESC, letter_id LIMIT %(limit)s"
)
_REASONS = (
    "SELECT reason, count() AS letters FROM dead_letters FINAL WHERE NOT withdrawn"
    " GROUP BY reason ORDER BY letters DESC, reason"
)


def letters(store: Answers, reason: str, limit: int, zone: str) -> list[dict[str, Any]]:
    """At most `limit` of them, of one reason or (empty) of any."""
    rows = store.query(_LETTERS, {"reason": reason, "limit": limit})
    said = [dict(zip(FIELDS, row, strict=True)) for row in rows]
    return [one | {"refused_at": local_text(one["refused_at"], zone)} for one in said]


def reasons(store: Answers) -> dict[str, int]:
    """How many are listed now, by reason, the most frequent first."""
    return {str(reason): int(n) for reason, n in store.query(_REASONS, {})}
