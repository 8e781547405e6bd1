"""The form in which texts are compared: width, case and the commonest signs make no difference."""

import unicodedata

_PUNCTUATION = tuple(zip("，！？：；（）", ",!?:;()", strict=True))


def plain(text: str) -> str:
    """The text as words are compared: NFKC (full width as half width), then casefolded."""
    # Nearly every Chinese text has these; without them it mostly is in normal form already.
    for wide, narrow in _PUNCTUATION:
        text = text.replace(wide, narrow)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return text.casefold()
