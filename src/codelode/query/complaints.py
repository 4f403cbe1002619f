"""What is said of a query that is not in the language."""

from __future__ import annotations

from collections.abc import Iterable

from codelode.errors import QuerySyntaxError


def complaint(what: str, at: int, expected: str, example: str) -> QuerySyntaxError:
    """The error for `what` is wrong at character `at` (from 0): where, what was expected, a query that is right."""
    what = " ".join(what.split())
    return QuerySyntaxError(
        f"{what} (character {at + 1} of the query); expected {expected}; for example: {example}"
    )


def nearest(name: str, known: Iterable[str], least: float = 0.6) -> str:
    """The one of `known` that is most like `name`, at least so far (`difflib`'s ratio); "" if none is."""
    import difflib  # 5 ms

    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=least)), "")
