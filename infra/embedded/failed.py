"""The engine's refusals, by ClickHouse's own error codes."""

NOT_IMPLEMENTED = 48
SYNTAX = 62
UNKNOWN_PACKET = 99
UNKNOWN_SETTING = 115
READONLY = 164
TOO_MANY_QUERIES = 202
NO_SPACE = 243
NO_OUTFILE = 358
SESSION_LOCKED = 373
NOT_ALLOWED = 452
CANNOT_DECOMPRESS = 271
UNKNOWN = 1002
WRONG_PASSWORD = 516


class Failed(Exception):
    """A statement that was refused or went wrong; `message` is in ClickHouse's words or ours."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def text(self) -> bytes:
        """A line as a server writes it."""
        return f"Code: {self.code}. DB::Exception: {self.message}\n".encode()
