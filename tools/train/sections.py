"""Pairs from the documentation of a repository: what a section is about, for its text."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from tools.train.comments import plain_words, sentences
from tools.train.mining import SECTION, Pair, plain
from tools.train.repositories import read_blobs

from codelode.text.decode import decode
from codelode.text.subwords import path_text

MOST_FILES = 800
FILE_BYTES = 400_000
LEAST, LARGEST = 200, 1800
"""Bytes of a section's text; what is longer is cut off, as a chunk would be."""

FIRST_NUMBER = 10_000_000
"""Numbers of files and chunks start here: source has the smaller ones."""

_SUFFIXES = (".md", ".mdx", ".rst", ".adoc", ".markdown")
_ASIDE = re.compile(
    r"change|history|release|news|licen|contribut|conduct|security|vendor|node_modules|third_party|zh|_cn|\.cn|i18n|"
    r"translat|(?:^|/)(?:ja|ko|fr|de|es|pt|ru)(?:[-_/]|$)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    rb"(?m)^(?:#{1,5}[ \t]+(.+?)[ \t#]*\n|={1,5}[ \t]+(.+)\n|([^\n]{3,100})\n[=\-~^\"']{3,}[ \t]*\n)"
)
_MARKUP = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|:\w+:`~?([^`<]+)[^`]*`|<[^>]+>")
_NO_PROSE = ("```", "|", "    ", "..", "<", "-", "*")
"""How paragraphs begin that are lists, tables, code or markup."""


def section_pairs(mirror: Path, files: dict[str, bytes], chance: random.Random) -> Iterator[Pair]:
    """Headings and first sentences of sections, for the text below them; of `files` (object name by path)."""
    order = sorted(path for path in files if path.lower().endswith(_SUFFIXES) and not _ASIDE.search(path))
    chance.shuffle(order)
    order = order[:MOST_FILES]
    number = FIRST_NUMBER
    contents = read_blobs(mirror, [files[path] for path in order])
    for file, (path, data) in enumerate(zip(order, contents, strict=True), FIRST_NUMBER):
        text = decode(data) if data is not None and len(data) < FILE_BYTES else None
        if not isinstance(text, bytes):
            continue
        path_words = path_text(path)
        for title, name, body in sections(text):
            number += 1
            heading = _bare(name.decode("utf-8", "replace"))
            if plain_words(heading, 2):
                asked = (
                    heading
                    if title == name or chance.random() < 0.5
                    else f"{_bare(title.decode())} {heading}"
                )
                shown = path_words if chance.random() < 0.5 else b""
                yield Pair(SECTION, plain(asked.encode()), plain(body), shown, file, number)
            said, rest = _opening(body.decode("utf-8", "replace"))
            if said:
                shown = path_words if chance.random() < 0.5 else b""
                yield Pair(SECTION, plain(said.encode()), plain(rest.encode()), shown, file, number)


def sections(text: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(heading of the text, heading of the section, what stands below it) of each section that is long enough."""
    heads = list(_HEADING.finditer(text))
    names = [next(filter(None, head.groups()), b"") for head in heads]
    ends = [*(head.start() for head in heads[1:]), len(text)]
    for head, name, end in zip(heads, names, ends, strict=True):
        body = text[head.end() : end].strip()[:LARGEST]
        if len(body) >= LEAST:
            yield names[0], name, body


def _bare(text: str) -> str:
    return _MARKUP.sub(lambda found: found[1] or found[2] or " ", text)


def _opening(body: str) -> tuple[str, str]:
    """The first sentence of a section and what comes after it; empty when that is too little, or no prose."""
    first = body.split("\n\n", 1)[0]
    if len(first) > 3 * LEAST or first.startswith(_NO_PROSE):
        return "", ""
    said = sentences(_bare(first), 5)[:1]
    rest = body[len(first) :]
    return (said[0], rest) if said and len(rest) >= LEAST else ("", "")
