"""How an answer came about, in text: the parsed query, the plan, the signals of each hit, the time of each stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from codelode.model import Hit

SMALLEST = 0.005
"""Signals below it would be shown as zero, and are not shown"""

SIGNALS_TOLD = 8
"""Signals of a hit that are named, the strongest; JSON has all"""

INLINE = 80
"""Characters of a list that stands on one line"""

BAR = 30
"""Characters of the longest bar"""

ORDER = (
    "load", "refresh", "open", "parse", "encode", "filters", "candidates", "read", "match", "rank", "render",
)  # fmt: skip
"""Stages of a search, in the order in which they are shown; others come before the last"""

_Signals = dict[tuple[str, int], str]


def signals(explain: Mapping[str, Any]) -> _Signals:
    """What made each hit's score, by its path and first line."""
    found: _Signals = {}
    for row in explain.get("hits", ()):
        shares = sorted(row["signals"].items(), key=lambda share: -abs(share[1]))
        told = [f"{name} {value:.2f}" for name, value in shares if abs(value) >= SMALLEST]
        if len(told) > SIGNALS_TOLD:
            told[SIGNALS_TOLD:] = [f"{len(told) - SIGNALS_TOLD} more"]
        found[row["path"], row["line"]] = f"{row['total']:.2f} = {', '.join(told) or 'nothing'}"
    return found


def explanation(
    explain: Mapping[str, Any], hits: Iterable[Hit], shown: Callable[[str], str]
) -> Iterator[str]:
    """Lines about a whole answer: nested things as a tree, lists of rows as tables; at last the signals of `hits`, with
    their paths as they are `shown`."""
    for name, value in explain.items():
        if name != "hits":
            yield from _branch(f"{name}:", value, 0)
    told = signals(explain)
    rows = [
        {"hit": f"{shown(hit.path)}:{hit.start_line}", "score": told[hit.path, hit.start_line]}
        for hit in hits
        if (hit.path, hit.start_line) in told
    ]
    if rows:
        yield from _branch("hits:", rows, 0)


def _branch(label: str, value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, Mapping) and value:
        yield f"{indent}{label}\n"
        for name, inner in value.items():
            yield from _branch(f"{name}:", inner, depth + 1)
    elif _is_table(value):
        yield f"{indent}{label}\n"
        yield from _table(value, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        line = ", ".join(map(str, value))
        if all(isinstance(item, str | int | float) for item in value) and len(line) <= INLINE:
            yield f"{indent}{label} {line}\n"
            return
        yield f"{indent}{label}\n"
        for item in value:
            yield from _item(item, depth + 1)
    else:
        yield f"{indent}{label} {_scalar(value)}\n"


def _item(item: Any, depth: int) -> Iterator[str]:
    """A member of a list."""
    if isinstance(item, Mapping):
        for name, inner in item.items():
            yield from _branch(f"{name}:", inner, depth)
    elif isinstance(item, Sequence) and not isinstance(item, str):
        for inner in item:
            yield from _item(inner, depth + 1)
    else:
        yield f"{'  ' * depth}{_scalar(item)}\n"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value) or "nothing" if isinstance(value, str) else "nothing"  # else an empty list


def _is_table(value: Any) -> bool:
    """Whether `value` is a list of rows with the same columns, more than one of them."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return False
    first = value[0]
    return (
        isinstance(first, Mapping)
        and len(first) > 1
        and all(
            isinstance(row, Mapping)
            and row.keys() == first.keys()
            and all(cell is None or isinstance(cell, str | int | float) for cell in row.values())
            for row in value
        )
    )


def _table(rows: Sequence[Mapping[str, Any]], depth: int) -> Iterator[str]:
    """`rows` in columns; numbers stand right."""
    names = list(rows[0])
    right = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    cells = [names] + [["" if row[name] is None else _scalar(row[name]) for name in names] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        padded = [
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, right, strict=True)
        ]
        yield f"{'  ' * depth}{'  '.join(padded).rstrip()}\n"


def ordered(stages: Mapping[str, float]) -> dict[str, float]:
    """`stages` in the order of a search."""
    place = {name: index for index, name in enumerate(ORDER)}
    return dict(sorted(stages.items(), key=lambda stage: place.get(stage[0], len(ORDER) - 1.5)))


def profile(stages: Mapping[str, float], total: float, *, bars: bool) -> Iterator[str]:
    """A line for each of `stages` with its milliseconds and its share of the `total`; with `bars`, a bar too."""
    rows = dict(stages)
    rest = total - sum(stages.values())
    if rest > SMALLEST * total:
        rows["other"] = rest
    width = max(map(len, (*rows, "total")))
    longest = max(rows.values(), default=0.0)
    for name, spent in rows.items():
        share = 100 * spent / total if total else 0.0
        bar = "  " + "█" * round(BAR * spent / longest) if bars and longest else ""
        yield f"{name:<{width}}  {spent:>10,.2f} ms  {share:>5.1f} %{bar}".rstrip() + "\n"
    yield f"{'total':<{width}}  {total:>10,.2f} ms\n"
