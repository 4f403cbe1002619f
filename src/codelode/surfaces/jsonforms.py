"""An answer as JSON: one object, or an object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from codelode.model import Hit
from codelode.surfaces.formats import Format

Fields = dict[str, Any]


def pieces(
    form: Format, head: Fields, hits: Iterable[Fields], tail: Callable[[], Fields], *, streamed: bool
) -> Iterator[str]:
    """The text of an answer: its `head`, its `hits`, and its `tail`, which is asked for when all hits were given.

    `Format.JSON`: one object, with line feeds between the hits when it is `streamed`.  `Format.JSONL`: a line for each
    hit, and at last head and tail as one object."""
    if form is Format.JSONL:
        for hit in hits:
            yield json.dumps(hit) + "\n"
        yield json.dumps({**head, **tail()}) + "\n"
        return
    between, around = (",\n", "\n") if streamed else (", ", "")
    yield f'{json.dumps(head)[:-1]}, "hits": ['
    for number, hit in enumerate(hits):
        yield (between if number else around) + json.dumps(hit)
    yield f"{around}], {json.dumps(tail())[1:]}\n"


def hit_fields(hit: Hit, fate: str = "") -> Fields:
    """`hit`; with the `fate` of its lines when its file was written since the answer was made."""
    return {**hit.to_json(), "stale": True, "lines": fate} if fate else hit.to_json()


def cost(hit: Fields) -> int:
    """Characters that a hit takes, with what separates it from the next."""
    return len(json.dumps(hit)) + len(", ")


def overhead(form: Format, head: Fields, tail: Mapping[str, Any]) -> int:
    """Characters that all but the hits take."""
    return sum(map(len, pieces(form, head, (), lambda: dict(tail), streamed=False)))
