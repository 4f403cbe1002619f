"""Starting ``codelode embed`` as a process that outlives the command: its own session, low priority, one at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode import processes
from codelode.errors import EmbedderError
from codelode.store.files import storage_errors
from codelode.store.sidecars import LOG, embeddings_folder

if TYPE_CHECKING:
    from codelode.app import Index

NICE = 10
"""Searches and builds come first."""

if sys.platform == "win32":
    _FLAGS = (
        subprocess.CREATE_NEW_PROCESS_GROUP
        | subprocess.CREATE_NO_WINDOW
        | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    )
else:
    _FLAGS = 0


def embed_in_background(index: Index, *, inline: bool) -> bool:
    """Start a job for `index` when some chunk has no vector; returns whether one runs now.

    `inline` false passes over embedders that run while a segment is built: they leave something to do only after the
    settings changed.  A job that runs already also sees what was committed just now.  Nothing that is wrong with the
    embedder is an error here: ``codelode status`` tells it."""
    if not index.settings.embed_after_index:
        return False
    try:
        embedder = index.embedder()
        wanted = embedder is not None and bool(embedder.fingerprint) and (inline or not embedder.inline)
    except EmbedderError:
        return False
    if not wanted:
        return False
    state = index.embedding_state()
    if state.embedded == state.chunks:
        return False
    if not state.job:
        _start(index.root, Path(index.location))
    return True


def _start(root: str, location: Path) -> None:
    log = embeddings_folder(location) / LOG
    with storage_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(
                # Not from the tree that is indexed (-P), which may hold modules of our names.
                [sys.executable, "-P", "-m", "codelode", "embed", "--quiet", "--no-wait", "--", root],
                # The same index, wherever this command was told that it is.
                env={**processes.environment(), "CODELODE_INDEX_DIR": str(location)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=out,
                cwd=root,
                start_new_session=True,  # of no meaning to Windows, which has flags instead
                creationflags=_FLAGS,
            )
    if sys.platform != "win32":
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
    process.returncode = 0  # nobody waits for it: Python is not to warn that it still runs
