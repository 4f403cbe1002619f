"""Starting this Python again, for a process of our own."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command(module: str) -> list[str]:
    """What runs ``main()`` of `module` in a process of its own, to be started with `environment`.

    Not through multiprocessing: the caller's ``__main__`` is never imported again, so a script without an import
    guard can use the library.  And never from the current folder (-P): a tree that is searched may hold a
    ``numpy.py``.
    """
    return [sys.executable, "-P", "-c", f"from {module} import main; main()"]


def environment() -> dict[str, str]:
    """The environment of this process, in which this package is found, wherever it was imported from."""
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
