"""Who may ask the engine of one home: names, passwords, rights and bounds.

`default` has all rights and no password, as ClickHouse is installed; it is taken from this machine
alone, where the broker beside it knows no users either. `writer` and `reader` have passwords that
are drawn once and kept in the home, readable by its owner only: for whatever comes through a proxy.
"""

import hmac
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import msgspec

from infra.embedded.failed import NOT_ALLOWED, WRONG_PASSWORD, Failed

FILE = "users.json"
OPEN = "default"
"""The user without a password."""
READING: Mapping[str, str] = {"do_not_merge_across_partitions_select_final": "1"}
"""What a query runs under unless it says otherwise: no row has versions in two partitions."""
READER_BOUNDS: Mapping[str, int] = {"max_execution_time": 300, "max_result_rows": 5_000_000}
"""The most that a reader may have of each: seconds of one query, rows of one result."""


class User(msgspec.Struct, frozen=True):
    """One user; `bounds` are the most that a setting of that name may be given."""

    name: str
    reads_only: bool = False
    bounds: Mapping[str, int] = {}

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """What a query of this user runs under. Raises Failed where more is asked than is due."""
        for name, most in self.bounds.items():
            if name in given and not _within(given[name], most):
                raise Failed(
                    NOT_ALLOWED,
                    f"Setting {name} of user {self.name} shouldn't be greater than {most}, nor "
                    "without end. (SETTING_CONSTRAINT_VIOLATION)",
                )
        bounds = {name: str(most) for name, most in self.bounds.items()}
        # Last: once it is set, the engine lets nothing else be set.
        own = {"readonly": "1"} if self.reads_only else {}
        return (
            {**READING, **bounds}
            | {name: value for name, value in given.items() if name not in own}
            | own
        )

    def reading(self) -> "User":
        """The same user in a request that may only read: within a reader's bounds."""
        return msgspec.structs.replace(self, reads_only=True, bounds=READER_BOUNDS)


def _within(value: str, most: int) -> bool:
    try:
        return 0 < float(value) <= most
    except ValueError:
        return False


USERS = (User(OPEN), User("writer"), User("reader", reads_only=True, bounds=READER_BOUNDS))


class Users:
    """The users of one home's engine."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._named = {user.name: user for user in USERS}

    def draw(self) -> None:
        """Draw a password for each user that has one, unless they were drawn before."""
        if self._file.exists():
            return
        drawn = {user.name: secrets.token_urlsafe(24) for user in USERS if user.name != OPEN}
        part = self._file.with_suffix(".part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(drawn), indent=2) + b"\n")
        part.rename(self._file)

    def passwords(self) -> dict[str, str]:
        """By name; `default` has none."""
        return msgspec.json.decode(self._file.read_bytes(), type=dict[str, str]) | {OPEN: ""}

    def user(self, name: str, password: str, *, near: bool = True) -> User:
        """The user of that name and password; "" is `default`, whom only this machine may be.

        `near` says whether the request is from this machine beyond doubt. Raises Failed.
        """
        name = name or OPEN
        kept = self.passwords().get(name)
        given, right = password.encode(), (kept or "").encode()
        if kept is None or not hmac.compare_digest(given, right) or (name == OPEN and not near):
            raise Failed(
                WRONG_PASSWORD,
                f"{name}: Authentication failed: password is incorrect, or there is no user with "
                f"such name. The passwords stand in {FILE} of the engine's folder; `default` has "
                "none, and is taken from this machine alone. (AUTHENTICATION_FAILED)",
            )
        return self._named[name]
