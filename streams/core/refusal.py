"""Refused input: the closed list of reasons; each is a metric label and a dead letter's header."""

from enum import StrEnum


class Reason(StrEnum):
    """Why an input can never pass as it stands."""

    EMPTY = "empty"  # a record without a value
    NOT_CLOUDEVENT = "not_cloudevent"  # no envelope, or a required attribute is missing
    NOT_JSON = "not_json"  # the bytes are not one JSON value in UTF-8
    NOT_XML = "not_xml"  # the bytes are not one XML document, or hold a DTD or entities
    UNKNOWN_TYPE = "unknown_type"  # no such event type, or not on this topic
    INVALID = "invalid"  # the data break the type's schema
    NO_OFFSET = "no_offset"  # a time without an offset from UTC
    BAD_TIME = "bad_time"  # a time out of range: before 1970, or far ahead of its arrival
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_CAMERA = "unknown_camera"
    UNKNOWN_CASE = "unknown_case"  # an act whose case id no home of ours could have issued
    ACT_INCOMPLETE = "act_incomplete"  # the act lacks what its kind needs
    ROUND_INCOMPLETE = "round_incomplete"  # a round that lacks what its kind or result needs
    ROUND_IMPOSSIBLE = "round_impossible"  # what its kind can never have: a failed declaration
    UNKNOWN_ACCOUNT = "unknown_account"  # points on an account that the place does not keep
    IDENTITY_REUSED = "identity_reused"  # same source and id, other bytes
    REPORT_MISSING = "report_missing"  # an act whose report has not come within the patience
    TOO_LARGE = "too_large"
    TOO_MANY_ACTS = "too_many_acts"  # more acts on one case than any case has
    ROW_UNREADABLE = "row_unreadable"  # a file's row that cannot be mapped


class Refused(Exception):
    """This input can never pass as it stands: keep it as a dead letter, go on."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
