"""Many threads that search one index at once, while others write."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from trees import comparable, fresh, settle, write_tree

from codelode.app import Index
from codelode.settings import Settings

THREADS = 64
NAMES = [f"{verb}_{noun}" for verb in ("read", "write", "retry") for noun in ("config", "packet", "user")]


def _text(number: int) -> str:
    dice = random.Random(number)
    lines = [f'"""Module {number}: how the {dice.choice(("cache", "queue", "socket"))} works."""']
    lines.append(f"from pkg.base import {', '.join(NAMES)}")
    for name in dice.sample(NAMES, 4):
        called = dice.choice(NAMES)
        lines += [
            f"def {name}_{number}(request):",
            f"    # {called} before we give up",
            f"    return {called}(request)",
        ]
    return "\n".join(lines) + "\n"


Question = tuple[str, Callable[[Index], Any]]


def _questions() -> list[Question]:
    def search(mode: str, query: str, **options: Any) -> Question:
        def ask(index: Index) -> Any:
            return comparable(index.search(query, mode=mode, limit=20, **options).hits)

        return f"{mode} {query}", ask

    found = [search("exact", name) for name in NAMES]
    found += [search("regex", rf"{name}_\d+\(") for name in NAMES]
    found += [search("words", name.replace("_", " ")) for name in NAMES]
    found += [search("hybrid", f"how is a {name.split('_')[1]} {name.split('_')[0]}") for name in NAMES]
    found += [search("semantic", f"give up on a {name.split('_')[1]}") for name in NAMES]
    found += [search("symbol", name) for name in NAMES]
    found += [search("query", f"{name} -file:f1 lang:python") for name in NAMES]
    found += [
        search("regex", r"(?<=def )\w+_config_\d", all_matches=True),
        search("auto", "retry the packet"),
    ]
    found += [
        ("symbols", lambda index: tuple(index.symbols("read_conf"))),
        ("callers", lambda index: tuple(index.callers("retry_packet", depth=2))),
        ("references", lambda index: tuple(index.references("write_user", limit=None))),
        ("outline", lambda index: tuple(index.outline("pkg/f3.py"))),
        ("similar", lambda index: comparable(index.similar("pkg/f5.py", 2))),
    ]
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {f"pkg/f{n}.py": _text(n) for n in range(60)}
    files["pkg/base.py"] = "".join(f"def {name}(request):\n    return request\n\n" for name in NAMES)
    made = write_tree(tmp_path / "tree", files)
    settle(made)
    return made


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool


def _all_at_once(
    threads: ThreadPoolExecutor, index: Index, questions: list[Question], each: int
) -> list[tuple[str, Any]]:
    """The answers of 64 threads that begin at the same moment, each with `each` questions of its own choice."""
    ready = threading.Barrier(THREADS)

    def ask(number: int) -> list[tuple[str, Any]]:
        mine = random.Random(number).sample(questions, each)
        ready.wait(30)
        return [(name, question(index)) for name, question in mine]

    asking = [threads.submit(ask, number) for number in range(THREADS)]
    return [answer for future in asking for answer in future.result(timeout=120)]


@pytest.mark.parametrize("cache_mb", [64, 0])
def test_64_threads_get_what_one_gets(
    root: Path, tmp_path: Path, threads: ThreadPoolExecutor, cache_mb: int
) -> None:
    questions = _questions()
    with fresh(root, tmp_path / "index") as alone:
        wanted = {name: question(alone) for name, question in questions}
        assert all(wanted.values()), [name for name, answer in wanted.items() if not answer]
        with Index(
            root, Settings(cache_mb=cache_mb), index_dir=alone.location
        ) as index:  # nothing is open yet
            for name, answer in _all_at_once(threads, index, questions, 6):
                assert answer == wanted[name], name
            counts = index.metrics().cache
            assert bool(counts.hits + counts.joined) == bool(cache_mb)


def test_what_is_opened_late_is_opened_once(
    root: Path, tmp_path: Path, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codelode.index.symbols import SymbolTable
    from codelode.index.terms import TermsReader
    from codelode.index.trigram import TrigramReader

    opened: list[tuple[str, Path]] = []
    for reader in (SymbolTable, TermsReader, TrigramReader):

        def counted(self: Any, path: Path, of: Any = reader.__init__, **more: Any) -> None:
            opened.append((type(self).__name__, path))
            of(self, path, **more)

        monkeypatch.setattr(reader, "__init__", counted)
    with fresh(root, tmp_path / "index", Settings(cache_mb=0)) as index:
        opened.clear()
        _all_at_once(threads, index, _questions(), 3)
        assert len(opened) == len(set(opened)) == 3


def test_a_writer_commits_while_64_threads_search(
    root: Path, tmp_path: Path, threads: ThreadPoolExecutor
) -> None:
    """Every answer is that of some commit: as many of the writer's files as there were then, all in the same state."""
    with (
        fresh(root, tmp_path / "index", Settings(slow_query_ms=1)) as index,
        Index(root, index_dir=index.location) as writer,
    ):
        done = threading.Event()
        others = _questions()

        def write() -> int:
            for commit in range(1, 4):
                write_tree(
                    root,
                    {"new/count.py": f"commits = {commit}\n", f"new/n{commit}.py": "marker_of_a_commit\n"},
                )
                writer.refresh(rebuild=commit == 2)
            done.set()
            return commit

        def ask(number: int) -> list[int]:
            dice, seen = random.Random(number), []
            while not done.is_set():
                hits = index.search("marker_of_a_commit", mode="exact", limit=50).hits
                assert len({hit.path for hit in hits}) == len(hits)
                seen.append(len(hits))
                name, question = dice.choice(others)
                assert question(index), name
            return seen

        asking = [threads.submit(ask, number) for number in range(THREADS - 1)]
        commits = threads.submit(write).result(timeout=120)
        for future in asking:
            seen = future.result(timeout=120)
            assert seen == sorted(seen), "no question is answered from before an earlier answer"
        assert len(index.search("marker_of_a_commit", mode="exact", limit=50).hits) == commits
        assert index.verify() == []
