"""The symbol rows of the engine group: definitions by name, asked of an open index from Python.

The names are identifiers of the tree that it defines.  Prefixes are their first halves; typos a letter lost, changed
or swapped with the next; substrings lack the first two letters; humps are the first letters of the words.  Each query
is asked once, and its ten best hits are read back with their signatures.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

from bench import measure, queries, subject
from bench.measure import BenchError
from bench.row import Row, row

if TYPE_CHECKING:
    from bench.engine import Engine
    from codelode import Index

NAMES = 200
SHORTEST = 6
"""Half of a shorter name, or one with a typo, is another name."""

Change = Callable[[str, random.Random], str]


def _mistyped(name: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(name) - 1)
    return dice.choice(
        [
            name[:at] + name[at + 1 :],
            name[:at] + dice.choice("qxzj") + name[at + 1 :],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        ]
    )


def _humps(name: str, _dice: random.Random) -> str:
    first, *others = (word for word in name.split("_") if word)
    return first[0].lower() + "".join(word[0].upper() for word in others)


KINDS: dict[str, tuple[Change, float | None]] = {
    "exact": (lambda name, _: name, 2),
    "prefix": (lambda name, _: name[: len(name) // 2], 5),
    "fuzzy": (_mistyped, 20),
    "substring": (lambda name, _: name[2:], None),
    "humps": (_humps, None),
}
"""Kind -> how a name becomes a query of it, and the target in milliseconds"""


def rows(engine: Engine) -> list[Row]:
    """A row for each kind of query, on the Linux tree."""
    engine.built()
    index = subject.open_index(engine.linux.path, engine.index_dir)
    names = _defined_names(index, engine.texts)
    medians: dict[str, list[float]] = {kind: [] for kind in KINDS}
    tails: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(engine.runs):
        dice = random.Random(turn)
        for kind, (change, _) in KINDS.items():
            asked = [change(name, dice) for name in names]
            times = [measure.timed(lambda q=query: _ask(index, q)) * 1e3 for query in asked]
            medians[kind].append(measure.percentile(times, 50))
            tails[kind].append(measure.percentile(times, 95))
    return [
        row(
            f"symbol {kind}, p50 of {len(names)} queries (from Python)",
            "ms",
            medians[kind],
            target=target,
            note=f"p95 {max(tails[kind]):.1f} ms",
        )
        for kind, (_, target) in KINDS.items()
    ]


def _ask(index: Index, query: str) -> list[str]:
    return [hit.symbol for hit in index.search(query, mode="symbol", limit=10).hits]


def _defined_names(index: Index, texts: list[str]) -> list[str]:
    drawn = queries.identifiers(texts, 20 * NAMES, seed=6)
    names = [name for name in drawn if len(name) >= SHORTEST and name in _ask(index, name)]
    if len(names) < NAMES:
        raise BenchError(f"only {len(names)} of {len(drawn)} identifiers are defined in the tree")
    return names[:NAMES]
