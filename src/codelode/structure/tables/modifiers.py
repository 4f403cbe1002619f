"""What several tables share: visibility that is written as a word before the definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from codelode.structure.rules import PRIVATE, PROTECTED, PUBLIC

_WORDS = {
    b"public": PUBLIC,
    b"pub": PUBLIC,
    b"open": PUBLIC,
    b"protected": PROTECTED,
    b"internal": PROTECTED,
    b"package": PROTECTED,
    b"private": PRIVATE,
    b"fileprivate": PRIVATE,
}


def worded(types: frozenset[str], otherwise: int = 0) -> Callable[[Any, bytes, bytes], int]:
    """A visibility function: the first word of visibility in children that have one of the `types`."""

    def visibility(node: Any, text: bytes, _name: bytes) -> int:
        for child in node.children:
            if child.type not in types:
                if child.is_named and not child.is_extra:
                    break
                continue
            for word in text[child.start_byte : child.end_byte].split():
                found = _WORDS.get(word.partition(b"[")[0].partition(b"(")[0])
                if found is not None:
                    return found
        return otherwise

    return visibility
