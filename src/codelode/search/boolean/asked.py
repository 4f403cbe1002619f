"""A query with what the options beside it say in other words."""

from __future__ import annotations

from dataclasses import replace

from codelode.model import Case, SearchOptions
from codelode.query.ast import NOTHING, And, Boost, CaseRule, Node, Not, Or, Query, Symbol
from codelode.search.symbolname import kind_codes
from codelode.structure.rules import KINDS

_RULES = {Case.SENSITIVE: CaseRule.YES, Case.IGNORE: CaseRule.NO}


def with_options(query: Query, options: SearchOptions) -> Query:
    """`query` as `options.case` and `options.kinds` make it.

    A rule of case in the query goes before the option.  The kinds hold for every ``sym:``; a query without one is of
    files that have a definition of such a kind, too.  Raises QueryError for an unknown kind."""
    if query.case is CaseRule.AUTO:
        query = replace(query, case=_RULES.get(options.case, CaseRule.AUTO))
    if options.kinds:
        kinds = frozenset(KINDS[code] for code in kind_codes(options.kinds))
        root = _narrowed(query.root, kinds)
        if root == query.root:
            root = And((query.root, Symbol("", kinds=kinds)))
        query = replace(query, root=root)
    return query


def _narrowed(node: Node, kinds: frozenset[str]) -> Node:
    """`node` in which definitions are of some of `kinds`."""
    if isinstance(node, Symbol):
        left = kinds & node.kinds if node.kinds else kinds
        return replace(node, kinds=left) if left else NOTHING
    if isinstance(node, And | Or):
        return type(node)(tuple(_narrowed(part, kinds) for part in node.parts))
    if isinstance(node, Not | Boost):
        return replace(node, child=_narrowed(node.child, kinds))
    return node
