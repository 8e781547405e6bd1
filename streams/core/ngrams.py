"""From a text to the runs of letters by which a model knows it: the same in training and in use.

What marks a person or a place by number is left out before: digits, and the tokens that stand for
personal data.
"""

import re
from collections.abc import Iterable
from operator import add

from streams.core.plain import plain

_LEFT_OUT = re.compile(r"〔[^〔〕]*〕|[\s\d]+")


def letters(text: str) -> str:
    """The text in plain form, without digits, white space and tokens."""
    return _LEFT_OUT.sub("", plain(text))


def runs(text: str, longest: int) -> list[str]:
    """Every run of 1 to `longest` letters, as often as it stands there, the short ones first."""
    last = found = list(text)
    for length in range(1, longest):
        last = list(map(add, last, text[length:]))
        found = found + last
    return found


def runs_of(texts: Iterable[str], longest: int) -> list[str]:
    """The runs of several texts; none of them reaches from one text into another."""
    return [run for text in texts for run in runs(text, longest)]
