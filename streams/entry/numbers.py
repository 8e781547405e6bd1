"""Numbers of a file as people read them: a ticket 123 is "123", never "123.0"."""

LONGEST_EXACT = 15
"""Digits of a number that a spreadsheet keeps."""


def number_text(value: float) -> str:
    """A whole number without a decimal point, any other in its shortest form."""
    return str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
