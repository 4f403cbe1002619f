"""Questions in the query language, drawn from a tree: of each kind many different ones, the same for the same seed.

Words come in three classes by how many of the sampled files have them, and booleans combine all of them:
`return` is in nearly every file, a local name in one.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import queries
from bench.corpora import Corpus
from bench.measure import BenchError

SEED = 17
COMMON, RARE = 0.2, 0.01
"""A word in this share of the sampled files or more is common; in less than the other one rare."""
NEAR = 5
KINDS = ("boolean of 3 words", "phrase", "NEAR", "wildcard", "fuzzy", "filtered regex")

_NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{2,30}\b")
_PHRASE = re.compile(r"\b[A-Za-z_]\w*(?: [A-Za-z_]\w*){1,3}\b")
_PLAIN = re.compile(r"\b[a-z]{5,12}\b")
_CLASSES = tuple(itertools.combinations_with_replacement(("common", "middle", "rare"), 3))
_OPERATOR = re.compile(r"and|or|not|near", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the same in zoekt's syntax where that can say it."""

    text: str
    zoekt: str = ""


@dataclass(frozen=True, slots=True)
class _Text:
    path: str
    """relative to the tree"""
    text: str
    names: dict[str, list[str]]
    """by class, each once, in order"""


def questions(corpus: Corpus, count: int, seed: int = SEED) -> dict[str, list[Asked]]:
    """`count` different questions of each kind, by kind; raises BenchError when the tree has not so many."""
    texts = _texts(corpus)
    draws: tuple[Callable[[random.Random, _Text, int], Asked | None], ...] = (
        _boolean, _phrase, _near, _wildcard, _fuzzy, _regex
    )  # fmt: skip
    return {
        kind: _draw(kind, draw, texts, count, random.Random(seed))
        for kind, draw in zip(KINDS, draws, strict=True)
    }


def _texts(corpus: Corpus) -> list[_Text]:
    paths = queries.source_paths(corpus)
    read = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    names = [list(dict.fromkeys(_NAME.findall(text))) for text in read]
    files = Counter(itertools.chain.from_iterable(names))
    found = []
    for path, text, own in zip(paths, read, names, strict=True):
        classes: dict[str, list[str]] = {"common": [], "middle": [], "rare": []}
        for name in own:
            if not _OPERATOR.fullmatch(name):
                classes[_class(files[name] / len(paths))].append(name)
        found.append(_Text(path.relative_to(corpus.path).as_posix(), text, classes))
    return found


def _class(share: float) -> str:
    return "common" if share >= COMMON else "rare" if share < RARE else "middle"


def _draw(
    kind: str,
    draw: Callable[[random.Random, _Text, int], Asked | None],
    texts: Sequence[_Text],
    count: int,
    dice: random.Random,
) -> list[Asked]:
    found: dict[str, Asked] = {}
    for turn, text in enumerate(itertools.islice(itertools.cycle(texts), 20 * count)):
        asked = draw(dice, text, turn)
        if asked:
            found.setdefault(asked.text, asked)
        if len(found) == count:
            return list(found.values())
    raise BenchError(f"only {len(found)} different questions of the kind {kind!r}")


def _boolean(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """Three words of one file, so that there is an answer, of all combinations of classes."""
    classes = _CLASSES[turn % len(_CLASSES)]
    if any(len(text.names[name]) < classes.count(name) for name in classes):
        return None
    words = [
        word for name in dict.fromkeys(classes) for word in dice.sample(text.names[name], classes.count(name))
    ]
    dice.shuffle(words)
    a, b, c = words
    shape = ("{} {} {}", "{} {} {}", "{} {} -{}", "{} ({} OR {})")[turn % 4]
    said = shape.format(a, b, c)
    return Asked(said, said.replace(" OR ", " or "))


def _phrase(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """Two to four words of a line with a space between them."""
    found = _PHRASE.findall(text.text)
    if not found:
        return None
    said = f'"{dice.choice(found)}"'
    return Asked(said, said)


def _near(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """Two words of one line."""
    lines = [line for line in text.text.splitlines() if len(set(_NAME.findall(line))) > 2]
    if not lines:
        return None
    a, b = dice.sample(list(dict.fromkeys(_NAME.findall(dice.choice(lines)))), 2)
    if _OPERATOR.fullmatch(a) or _OPERATOR.fullmatch(b):
        return None
    return Asked(f"{a} NEAR/{NEAR} {b}")


def _wildcard(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """The beginning of a name, one without its middle or its beginning, and one with a letter open."""
    names = [name for own in text.names.values() for name in own if len(name) > 7 and name.strip("_") == name]
    if not names:
        return None
    name = dice.choice(names)
    cut = dice.randint(4, len(name) - 3)
    if turn % 5 < 2:
        said = f"{name[:cut]}*"
    elif turn % 5 == 2:
        said = f"{name[: cut - 1]}*{name[-2:]}"
    elif turn % 5 == 3:
        said = f"*{name[-cut:]}"
    else:
        said = f"{name[:cut]}?{name[cut + 1 :]}"
    pattern = said.replace("*", r"\w*").replace("?", r"\w")
    return Asked(said, _quoted(rf"\b{pattern}\b"))


def _fuzzy(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """A word with one typo; every fifth a longer one with two."""
    typos = 2 if turn % 5 == 4 else 1
    words = [word for word in dict.fromkeys(_PLAIN.findall(text.text)) if len(word) > 4 * typos]
    if not words:
        return None
    word = dice.choice(words)
    for _ in range(typos):
        word = _mistyped(dice, word)
    return Asked(f"{word}~{typos}")


def _mistyped(dice: random.Random, word: str) -> str:
    at = dice.randint(1, len(word) - 2)
    letter = dice.choice("aeinorst")
    return dice.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )


def _regex(dice: random.Random, text: _Text, turn: int) -> Asked | None:
    """A regular expression for names like one of the file, in its language, folder or kind of file."""
    names = [name for own in text.names.values() for name in own]
    parts = [name.split("_") for name in names if name.count("_") >= 2 and name.strip("_") == name]
    if not parts:
        return None
    part = dice.choice(parts)
    folder = text.path.rpartition("/")[0]
    pattern, filters, zoekt = next(
        itertools.islice(_regexes(part, folder, Path(text.path).suffix[1:]), turn % 4, None)
    )
    return Asked(f"/{pattern}/ {filters}", f"{_quoted(pattern)} {zoekt or filters}")


def _quoted(pattern: str) -> str:
    """A regular expression as zoekt reads it."""
    escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _regexes(part: Sequence[str], folder: str, extension: str) -> Iterator[tuple[str, str, str]]:
    """Pattern, filters, and the filters in zoekt's syntax where that is another."""
    yield rf"{part[0]}_\w+_{part[-1]}\b", "lang:c", ""
    yield rf"{part[0]}_{part[1]}\w*\(", f"file:{folder.partition('/')[0]}/", ""
    yield rf"struct\s+{part[0]}_\w+", f"ext:{extension}", rf"file:\.{extension}$"
    yield rf"(?:{part[0]}|{part[1]})_[a-z]+_{part[-1]}", f"lang:c file:{folder}/", ""
