"""What ends a command: a check that failed, or a use that cannot be right."""


class CheckFailed(Exception):
    """A check of the command's own did not hold; the message says which."""


class WrongUse(Exception):
    """The command cannot do what was asked; the message says what to write instead."""
