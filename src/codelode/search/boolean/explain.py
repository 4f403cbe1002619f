"""What `--explain` says of a query: its tree, its plan, and what each hit scored for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from codelode.model import Hit
from codelode.query import ast
from codelode.query.printing import print_node, print_query
from codelode.search.boolean.compile import Compiled
from codelode.search.boolean.ranking import Row


def explanation(
    query: ast.Query, compiled: Compiled, hits: Sequence[Hit], rows: Sequence[Row]
) -> dict[str, Any]:
    """`rows` are those of the hits, in their order; none where files are listed."""
    steps = [step for step in compiled.steps if step.text]
    return {
        "query": print_query(query),
        "tree": tree(query.root),
        "plan": [
            {
                "step": number,
                "atom": step.text,
                "by": step.how,
                "estimated": step.estimated,
                "checked": step.checked,
                "real": step.held,
            }
            for number, step in enumerate(steps, start=1)
        ],
        "hits": [
            {
                "path": hit.path,
                "line": hit.start_line,
                "total": round(hit.score, 4),
                "signals": {name: round(value, 4) for name, value in row.signals.items() if value},
            }
            for hit, row in zip(hits, rows, strict=False)
        ],
    }


def tree(node: ast.Node) -> Any:
    """The tree of a query: operators by name with their parts, everything else as it is written."""
    if isinstance(node, ast.And | ast.Or):
        if not node.parts:
            return "every file" if isinstance(node, ast.And) else "no file"
        return {type(node).__name__.upper(): [tree(part) for part in node.parts]}
    if isinstance(node, ast.Not):
        return {"NOT": [tree(node.child)]}
    if isinstance(node, ast.Near):
        return {f"NEAR/{node.distance}": [tree(node.left), tree(node.right)]}
    return print_node(node)
