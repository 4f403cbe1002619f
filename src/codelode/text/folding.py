"""Case folding that moves nothing: what is found in the folded text is at the same bytes of the text itself."""

from __future__ import annotations

import re

_MOVING = re.compile(
    "[\u0130\u023a\u023e\u1e9e\u2126\u212a\u212b\u2c62\u2c64\u2c6d-\u2c70\u2c7e\u2c7f\ua78d\ua7aa-\ua7ae\ua7b0-\ua7b2\ua7c5]"
)
"""Characters whose lower case has another length in UTF-8; a test looks for more"""


def fold_in_place(text: bytes) -> bytes:
    """`text` in lower case, a character by itself; those whose lower case has another length in UTF-8 as they are."""
    if text.isascii():
        return text.lower()
    # A sigma at a word's end would become another letter than one inside.
    chars = text.decode("utf-8", "replace").replace("\u03a3", "\u03c3")
    parts = _MOVING.split(chars)
    if len(parts) == 1:
        return chars.lower().encode()
    kept = _MOVING.findall(chars)
    return "".join([part.lower() + char for part, char in zip(parts, [*kept, ""], strict=True)]).encode()
