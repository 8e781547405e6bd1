"""Settings: read once from the environment's GRIDLOOP_ names, checked, frozen."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

PREFIX = "GRIDLOOP_"


class BadSetting(Exception):
    """A setting is unknown, missing or unreadable; the message names it."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where everything is.

    `home` holds the data of the embedded parts; `kafka` and `clickhouse` are host:port of real
    clusters, empty for the embedded ones; `key_file` holds the key for tokens and seals. A part
    serves its metrics on `metrics_host`: this machine alone unless said otherwise. The board
    listens on `board_port`, 0 for a free one; whoever has `board_token` may sign in there.
    """

    home: str = ".gridloop"
    kafka: str = ""
    clickhouse: str = ""
    key_file: str = ""
    data_dir: str = ""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    gateway_port: int = 8470
    board_port: int = 0
    board_token: str = ""
    cache: str = ""
    all_tools: str = ""

    @property
    def home_dir(self) -> Path:
        return Path(self.home).resolve()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings of this environment. Raises BadSetting for a name that is none of ours."""
        given = {
            name[len(PREFIX) :].lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX)
        }
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as why:
            known = ", ".join(f"{PREFIX}{f.name.upper()}" for f in msgspec.structs.fields(cls))
            raise BadSetting(f"{PREFIX}*: {why}. Known settings: {known}") from why
