"""Answers about structure as text: outlines, definitions, references, trees of calls.  Pure: values in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from codelode.model import Edge, Reference, Role, Symbol
from codelode.surfaces import figures
from codelode.surfaces.output import Look
from codelode.surfaces.render import DIM, LONGEST_LINE, MATCH, NUMBER, PATH, Shown

LONGEST_SIGNATURE = 120
"""Characters of a signature in a tree"""

QUIET = (Role.COMMENT, Role.STRING)
"""Roles that are counted, but listed only when asked for"""

_QUIET_NOUNS = {Role.COMMENT: "comment", Role.STRING: "string", Role.TEXT: "mention"}
_WHERE = {Role.TEXT: " in prose"}

OTHERS_SHOWN = 3
"""Other definitions of a name that a call may mean"""

_SPAN, _KIND, _ROLE = 11, 9, 10
"""Widths of columns"""

_Key = tuple[str, str, int]


def outline(symbols: Iterable[Symbol], shown: Shown, look: Look) -> Iterator[str]:
    """Each file's path, and below it its definitions: lines, kind, signature, indented as they are nested."""
    for number, (path, inside) in enumerate(groupby(symbols, key=lambda symbol: symbol.path)):
        if number:
            yield "\n"
        yield f"{look.paint(PATH, look.clean(shown(path)))}\n"
        for symbol in inside:
            lines = f"{symbol.start_line}-{symbol.end_line}"
            indent = "  " * symbol.depth
            kind = look.paint(DIM, f"{symbol.kind:<{_KIND}}")
            yield f"{look.paint(NUMBER, f'{lines:>{_SPAN}}')}  {kind}  {indent}{_signature(symbol, look)}\n"


def definitions(
    symbols: Iterable[Symbol], bodies: Mapping[int, str], shown: Shown, look: Look
) -> Iterator[str]:
    """``path:line: kind  signature`` and the first line of the documentation; with the source, where `bodies` has
    it (by place in `symbols`)."""
    for number, symbol in enumerate(symbols):
        if number and bodies:
            yield "\n"
        yield f"{_definition(symbol, shown, look)}\n"
        if number in bodies:
            yield from (f"{look.clean(line)}\n" for line in bodies[number].split("\n"))
        elif symbol.doc:
            yield f"    {look.paint(DIM, look.clean(symbol.doc.splitlines()[0]))}\n"


def references(found: Iterable[Reference], shown: Shown, look: Look) -> Iterator[str]:
    """A line each: its role and text.  On a terminal grouped by file, in a pipe each with its path."""
    for number, (path, mentions) in enumerate(groupby(found, key=lambda one: one.path)):
        place = look.paint(PATH, look.clean(shown(path)))
        if look.terminal:
            yield f"{place}\n" if not number else f"\n{place}\n"
        for one in mentions:
            line = look.paint(NUMBER, str(one.line))
            role = look.paint(DIM, f"{one.role.value:<{_ROLE}}")
            prefix = f"{line}:" if look.terminal else f"{place}:{line}:"
            yield f"{prefix} {role}  {_source(one.text, look)}\n"


def mentioned(
    shown: int, total: int, more: bool, offset: int, quiet: Mapping[Role, int], command: str
) -> str:
    """What follows the references: how many there are, and what was not listed."""
    line = figures.count(shown, "reference")
    if more:
        line += f" of about {total:,} mentions in all; more with --offset {offset + shown} or --all"
    left = [
        figures.count(number, _QUIET_NOUNS[role]) + _WHERE.get(role, "")
        for role, number in quiet.items()
        if number
    ]
    if left:
        listed = ",".join(role.value for role, number in quiet.items() if number)
        so_far = " so far" if more else ""
        line += f"; not listed{so_far}: {' and '.join(left)} ({command} --role {listed} lists them)"
    return line


def callers(asked: Sequence[Symbol], edges: Sequence[Edge], shown: Shown, look: Look) -> Iterator[str]:
    """Below each definition the calls of it, below each of those the calls of its caller."""
    by_callee: dict[_Key, list[Edge]] = {}
    for edge in edges:
        if edge.callee is not None:
            by_callee.setdefault(_key(edge.callee), []).append(edge)
    expanded: set[_Key] = set()
    told: set[tuple[_Key, ...]] = set()

    def below(callee: Symbol, depth: int) -> Iterator[str]:
        expanded.add(_key(callee))
        for edge in by_callee.get(_key(callee), ()):
            holder = look.clean(edge.caller.qualified) if edge.caller else "(top of the file)"
            yield _call(edge, holder, depth, shown, look, told)
            if edge.caller is not None and _key(edge.caller) not in expanded:
                yield from below(edge.caller, depth + 1)

    for symbol in asked:
        if _key(symbol) in by_callee:
            yield f"{_definition(symbol, shown, look)}\n"
            yield from below(symbol, 1)


def callees(asked: Sequence[Symbol], edges: Sequence[Edge], shown: Shown, look: Look) -> Iterator[str]:
    """Below each definition the calls in it, with the place of what is called; those of what is defined elsewhere
    by name only."""
    told: set[tuple[_Key, ...]] = set()
    for symbol in asked:
        inside = [
            edge
            for edge in edges
            if edge.path == symbol.path and symbol.start_line <= edge.line <= symbol.end_line
        ]
        if inside:
            yield f"{_definition(symbol, shown, look)}\n"
        for edge in inside:
            if edge.callee is not None:
                label = f"{edge.callee.qualified} ({shown(edge.callee.path)}:{edge.callee.line})"
                yield _call(edge, look.clean(label), 1, shown, look, told)
        elsewhere = dict.fromkeys(edge.callee_name for edge in inside if edge.callee is None)
        if elsewhere:
            yield f"  not defined here: {look.clean(', '.join(elsewhere))}\n"


def _call(edge: Edge, label: str, depth: int, shown: Shown, look: Look, told: set[tuple[_Key, ...]]) -> str:
    """A call on one line; where its other candidates are is said once, by those `told`."""
    place = f"{look.paint(PATH, look.clean(shown(edge.path)))}:{look.paint(NUMBER, str(edge.line))}"
    line = f"{'  ' * depth}{place}: {look.paint(MATCH, label)}  {_source(edge.text, look)}"
    others = edge.candidates[1:]
    if others:
        note = f"one of {len(edge.candidates)} definitions, by {edge.why}"
        key = tuple(map(_key, edge.candidates))
        if key not in told:
            told.add(key)
            named = [f"{shown(one.path)}:{one.line}" for one in others[:OTHERS_SHOWN]]
            note += f"; also {', '.join(named)}{', ...' if len(others) > OTHERS_SHOWN else ''}"
        line += f"  {look.paint(DIM, look.clean(f'[{note}]'))}"
    return f"{line}\n"


def _definition(symbol: Symbol, shown: Shown, look: Look) -> str:
    place = f"{look.paint(PATH, look.clean(shown(symbol.path)))}:{look.paint(NUMBER, str(symbol.line))}"
    kind = f"{symbol.kind} of {symbol.parent}" if symbol.parent else symbol.kind
    return f"{place}: {look.paint(DIM, look.clean(kind))}  {_signature(symbol, look)}"


def _signature(symbol: Symbol, look: Look) -> str:
    text = (symbol.signature or symbol.name).replace("( ", "(").replace(", )", ")")
    if len(text) > LONGEST_SIGNATURE:
        text = text[: LONGEST_SIGNATURE - 1] + "…"
    before, name, after = text.partition(symbol.name)
    return f"{look.clean(before)}{look.paint(MATCH, look.clean(name))}{look.clean(after)}"


def _source(line: str, look: Look) -> str:
    text = line.strip()
    return look.clean(text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…")


def _key(symbol: Symbol) -> _Key:
    return symbol.path, symbol.qualified, symbol.line
