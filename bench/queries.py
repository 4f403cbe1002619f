"""What is asked: the fixed queries all tools answer, and words drawn from the corpus itself."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.corpora import Corpus, walk


@dataclass(frozen=True, slots=True)
class Query:
    """A case-sensitive search for every match."""

    name: str
    pattern: str
    literal: bool = True


BROAD = Query("literal, 13,000 files", "return -EINVAL")
# In brackets: files with a match in linux-source-6.1.
FEW = (
    Query("literal, 7 files", "sched_domain_topology"),
    Query("literal, 11 files", "folio_add_lru"),
    Query("literal, 24 files", "EXPORT_SYMBOL_GPL(kvm_"),
    Query("literal, 29 files", "kmem_cache_alloc_node"),
)
SHARED = (
    *FEW,
    Query("literal, 1,200 files", "copy_from_user"),
    BROAD,
    Query("regex, 3 files", r"kvm_[a-z]+_intercept", literal=False),
    Query("regex, 53 files", r"rcu_read_(un)?lock_bh", literal=False),
    Query("regex, 740 files", r"(kmalloc|kzalloc)\([^,]+, GFP_ATOMIC\)", literal=False),
    Query("regex, 2,300 files", r"static int [a-z_]+_probe\(struct platform_device", literal=False),
    Query("regex, 14,500 files", r"E(PERM|ACCES|INVAL);$", literal=False),
)

_IDENTIFIER = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{5,40}\b")
_COMMENT = re.compile(r"^\s*(?:/\*+|\*|//|#)\s+(.{20,})", re.MULTILINE)
_PROSE = re.compile(r"\b[a-z]{4,15}\b")
_SUMMARY = re.compile(r"^/\*\*\n \* \w+(?:\(\))?\s*[-:]\s+(\S.*)", re.MULTILINE)
"""What a kernel-doc comment says its function does"""
_HELP = re.compile(r"^\s*(?:---)?help(?:---)?\n((?:[ \t]+\S.*\n)+)", re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.:;])\s")
PLAIN_WORDS = range(4, 25)
"""How many words a plain question has"""
SAMPLED_FILES = 400


def source_paths(corpus: Corpus, seed: int = 2) -> list[Path]:
    """400 source files of `corpus`, drawn deterministically."""
    paths = [Path(entry.path) for entry in walk(corpus.path) if entry.name.endswith((".c", ".h"))]
    return random.Random(seed).sample(paths, min(SAMPLED_FILES, len(paths)))


def source_texts(corpus: Corpus, seed: int = 2) -> list[str]:
    """Their texts."""
    return [path.read_text(encoding="utf-8", errors="replace") for path in source_paths(corpus, seed)]


def identifiers(texts: list[str], count: int, seed: int = 3) -> list[str]:
    """Up to `count` different identifiers, one from a text at a time, so that all texts have a say."""
    dice = random.Random(seed)
    found: dict[str, None] = {}
    for text in _round_robin(texts, count):
        names = _IDENTIFIER.findall(text)
        if names:
            found[dice.choice(names)] = None
        if len(found) == count:
            break
    return list(found)


def word_queries(texts: list[str], count: int, seed: int = 4) -> list[str]:
    """Up to `count` different ranked queries: identifiers (2 of 5), and two or three words of one comment."""
    dice = random.Random(seed)
    found: dict[str, None] = {}
    for turn, text in enumerate(_round_robin(texts, count)):
        query = _one_identifier(dice, text) if turn % 5 < 2 else _some_prose(dice, text, 2 + turn % 2)
        if query:
            found[query] = None
        if len(found) == count:
            break
    return list(found)


def plain_queries(corpus: Corpus, count: int, seed: int = 6) -> list[str]:
    """Up to `count` different questions in plain language: half say what a function does (the first kernel-doc
    summary of a source file), half what an option is for (the first sentence of a Kconfig file's first help)."""
    paths = [entry.path for entry in walk(corpus.path)]
    random.Random(seed).shuffle(paths)
    sources = (path for path in paths if path.endswith((".c", ".h")))
    options = (path for path in paths if Path(path).name.startswith("Kconfig"))
    half = count // 2
    return list(dict.fromkeys([*_plain(sources, _SUMMARY, count - half), *_plain(options, _HELP, half)]))


def _round_robin(texts: list[str], count: int) -> list[str]:
    """`texts` over and over: enough draws for `count` different ones even when most repeat."""
    if not texts:
        return []
    return texts * (10 * count // len(texts) + 1)


def _one_identifier(dice: random.Random, text: str) -> str:
    names = _IDENTIFIER.findall(text)
    return dice.choice(names) if names else ""


def _some_prose(dice: random.Random, text: str, count: int) -> str:
    comments = _COMMENT.findall(text)
    if not comments:
        return ""
    words = list(dict.fromkeys(_PROSE.findall(dice.choice(comments))))
    return " ".join(dice.sample(words, count)) if len(words) >= count else ""


def _plain(paths: Iterable[str], pattern: re.Pattern[str], count: int) -> list[str]:
    """The first sentence of the first match in each file, where it has as many words as a question has."""
    found: dict[str, None] = {}
    for path in paths:
        match = pattern.search(Path(path).read_text(encoding="utf-8", errors="replace"))
        sentence = _SENTENCE_END.split(" ".join(match[1].split()))[0] if match else ""
        if len(_PROSE.findall(sentence)) >= 2 and len(sentence.split()) in PLAIN_WORDS:
            found[sentence] = None
        if len(found) == count:
            break
    return list(found)
