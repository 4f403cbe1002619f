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
    """`Index.refresh` with `options`, and with progress on a terminal unless `quiet`; new chunks are given to a heavy
    embedder in the background.

    Raises what that raises, and BuildInterrupted for a signal.
    """
    try:
        if quiet:
            run = index.refresh(**options)
        else:
            with TerminalProgress(sys.stderr) as progress:
                run = index.refresh(progress=progress, **options)
    except KeyboardInterrupt as exc:
        raise BuildInterrupted("stopped; the index is as it was, and the next run goes on from here") from exc
    thorough = options.get("thorough", True)
    if thorough or run.added or run.changed:
        from codelode.surfaces.background import (
            embed_in_background,
        )  # a search that changes nothing pays nothing

        if embed_in_background(index, inline=thorough):
            run.notes.append(
                f"vectors by {index.settings.embedder} are made in the background; codelode status says how many"
            )
    return run
