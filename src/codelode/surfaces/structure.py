"""The commands about structure: outline, def, refs, callers, callees, impact.  Each returns an exit status."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from codelode.errors import UsageError
from codelode.model import Role
from codelode.surfaces import figures, targets, trees
from codelode.surfaces.answering import FOUND, NOTHING, filters, note, opened, print_json, print_lines
from codelode.surfaces.options import check, listed
from codelode.surfaces.output import Look
from codelode.surfaces.structure_commands import CALLER_DEPTH, CALLS, DEFINITIONS, IMPACT_DEPTH, REFERENCES

if TYPE_CHECKING:
    from codelode.app import Index
    from codelode.questions import CallEdges

NEAREST = 5
"""Names that are suggested for one that nothing has"""


def outline(options: argparse.Namespace) -> int:
    """Shows the definitions in a file or folder."""
    with opened(options, options.words) as (index, target, dress):
        ((path, _),) = target.places
        found = index.outline(os.fsdecode(path), kinds=listed(options.kind), **filters(options))
        if options.depth is not None:
            found = (symbol for symbol in found if symbol.depth < options.depth)
        first = next(found, None)  # what is wrong with the file must be found before anything is printed
        symbols = found if first is None else chain([first], found)
        if options.json:
            rows = [symbol.to_json() for symbol in symbols]
            print_json({"root": target.root, "path": os.fsdecode(path), "symbols": rows})
        else:
            print_lines(trees.outline(symbols, target.shown, dress), dress)
            if first is None:
                note(f"no definitions in {target.shown(os.fsdecode(path)) or os.curdir}")
    return NOTHING if first is None else FOUND


def definitions(options: argparse.Namespace) -> int:
    """Shows where a name is defined."""
    name, *paths = options.words
    with opened(options, paths) as (index, target, dress):
        found = index.definitions(
            name, kinds=listed(options.kind), under=target.under if paths else (), **filters(options)
        )
        chosen = found[: options.limit or DEFINITIONS]
        bodies = {place: index.source(one) for place, one in enumerate(chosen)} if options.body else {}
        if options.json:
            rows = [
                symbol.to_json() | ({"text": bodies[place]} if options.body else {})
                for place, symbol in enumerate(chosen)
            ]
            print_json({"query": name, "root": target.root, "definitions": rows, "total": len(found)})
        else:
            print_lines(trees.definitions(chosen, bodies, target.shown, dress), dress)
        if not found:
            note(_unknown(index, name))
        elif len(found) > len(chosen):
            note(f"{len(chosen)} of {figures.count(len(found), 'definition')}; -n {len(found)} shows all")
    return FOUND if found else NOTHING


def references(options: argparse.Namespace) -> int:
    """Lists the mentions of a name."""
    if options.all and (options.limit is not None or options.offset):
        raise UsageError("--all lists every reference: leave out -n and --offset")
    name, *paths = options.words
    asked = listed(options.role)
    for role in asked:
        check(role, [one.value for one in Role], "--role: unknown role")
    roles = [Role(role) for role in asked] or [role for role in Role if role not in trees.QUIET]
    limit = None if options.all else options.limit or REFERENCES
    with opened(options, paths) as (index, target, dress):
        found = index.references(
            name,
            roles=roles,
            prose=bool(asked),
            limit=limit,
            offset=options.offset,
            under=target.under if paths else (),
            **filters(options),
        )
        listed_so_far = 0

        def counted() -> Iterator[Any]:
            nonlocal listed_so_far
            for listed_so_far, reference in enumerate(found, start=1):  # noqa: B007
                yield reference

        if options.json:
            head = {"query": name, "root": target.root, "references": [one.to_json() for one in counted()]}
            counts = {role.value: number for role, number in found.roles.items()}
            tail = {"roles": counts, "total": found.total, "more": found.more, "stats": found.stats.to_json()}
            print_json(head | tail)
        else:
            print_lines(trees.references(counted(), target.shown, dress), dress)
        quiet = {role: found.roles[role] for role in trees.QUIET} | {Role.TEXT: found.in_prose}
        if not found.roles:
            note(_unknown(index, name))
        elif dress.terminal or found.more or (any(quiet.values()) and not asked):
            command = f"codelode refs {name}"
            note(
                trees.mentioned(
                    listed_so_far, found.total, found.more, options.offset, {} if asked else quiet, command
                )
            )
    return FOUND if listed_so_far else NOTHING


def callers(options: argparse.Namespace) -> int:
    """Shows who calls what has a name."""
    name, *paths = options.words
    with opened(options, paths) as (index, target, dress):
        calls = index.callers(
            name,
            depth=options.depth or CALLER_DEPTH,
            limit=options.limit or CALLS,
            under=target.under if paths else (),
            **filters(options),
        )
        return _calls(name, calls, trees.callers, index, target, dress, options)


def callees(options: argparse.Namespace) -> int:
    """Shows what is called in what has a name."""
    name, *paths = options.words
    with opened(options, paths) as (index, target, dress):
        calls = index.callees(name, limit=options.limit or CALLS)
        return _calls(name, calls, trees.callees, index, target, dress, options)


def impact(options: argparse.Namespace) -> int:
    """Shows who is affected by a change of what has a name, or of a file."""
    name, *paths = options.words
    real = os.path.realpath(name)
    is_file = os.path.isfile(real)  # noqa: PTH113
    if is_file and not paths and not real.startswith(os.path.join(os.path.realpath(os.curdir), "")):  # noqa: PTH118
        paths = [os.path.dirname(name)]  # noqa: PTH120
    with opened(options, paths) as (index, target, dress):
        calls = index.impact(
            os.path.relpath(real, target.root).replace(os.sep, "/") if is_file else name,
            depth=options.depth or IMPACT_DEPTH,
            limit=options.limit or CALLS,
            under=target.under if paths else (),
            **filters(options),
        )
        return _calls(name, calls, trees.callers, index, target, dress, options)


def _calls(
    name: str,
    calls: CallEdges,
    draw: Any,
    index: Index,
    target: targets.Target,
    dress: Look,
    options: argparse.Namespace,
) -> int:
    """Prints calls as a tree."""
    if options.json:
        print_json(
            {
                "query": name,
                "root": target.root,
                "definitions": [symbol.to_json() for symbol in calls.definitions],
                "calls": [edge.to_json() for edge in calls],
                "stats": calls.stats.to_json(),
            }
        )
    else:
        print_lines(draw(calls.definitions, calls.edges, target.shown, dress), dress)
    if not calls.definitions:
        note(f"{_unknown(index, name)}; codelode refs {name} lists where it is mentioned")
    elif calls.stats.partial:
        note(f"the first {figures.count(len(calls), 'call')}; there are more: -n {10 * len(calls)}")
    elif not len(calls):
        note(f"no calls found ({figures.count(len(calls.definitions), 'definition')} of {name})")
    return FOUND if len(calls) else NOTHING


def _unknown(index: Index, name: str) -> str:
    """That nothing has this name, and what does have a similar one."""
    near = dict.fromkeys(symbol.qualified for symbol in index.symbols(name, limit=NEAREST))
    near.pop(name, None)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    return f"nothing here is called {name}{hint}"
