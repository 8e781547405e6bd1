"""What the gateway does not take, told as RFC 9457 (application/problem+json)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from streams.core.refusal import Reason, Refused

MEDIA_TYPE = "application/problem+json"

STATUS = {
    Reason.TOO_LARGE: 413,
    **dict.fromkeys((Reason.EMPTY, Reason.NOT_JSON, Reason.NOT_XML, Reason.NOT_CLOUDEVENT), 400),
}
"""What cannot even be read; whatever else intake would refuse is 422."""


class Problem(Exception):
    """This request is not taken: the status, the reason as one word, and what to do about it."""

    def __init__(
        self,
        status: int,
        reason: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, object]] = (),
    ) -> None:
        super().__init__(f"{status} {reason}: {detail}")
        self.status, self.reason, self.detail = status, reason, detail
        self.headers, self.errors = dict(headers or {}), list(errors)

    def body(self) -> dict[str, object]:
        """The problem as JSON; `errors` tells of each event of a batch that is refused."""
        told: dict[str, object] = {
            "type": f"urn:gridloop:problem:{self.reason}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "reason": self.reason,
            "detail": self.detail,
        }
        return told | ({"errors": self.errors} if self.errors else {})


def refusal(why: Refused) -> Problem:
    """An input that intake would refuse, refused at once."""
    return Problem(STATUS.get(why.reason, 422), why.reason.value, why.detail)


def batch_refusal(refused: Sequence[tuple[int, Refused]]) -> Problem:
    """Events of a batch that intake would refuse, each by its place from 0."""
    errors = [{"index": at, "reason": w.reason.value, "detail": w.detail} for at, w in refused]
    return Problem(422, "invalid", "no event of the batch is taken: mend these", errors=errors)
