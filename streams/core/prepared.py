"""Types that threads may be the first to read."""

import msgspec


def prepared(*types: object) -> None:
    """Let msgspec learn these types, and all that they are made of, now: at import, in one thread.

    It learns a type as it first meets it. Where two threads meet one at once, the second takes what
    is half learnt, and the process ends with a segmentation fault (msgspec 0.22).
    """
    for one in types:
        msgspec.json.Decoder(one)
