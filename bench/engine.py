"""The engine group: every figure codelode promises, each a row of its own.

A row is a method of `Engine` that returns its rows; `ROWS` lists them in the order they run.  Each runs alone
just as well.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import corpora, measure, peers, queries, references, subject, symbols
from bench.corpora import Corpus
from bench.measure import BenchError
from bench.queries import BROAD, FEW, Query
from bench.row import Row, row

EXACT_QUERIES = 100
FEW_FILES = 50
WORD_QUERIES = 200
COLD_QUERIES = 10
EDITED_FILES = 10


class Engine:
    """The corpora and the index the rows share, each made when the first row needs it."""

    def __init__(self, linux: Corpus, cache: Path, runs: int, quick: bool) -> None:
        self.linux = linux
        self.cache = cache
        self.runs = runs
        self.quick = quick
        self.index_dir = cache / "index-linux"
        self._metrics: dict[str, Any] | None = None

    @cached_property
    def texts(self) -> list[str]:
        return queries.source_texts(self.linux)

    @cached_property
    def ripgrep(self) -> str:
        return peers.fastest_ripgrep(self.linux.path, BROAD)

    def built(self) -> dict[str, Any]:
        """The metrics of the last full build; builds when no row has."""
        if self._metrics is None:
            _, self._metrics = subject.index(self.linux.path, self.index_dir, fresh=True)
        return self._metrics

    def _build(self, **options: Any) -> measure.ProcessRun:
        done, self._metrics = subject.index(self.linux.path, self.index_dir, fresh=True, **options)
        return done

    # building

    def full_index(self) -> list[Row]:
        runs = [self._build() for _ in range(_few(self.runs))]
        detail = {"metrics": self.built(), "cpu_s": [run.cpu_s for run in runs]}
        walls = [run.wall_s for run in runs]
        return [
            row(
                "full index (text, symbols, chunks, vectors), from nothing",
                "s",
                walls,
                target=60,
                goal=45,
                detail=detail,
            )
        ]

    def memory(self) -> list[Row]:
        run = self._build(watch_memory=True)
        if run.rss_mb is None:
            raise BenchError("this system does not list the children of a process")
        pss = f"PSS {run.pss_mb:.0f} MiB" if run.pss_mb else ""
        own = f"codelode's own count {self.built().get('peak_rss_mb')} MiB"
        detail = {"pss_mb": run.pss_mb, "wall_s": run.wall_s}
        return [
            row(
                "peak RSS of the build, summed over processes",
                "MiB",
                [run.rss_mb],
                target=1024,
                note=f"{pss}; {own}",
                detail=detail,
            )
        ]

    def size(self) -> list[Row]:
        metrics = self.built()
        size, text = corpora.folder_bytes(self.index_dir), metrics["indexed_bytes"]
        note = f"{size / 1e6:.0f} MB for {text / 1e6:.0f} MB of text in {metrics['files']} files"
        return [row("index size / indexed text", "", [size / text], target=0.8, note=note)]

    def cores(self) -> list[Row]:
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise BenchError("only one core to run on")
        one, two = _pinned(allowed[:1]), _pinned(allowed[:2])
        rounds = 1 if self.quick else 2
        times = measure.interleave(
            {"1": lambda: self._build(prefix=one).wall_s, "2": lambda: self._build(prefix=two).wall_s}, rounds
        )
        ratios = [slow / fast for slow, fast in zip(times["1"], times["2"], strict=True)]
        note = f"1 core {statistics.median(times['1']):.1f} s, 2 cores {statistics.median(times['2']):.1f} s"
        return [
            row("build pinned to 1 core / to 2", "x", ratios, target=1.8, higher_is_better=True, note=note)
        ]

    # keeping up

    def refresh(self) -> list[Row]:
        self.built()
        whole = [self._refresh_process() for _ in range(self.runs + 1)][1:]
        index = subject.open_index(self.linux.path, self.index_dir)
        inside = measure.interleave({"": lambda: measure.timed(index.refresh)}, self.runs)[""]
        return [
            row("refresh, no change (whole process)", "s", whole, target=0.6),
            row("refresh, no change (from Python)", "s", inside),
        ]

    def edits(self) -> list[Row]:
        self.built()
        self._refresh_process()
        with corpora.editable(self.linux, self.cache, EDITED_FILES) as paths:
            walls = [self._refresh_after_edits(paths, turn) for turn in range(self.runs + 1)][1:]
        self._refresh_process()
        return [row("refresh after 10 edits (whole process)", "s", walls, target=1.2)]

    def _refresh_process(self) -> float:
        return subject.index(self.linux.path, self.index_dir)[0].wall_s

    def _refresh_after_edits(self, paths: list[Path], turn: int) -> float:
        token = f"codelode_bench_edit_{os.getpid()}_{turn}"
        for path in paths:
            with path.open("ab") as file:
                file.write(f"/* {token} */\n".encode())
        wall = self._refresh_process()
        index = subject.open_index(self.linux.path, self.index_dir)
        files, _ = subject.count_matches(index, Query("edited", token))
        if files != len(paths):
            raise BenchError(f"after the refresh {files} of {len(paths)} edited files are found")
        return wall

    # answering, from Python

    def exact(self) -> list[Row]:
        """Fresh identifiers with at most 50 matching files; each asked once, so no cache of answers helps."""
        self.built()
        chosen = self._rare_identifiers()
        index = subject.open_index(self.linux.path, self.index_dir)
        self._warm_up(index)
        times = [measure.timed(lambda q=query: subject.all_matches(index, q)) * 1e3 for query in chosen]
        medians, p95 = measure.percentile(times, 50), measure.percentile(times, 95)
        rg = [self._ripgrep(query) * 1e3 for query in FEW]
        return [
            row(
                "exact query, <= 50 matching files, all matches, p50 (from Python)",
                "ms",
                [medians],
                target=5,
                peer=f"ripgrep, {len(FEW)} such queries",
                peer_value=statistics.median(rg),
                note=f"{len(times)} queries; p95 {p95:.1f} ms, max {max(times):.1f} ms",
            )
        ]

    def _rare_identifiers(self) -> list[Query]:
        index = subject.open_index(self.linux.path, self.index_dir)
        chosen = []
        for name in queries.identifiers(self.texts, 8 * EXACT_QUERIES):
            query = Query("drawn", name)
            files = subject.files_up_to(index, query, FEW_FILES)
            if files == 0:
                raise BenchError(f"{name!r} is in the tree, but not found")
            if files <= FEW_FILES:
                chosen.append(query)
            if len(chosen) == EXACT_QUERIES:
                return chosen
        raise BenchError(f"only {len(chosen)} identifiers with at most 50 matching files")

    def _warm_up(self, index: Any) -> None:
        for query in FEW:
            subject.all_matches(index, query)
            index.search(query.pattern, mode="words", limit=10)

    def broad(self) -> list[Row]:
        """All 70,000 matches of `return -EINVAL`, against ripgrep in turn (A B A B)."""
        self.built()
        index = subject.open_index(self.linux.path, self.index_dir)
        self._same_lines(index)
        contenders = {
            "rg": lambda: self._ripgrep(BROAD),
            "process": lambda: self._process(BROAD, "--no-refresh"),
            "refreshed": lambda: self._process(BROAD),
            "python": lambda: measure.timed(lambda: subject.all_matches(index, BROAD)),
        }
        times = {
            name: [value * 1e3 for value in values]
            for name, values in measure.interleave(contenders, self.runs).items()
        }
        rg = {"peer": "ripgrep", "peer_value": statistics.median(times["rg"])}
        what = "`return -EINVAL`, all matches"
        return [
            row(f"{what} (from Python)", "ms", times["python"], beat_peer=True, **rg),
            row(f"{what} (process, --no-refresh)", "ms", times["process"], beat_peer=True, **rg),
            row(f"{what} (process, with refresh)", "ms", times["refreshed"], **rg),
        ]

    def _same_lines(self, index: Any) -> None:
        files, lines = subject.count_matches(index, BROAD)
        command = peers.ripgrep_command(self._rg(), self.linux.path, BROAD)
        expected = measure.run(command).lines
        if lines != expected:
            raise BenchError(f"codelode finds {lines} lines in {files} files, ripgrep {expected} lines")

    def words(self) -> list[Row]:
        self.built()
        asked = queries.word_queries(self.texts, WORD_QUERIES)
        if len(asked) < WORD_QUERIES:
            raise BenchError(f"only {len(asked)} different queries drawn")
        halves, tails = [], []
        for _ in range(self.runs):
            index = subject.open_index(self.linux.path, self.index_dir)  # anew: answers may be cached
            self._warm_up(index)
            times = [
                measure.timed(lambda q=query, i=index: i.search(q, mode="words", limit=10)) for query in asked
            ]
            halves.append(measure.percentile(times, 50) * 1e3)
            tails.append(measure.percentile(times, 95) * 1e3)
        return [
            row(f"words query, p50 of {len(asked)} different ones (from Python)", "ms", halves, target=5),
            row(f"words query, p95 of {len(asked)} different ones (from Python)", "ms", tails, target=20),
        ]

    # answering, as a process

    def cold(self) -> list[Row]:
        self.built()
        names = queries.identifiers(self.texts, COLD_QUERIES, seed=5)
        asked = [(name, mode) for name in names for mode in ("exact", "words")]
        still, fresh = [], []
        rounds = 1 if self.quick else 3
        for name, mode in asked * rounds:
            still.append(self._search(name, mode, "--no-refresh"))
            fresh.append(self._search(name, mode))
        rg = [self._ripgrep(query) * 1e3 for query in FEW]
        peer = {"peer": "ripgrep, rare literal", "peer_value": statistics.median(rg)}
        return [
            row("`codelode search --no-refresh`, cold process, p50", "ms", still, target=200, **peer),
            row("`codelode search` with its refresh, cold process, p50", "ms", fresh, target=700, **peer),
        ]

    def _search(self, pattern: str, mode: str, *flags: str) -> float:
        command = subject.search_command(self.linux.path, pattern, mode, *flags)
        # Status 1: a drawn identifier may be one that ranked search drops.
        return measure.run(command, env=subject.environment(self.index_dir), accept=(0, 1)).wall_s * 1e3

    def _process(self, query: Query, *flags: str) -> float:
        command = subject.query_command(self.linux.path, query, *flags)
        return measure.run(command, env=subject.environment(self.index_dir)).wall_s

    def _rg(self) -> str:
        if not self.ripgrep:
            raise BenchError("ripgrep is not installed")
        return self.ripgrep

    def _ripgrep(self, query: Query) -> float:
        command = peers.ripgrep_command(self._rg(), self.linux.path, query)
        return measure.run(command, accept=(0, 1)).wall_s

    # other trees

    def small(self) -> list[Row]:
        tree = corpora.sample(self.linux, self.cache)
        index_dir = self.cache / "index-small"
        command = subject.search_command(tree.path, "allocate inode", "words")
        walls = []
        for _ in range(self.runs + 1):
            shutil.rmtree(index_dir, ignore_errors=True)
            walls.append(measure.run(command, env=subject.environment(index_dir)).wall_s)
        note = f"{tree.files} files, {tree.bytes / 1e6:.1f} MB"
        return [
            row("400 files / 9 MB, nothing to first answer (process)", "s", walls[1:], target=0.8, note=note)
        ]

    def generated_10k(self) -> list[Row]:
        return [self._generated(10_000, target=4)]

    def generated_100k(self) -> list[Row]:
        if self.quick:
            return []
        return [self._generated(100_000, target=30, goal=20)]

    def _generated(self, files: int, **bounds: float) -> Row:
        tree = corpora.generated(self.cache, files)
        corpora.warm(tree)
        index_dir = self.cache / f"index-{tree.name}"
        walls, metrics = [], {}
        for _ in range(_few(self.runs)):
            done, metrics = subject.index(tree.path, index_dir, fresh=True)
            walls.append(done.wall_s)
        if metrics["files"] < files:
            raise BenchError(f"only {metrics['files']} of {files} files are indexed")
        size = corpora.folder_bytes(index_dir)
        shutil.rmtree(index_dir)
        note = f"index / text {size / tree.bytes:.2f}"
        name = f"{files:,} generated files of 6 KB, from nothing"
        return row(name, "s", walls, note=note, detail={"metrics": metrics}, **bounds)


def _few(runs: int) -> int:
    """Runs of what takes many seconds: its spread is small beside its length."""
    return max(1, min(3, runs))


def _pinned(cores: list[int]) -> list[str]:
    """A command prefix that confines what follows to `cores` (taskset, without needing it installed)."""
    program = f"import os, sys; os.sched_setaffinity(0, {cores}); os.execv(sys.argv[1], sys.argv[1:])"
    return [sys.executable, "-c", program]


ROWS: dict[str, Callable[[Engine], list[Row]]] = {
    "index": Engine.full_index,
    "memory": Engine.memory,
    "size": Engine.size,
    "refresh": Engine.refresh,
    "edits": Engine.edits,
    "exact": Engine.exact,
    "broad": Engine.broad,
    "words": Engine.words,
    "symbols": symbols.rows,
    "references": references.rows,
    "cold": Engine.cold,
    "small": Engine.small,
    "generated-10k": Engine.generated_10k,
    "generated-100k": Engine.generated_100k,
    "cores": Engine.cores,
}
