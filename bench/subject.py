"""How codelode itself is started and asked: the one place that knows its flags and its Python names."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import measure
from bench.queries import Query

if TYPE_CHECKING:
    from codelode import Index


# Debian's Linux tree carries a .gitignore that ignores the whole tree (`/*`, for the packagers' own
# repository), so neither codelode nor any peer obeys ignore rules here: all see the same 78,579 files.
OBEY_IGNORE_FILES = {"CODELODE_IGNORE_FILES": "false"}


def command(*arguments: str) -> list[str]:
    """codelode's command line, run by the Python that runs the benchmark."""
    script = shutil.which("codelode", path=str(Path(sys.executable).parent))
    return [script, *arguments] if script else [sys.executable, "-m", "codelode", *arguments]


def environment(index_dir: Path) -> dict[str, str]:
    """What is added to the environment so that the index lies in `index_dir`."""
    return {"CODELODE_INDEX_DIR": str(index_dir), **OBEY_IGNORE_FILES}


def index(
    tree: Path,
    index_dir: Path,
    *flags: str,
    fresh: bool = False,
    prefix: Iterable[str] = (),
    watch_memory: bool = False,
) -> tuple[measure.ProcessRun, dict[str, Any]]:
    """Runs `codelode index`; `fresh` removes the old index first (not timed).  Returns it and its metrics."""
    if fresh:
        shutil.rmtree(index_dir, ignore_errors=True)
    done = measure.run(
        [*prefix, *command("index", str(tree), "--json", *flags)],
        env=environment(index_dir),
        keep=True,
        watch_memory=watch_memory,
    )
    return done, json.loads(done.out)


def search_command(tree: Path, pattern: str, mode: str, *flags: str) -> list[str]:
    return command("search", "--mode", mode, *flags, "--", pattern, str(tree))


def query_command(tree: Path, query: Query, *flags: str) -> list[str]:
    """Every match of `query` on standard output, case-sensitive as the peers are."""
    mode = "exact" if query.literal else "regex"
    return search_command(tree, query.pattern, mode, "--all", "--case", "sensitive", *flags)


def open_index(tree: Path, index_dir: Path, *, cache_mb: int = 0) -> Index:
    """The index from Python, as a living process (an editor, an agent's server) would hold it; without its cache of
    answers, unless that is what is measured."""
    from codelode import Index

    os.environ.update({**OBEY_IGNORE_FILES, "CODELODE_CACHE_MB": str(cache_mb)})
    return Index(str(tree), index_dir=str(index_dir))


def count_matches(index: Index, query: Query) -> tuple[int, int]:
    """(files, lines) with a match, all of them streamed."""
    mode = "exact" if query.literal else "regex"
    files, lines = set(), set()
    for hit in index.stream(query.pattern, mode=mode, case="sensitive"):
        files.add(hit.path)
        lines.update((hit.path, match.line) for match in hit.matches)
    return len(files), len(lines)


def files_up_to(index: Index, query: Query, most: int) -> int:
    """Files with a match; stops counting above `most`."""
    mode = "exact" if query.literal else "regex"
    files = set()
    for hit in index.stream(query.pattern, mode=mode, case="sensitive"):
        files.add(hit.path)
        if len(files) > most:
            break
    return len(files)


def all_matches(index: Index, query: Query) -> int:
    """Streams every match, as `count_matches` without its bookkeeping; returns the number of hits."""
    mode = "exact" if query.literal else "regex"
    return sum(1 for _ in index.stream(query.pattern, mode=mode, case="sensitive"))
