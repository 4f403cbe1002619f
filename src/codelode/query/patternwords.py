"""The words of a pattern, for what a ranked search looks at first: most texts with a match have them."""

from __future__ import annotations

from codelode.query.syntax import Assertion, CharClass, Concat, Literal, Node, Perl, Repeat


def pattern_words(node: Node) -> list[str]:
    """The texts that every match of `node` holds, but for such ends of them as may go on: ``struct`` and ``local_``
    of ``struct\\s+local_\\w+``, nothing of ``\\w+ing``."""
    parts = node.parts if isinstance(node, Concat) else (node,)
    found: list[str] = []
    for place, part in enumerate(parts):
        inner = part.child if isinstance(part, Repeat) and part.least else part
        if isinstance(inner, Concat) and not isinstance(part, Repeat):
            found += pattern_words(inner)
        if isinstance(inner, Literal):
            before = parts[place - 1] if place else None
            after = parts[place + 1] if place + 1 < len(parts) else None
            found.append(_whole(inner.text, before, after))
    return [text for text in found if text]


def _whole(text: str, before: Node | None, after: Node | None) -> str:
    """`text` without letters at its ends that are the rest of a word, or the beginning of one."""
    start, end = 0, len(text)
    if not _parts_words(before):
        while start < end and text[start].isalnum():
            start += 1
    if not _parts_words(after):
        while end > start and text[end - 1].isalnum():
            end -= 1
    return text[start:end]


def _parts_words(node: Node | None) -> bool:
    """Whether a word ends where `node` begins: for sure, or as far as one can tell."""
    if isinstance(node, Repeat):
        node = node.child
    if isinstance(node, CharClass):
        return all(isinstance(item, Perl) and item.letter == "s" and not item.negated for item in node.items)
    return node is None or isinstance(node, Assertion)
