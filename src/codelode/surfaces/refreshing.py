"""Bringing an index up to date under the eyes of the user, as every command does that needs a fresh one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from codelode.errors import BuildInterrupted
from codelode.surfaces.progress import TerminalProgress

if TYPE_CHECKING:
    from codelode.app import Index
    from codelode.ingest.report import RunReport


def refresh(index: Index, *, quiet: bool = False, **options: Any) -> RunReport:
    """`Index.refresh` with `options`, and with progress on a terminal unless `quiet`.

    Raises what that raises, and BuildInterrupted for a signal.
    """
    try:
        if quiet:
            return index.refresh(**options)
        with TerminalProgress(sys.stderr) as progress:
            return index.refresh(progress=progress, **options)
    except KeyboardInterrupt as exc:
        raise BuildInterrupted("stopped; the index is as it was, and the next run goes on from here") from exc
