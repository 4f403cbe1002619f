"""``codelode help``: the overview, the options of a command, and the page on the query language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from codelode.errors import UsageError
from codelode.surfaces import arguments
from codelode.surfaces.output import Output

QUERY = "query"
_PAGE = "query_syntax.md"


def give(topics: Sequence[str]) -> None:
    """Prints the help on a topic, or the overview; raises UsageError for an unknown one."""
    if len(topics) > 1:
        raise UsageError(f"unexpected {topics[1]!r}; see: codelode help")
    output = Output()
    output.write(_text(topics[0]) if topics else arguments.overview())
    output.flush()


def _text(topic: str) -> str:
    if topic == QUERY:
        return page().read_text("utf-8")
    if topic in arguments.COMMANDS:
        return arguments.parser_of(topic).format_help()
    import difflib

    close = difflib.get_close_matches(topic, [*arguments.COMMANDS, QUERY], n=1)
    hint = f"did you mean {close[0]!r}?" if close else "see: codelode help"
    raise UsageError(f"no help on {topic!r}; {hint}")


def page() -> Path:
    """The page on the query language: in a wheel beside this module, else in the repository's docs."""
    here = Path(__file__)
    packaged = here.with_name(_PAGE)
    return packaged if packaged.exists() else here.parents[3] / "docs" / _PAGE
