"""Case folding that moves nothing: what is found in the folded text is at the same bytes of the text itself."""

from __future__ import annotations


def fold_in_place(text: bytes) -> bytes:
    """`text` in lower case, characters whose lower case has another length in UTF-8 left as they are."""
    if text.isascii():
        return text.lower()
    chars = text.decode("utf-8", "replace")
    lowered = chars.replace("\u03a3", "\u03c3").lower()  # else a sigma at a word's end becomes another letter
    folded = lowered.encode()
    if len(folded) == len(text) and len(lowered) == len(chars):
        return folded
    out = []
    for char in chars:
        lower = char.lower()
        out.append(lower if len(lower.encode()) == len(char.encode()) else char)
    return "".join(out).encode()
