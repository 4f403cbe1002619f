"""What the tests of whole indexes share: trees on disk, their answers, and other users."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import codelode
from codelode.app import Index
from codelode.ingest.read import is_racy
from codelode.model import FileStat, Hit
from codelode.settings import Settings
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG

NOBODY = 65_534
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

Answer = tuple[Any, ...]


@contextlib.contextmanager
def folder_for_all() -> Iterator[Path]:
    """A temporary folder that another user may enter and write."""
    path = Path(tempfile.mkdtemp(prefix="codelode-test-"))
    path.chmod(0o777)
    try:
        yield path
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", str(path)], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def without_privileges() -> Iterator[None]:
    """Inside it file permissions hold for this process, even when it is root's."""
    if not IS_ROOT:
        yield
        return
    _import_everything()
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@functools.cache
def _import_everything() -> None:
    """Load what codelode loads late: another user may not be able to read the Python installation."""
    for module in pkgutil.walk_packages(codelode.__path__, "codelode."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with tempfile.TemporaryDirectory() as folder:
        texts = {"a.py": b"word\n", "b": "wide".encode("utf-16"), "c": b"\xe9", "d": b"\xff\xfe\x00\xd8\x00"}
        with fresh(write_tree(Path(folder), texts), Path(folder, "index")) as index:
            answers(index, [("exact", "word"), ("regex", r"\bw\w+"), ("words", "word")])


def write_tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Create `files` (content by relative path) below `root`, and `root` itself."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def settle(root: Path) -> None:
    """Wait until no file below `root` is so new that its times cannot be trusted."""
    for folder, names, files in os.walk(root):
        for name in [*names, *files]:
            try:
                found = Path(folder, name).lstat()
            except PermissionError:
                continue  # nobody reads it either
            while is_racy(FileStat(found.st_size, found.st_mtime_ns, found.st_ctime_ns), time.time_ns()):
                time.sleep(0.01)


def comparable(hits: Sequence[Hit]) -> Answer:
    """Everything about `hits` that an answer shows."""
    return tuple(
        (hit.path, hit.start_line, hit.end_line, round(hit.score, 9), hit.language, hit.text, hit.matches)
        for hit in hits
    )


def answers(
    index: Index, queries: Sequence[tuple[str, str]], limit: int = 50
) -> dict[tuple[str, str], Answer]:
    """The answers of `index` to (mode, query) pairs: exact and regex all matches, words and symbol the best
    `limit`; the modes outline (of a path), refs and callers (of a name) stand for those questions."""
    return {(mode, query): _answer(index, mode, query, limit) for mode, query in queries}


def _answer(index: Index, mode: str, query: str, limit: int) -> Answer:
    if mode == "outline":
        return tuple(index.outline(query))
    if mode == "refs":
        return tuple(index.references(query, limit=None))
    if mode == "callers":
        return tuple(index.callers(query, depth=2))
    every = mode in ("exact", "regex")
    result = index.search(query, mode=mode, limit=limit, all_matches=every)
    assert result.stats.stale == 0, (mode, query)
    return comparable(result.hits)


def contents(location: str | Path) -> dict[bytes, tuple[int, bytes, str, str, str, bool]]:
    """size, hash, language, reason, detail and whether it is in a segment, of every path in a catalog."""
    catalog = Catalog(Path(location) / CATALOG, create=False)
    try:
        rows = catalog._db.execute(
            "SELECT path, size, hash, language, reason, detail, segment <> '' FROM files"
        ).fetchall()
    finally:
        catalog.close()
    return {
        path: (size, hashed, language, reason, detail, bool(inside))
        for path, size, hashed, language, reason, detail, inside in rows
    }


def fresh(root: Path, location: Path, settings: Settings | None = None) -> Index:
    """A new index of `root` at `location`, built from nothing."""
    shutil.rmtree(location, ignore_errors=True)
    index = Index(root, settings, index_dir=str(location))
    index.refresh()
    return index


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a codelode process whose settings, caches and git configuration are in `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CODELODE_", "XDG_", "GIT_"))
    }
    return {**kept, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), **more}


def command(*arguments: str) -> list[str]:
    """The command line of a codelode process."""
    return [sys.executable, "-m", "codelode", *arguments]


def run(*arguments: str, env: Mapping[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Run codelode to its end."""
    return subprocess.run(
        command(*arguments), env=dict(env), capture_output=True, text=True, timeout=120, check=False, **more
    )


def start(*arguments: str, env: Mapping[str, str], **more: Any) -> subprocess.Popen[str]:
    """Start codelode in a process group of its own."""
    return subprocess.Popen(
        command(*arguments),
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


def kill_group(process: subprocess.Popen[Any]) -> None:
    """End `process` and all it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()
