"""One run of the only writer: scan, plan, build, publish, merge."""

from __future__ import annotations

import gc
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.ingest import adopt
from codelode.ingest.blackbox import BlackBox
from codelode.ingest.build import BuildOptions, SegmentBuilder, SegmentResult, WorkItem
from codelode.ingest.gitrepo import enclosing_repository
from codelode.ingest.plan import OldRow, Plan, SegmentLoad, choose_merges, compare, cut_batches
from codelode.ingest.pool import WorkerPool
from codelode.ingest.read import Content, read_file
from codelode.ingest.report import Progress, RunReport, no_progress, peak_of_this_process, resident_sum
from codelode.ingest.scan import ScanResult, scan
from codelode.model import SkipReason
from codelode.settings import MIB, Settings
from codelode.store.catalog import Catalog, Change, FileRow, SegmentRow
from codelode.store.files import CATALOG, LOCK, SEGMENTS, collect, storage_errors
from codelode.store.format import ANALYSIS_VERSION
from codelode.store.lock import BuildLock
from codelode.store.sidecars import collect_sidecars
from codelode.structure.grammars import changed_grammars, grammar_version

PARALLEL_BYTES = 24 * MIB
"""Below this much source, starting workers (0.25 s of imports each) costs more than they save."""

PARALLEL_FILES = 4_000
"""A scan that has found this many files of a new index starts the workers while it goes on."""

QUICK_MERGE_BYTES = 4 * MIB
"""What a refresh before a search may rewrite (0.1 s); `codelode index` merges whatever the policy wants."""


def refresh(
    root: str,
    location: Path,
    settings: Settings,
    *,
    rebuild: bool = False,
    wait: bool = True,
    thorough: bool = True,
    progress: Progress | None = None,
) -> RunReport:
    """Bring the index at `location` up to date with the tree at `root` and return what was done.

    `thorough` merges all that the policy wants, else only what costs a moment.  Raises RootError,
    IndexLockedError (`wait` false and another builder at work), StorageError, CorruptIndexError and
    IndexFormatError (both cured by `rebuild`).  However it ends, readers see the last commit.
    """
    tell = progress or no_progress

    def waiting(holder: str) -> None:
        tell("wait", int(holder) if holder.isdecimal() else 0, 0, 0, 0)

    with BuildLock(location / LOCK, wait=wait, waiting=waiting), _collector_paused():
        _make_folders(location)
        catalog = _open_catalog(location, rebuild)
        try:
            return _Run(root, location, settings, catalog, tell, rebuild, thorough).run()
        finally:
            catalog.close()


def _make_folders(location: Path) -> None:
    with storage_errors(location):
        (location / SEGMENTS).mkdir(exist_ok=True)
        if not (location / ".gitignore").exists():
            # The folder may lie inside somebody's repository: nobody wants to commit it.
            (location / ".gitignore").write_text("*\n")


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection: a run makes 100,000s of tuples and no cycles, and looking for some takes 5 % of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _open_catalog(location: Path, rebuild: bool) -> Catalog:
    path = location / CATALOG
    try:
        catalog = Catalog(path, create=True)
        if not (rebuild and catalog.damage()):
            return catalog
        catalog.close()
    except (CorruptIndexError, IndexFormatError):
        if not rebuild:
            raise
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return Catalog(path, create=True)


def _ignores_everything(found: ScanResult) -> bool:
    """Whether rules left no file of a tree that has some."""
    return not found.files and any(row[1] is SkipReason.IGNORED_BY_RULE for row in found.skipped)


def _in_work_tree(root: str) -> bool:
    return enclosing_repository(os.fsencode(os.path.realpath(root)), lambda path, why: None) is not None


class _Workers:
    """The pool of a run, started when it is known to pay."""

    def __init__(self, size: int, options: BuildOptions) -> None:
        self._size, self.options = size, options
        self.pool: WorkerPool | None = None

    def start(self) -> None:
        if self.pool is None and self._size > 1:
            self.pool = WorkerPool(self._size, self.options)

    def stop(self) -> None:
        if self.pool is not None:
            self.pool.stop()

    def resident(self) -> int:
        return resident_sum(self.pool.pids if self.pool else [])


class _Run:
    """State of one run, and its steps in order."""

    def __init__(
        self,
        root: str,
        location: Path,
        settings: Settings,
        catalog: Catalog,
        progress: Progress,
        rebuild: bool,
        thorough: bool,
    ) -> None:
        self._root, self._location, self._settings = root, location, settings
        self._catalog, self._progress = catalog, progress
        self._thorough = thorough
        self._began = perf_counter()
        self._grammars: dict[str, str] = catalog.meta("grammars") or {}
        """version of the grammar by which files of each language were parsed"""
        self._report = RunReport(rebuild_reason=self._rebuild_reason(rebuild, thorough))
        if self._report.rebuild_reason:
            self._grammars = {}
        self._from_nothing = bool(self._report.rebuild_reason) or catalog.generation() == 0
        self._live = {row.name: row for row in catalog.segments()}
        self._old = catalog.stats()
        self._dead: defaultdict[str, set[int]] = defaultdict(set)
        self._new: list[SegmentRow] = []
        self._retried: dict[bytes, str] = {}
        """why a file that is tried again could not be read last time"""
        self._news = False
        """whether building brought rows that the catalog does not have"""
        self._peak = 0
        self._workers = _Workers(
            settings.workers, BuildOptions.of(root, location, settings, settings.workers)
        )

    def _rebuild_reason(self, asked: bool, thorough: bool) -> str:
        if asked:
            return "asked for"
        if self._catalog.generation() == 0:
            return ""
        if self._catalog.meta("analysis_version") != ANALYSIS_VERSION:
            return "this version of codelode cuts words or chunks differently"
        if self._catalog.meta("fingerprint") != self._settings.fingerprint():
            return "size limits or grammars in the settings changed"
        # Looking up versions takes 10 ms: a refresh before a search does not pay that.
        if thorough and (moved := changed_grammars(self._grammars)):
            return f"the grammar of {', '.join(moved)} changed"
        return ""

    def run(self) -> RunReport:
        self._catalog.begin_build()
        try:
            found = self._scan()
            plan, moved = self._plan(found)
            build = [*plan.add, *(item for item, _ in (*plan.change, *plan.retry))]
            if not self._report.rebuild_reason:
                build += self._merge(found, {item[0] for item in build})
            rewritten = {item[0] for item in build}
            build = self._adopt(build)
            for rows in (plan.skip, [row for row in moved if row[0] not in rewritten]):
                self._catalog.stage(rows)
            if build:
                self._build(build)
            if self._news or moved or self._new or not plan.is_empty or self._from_nothing:
                self._commit(tuple(row[0] for row in plan.delete))
            else:
                self._catalog.note("checked_at", time.time())
                self._collect()  # what a run that was killed after its commit left
            return self._describe()
        finally:
            self._workers.stop()

    def _scan(self) -> ScanResult:
        began = perf_counter()

        def seen(count: int) -> None:
            self._progress("scan", count, 0, 0, 0)
            if self._from_nothing and count >= PARALLEL_FILES:
                self._workers.start()

        own = self._own_folder()
        found = scan(self._root, self._settings, skip_dirs=own, progress=seen)
        if self._settings.ignore_files and _ignores_everything(found) and not _in_work_tree(self._root):
            # Unpacked source packages carry such rules: Debian's linux-source ends its .gitignore with "/*".
            self._report.notes.append(
                "ignore files leave out every file here, and this is no git repository: they are not obeyed"
            )
            found = scan(
                self._root, replace(self._settings, ignore_files=False), skip_dirs=own, progress=seen
            )
        self._report.add_stages({"scan": perf_counter() - began})
        return found

    def _own_folder(self) -> set[bytes]:
        """The index folder relative to the root, if it lies inside."""
        root, location = Path(self._root).resolve(), self._location.resolve()
        if not location.is_relative_to(root):
            return set()
        return {os.fsencode(location.relative_to(root).as_posix())}

    def _plan(self, found: ScanResult) -> tuple[Plan, list[FileRow]]:
        """What to do, with every doubt settled, and the new rows of files that only moved in time."""
        began = perf_counter()
        plan = compare([] if self._report.rebuild_reason else self._old, found.files, found.skipped)
        moved = self._settle_doubts(plan)
        report = self._report
        report.added, report.changed, report.deleted = len(plan.add), len(plan.change), len(plan.delete)
        report.kept = plan.kept
        self._retried = {row[0]: row[7] for _, row in plan.retry}
        self._bury(plan.delete)
        self._bury(plan.dropped)
        self._bury(row for _, row in plan.change)
        report.add_stages({"plan": perf_counter() - began})
        return plan, moved

    def _bury(self, rows: Iterable[OldRow]) -> None:
        for row in rows:
            if row[5]:
                self._dead[row[5]].add(row[6])

    def _settle_doubts(self, plan: Plan) -> list[FileRow]:
        """Hash the files in doubt: what changed moves to ``plan.change``."""
        prefix = os.path.join(os.fsencode(self._root), b"")
        moved: list[FileRow] = []
        for item, old in plan.doubt:
            content = read_file(prefix + item[0], self._settings.max_exact_bytes)
            if isinstance(content, Content):
                self._report.read_bytes += len(content.data)
                if content.hash == old[4]:
                    moved.append(self._catalog.moved_row(item[0], content.stat, content.racy))
                    plan.kept += 1
                    continue
            plan.change.append((item, old))
        return moved

    def _merge(self, found: ScanResult, building: set[bytes]) -> list[WorkItem]:
        """The files to rewrite because the merge policy wants their segments gone."""
        loads = [
            SegmentLoad(row.name, row.files, row.dead + len(self._dead[row.name]), row.text_bytes)
            for row in self._live.values()
        ]
        chosen = choose_merges(
            loads, 1 << 62 if self._thorough else QUICK_MERGE_BYTES, self._workers.options.segment_bytes
        )
        if not chosen:
            return []
        self._report.merged = len(chosen)
        rows = [row for row in self._old if row[5] in chosen]
        self._bury(rows)
        rewritten = {row[0] for row in rows} - building
        return [item for item in found.files if item[0] in rewritten]

    def _adopt(self, build: list[WorkItem]) -> list[WorkItem]:
        """Take over what a stopped run had finished; returns what is left to build."""
        orphans = adopt.finished_orphans(self._location, set(self._live), self._settings.fingerprint())
        if self._report.rebuild_reason:
            orphans = []
        for orphan in orphans:
            taken = adopt.claim(self._location, orphan, build)
            if taken is None:
                continue
            row, rows = taken
            self._new.append(row)
            self._catalog.stage(rows)
            self._report.adopted += len(rows)
            claimed = {row[0] for row in rows}
            build = [item for item in build if item[0] not in claimed]
        return build

    def _build(self, build: list[WorkItem]) -> None:
        began = perf_counter()
        report = self._report
        total = sum(item[1] for item in build)
        batches = cut_batches(build, self._settings.batch_mb * MIB)
        done_files = done_bytes = 0

        def read(files: int, size: int) -> None:
            nonlocal done_files, done_bytes
            # A batch whose worker died is read again: not more than all there is.
            done_files = min(done_files + files, len(build))
            done_bytes = min(done_bytes + size, total)
            self._progress("build", done_files, len(build), done_bytes, total)
            self._peak = max(self._peak, self._workers.resident())

        self._progress("build", 0, len(build), 0, total)
        if total >= PARALLEL_BYTES:
            self._workers.start()
        pool = self._workers.pool
        report.jobs = self._settings.workers if pool else 1
        for result in pool.build(batches, read) if pool else self._build_here(batches, read):
            self._stage_news(result.rows)
            report.add_stages(result.stages)
            report.read_bytes += result.read_bytes
            if result.segment:
                self._new.append(adopt.segment_row(result.segment))
        report.add_stages({"build": perf_counter() - began})

    def _stage_news(self, rows: list[FileRow]) -> None:
        """Stage `rows` without those that say again why a file cannot be read."""
        news = [row for row in rows if self._retried.get(row[0]) != row[8]]
        self._catalog.stage(news)
        for language in {row[5] for row in news} - self._grammars.keys():
            if language:
                self._grammars[language] = grammar_version(language)
        self._news = self._news or bool(news)
        self._report.kept += len(rows) - len(news)

    def _build_here(
        self, batches: list[list[WorkItem]], read: Callable[[int, int], None]
    ) -> Iterator[SegmentResult]:
        options = BuildOptions.of(self._root, self._location, self._settings, 1)
        box = BlackBox(self._location)
        builder = SegmentBuilder(options, box)
        try:
            for batch in batches:
                builder.add(batch)
                read(len(batch), sum(item[1] for item in batch))
                if builder.is_full:
                    yield builder.finish()
                    builder = SegmentBuilder(options, box)
            yield builder.finish()
        except BaseException:
            box.clear()
            builder.discard()
            raise
        finally:
            box.close()

    def _commit(self, deleted: tuple[bytes, ...]) -> None:
        began = perf_counter()
        self._progress("publish", 0, 0, 0, 0)
        everything = bool(self._report.rebuild_reason)
        drop, tombstones = [], {}
        for name, row in self._live.items():
            dead = self._dead.get(name, set()) | row.dead_ordinals()
            if everything or len(dead) >= row.files:
                drop.append(name)
            elif len(dead) > row.dead:
                tombstones[name] = SegmentRow.pack(dead)
        now = time.time()
        self._report.generation = self._catalog.commit(
            Change(
                add_segments=tuple(self._new),
                drop_segments=tuple(drop),
                tombstones=tombstones,
                delete_paths=deleted,
                replace_all=everything,
                meta={
                    "root": os.fsencode(self._root).hex(),
                    "fingerprint": self._settings.fingerprint(),
                    "analysis_version": ANALYSIS_VERSION,
                    "grammars": self._grammars,
                    "committed_at": now,
                    "checked_at": now,
                },
            )
        )
        self._collect()
        self._report.add_stages({"publish": perf_counter() - began})

    def _collect(self) -> None:
        """Remove the folders of segments that no snapshot to come can name."""
        live = {row.name for row in self._catalog.segments()}
        for folder in (self._location / SEGMENTS).iterdir():
            if folder.name not in live:
                collect(folder)
        collect_sidecars(self._location, live)

    def _describe(self) -> RunReport:
        report = self._report
        segments = self._catalog.segments()
        report.generation = self._catalog.generation()
        report.segments = len(segments)
        report.files = sum(row.files - row.dead for row in segments)
        report.indexed_bytes = sum(row.text_bytes for row in segments)
        report.skipped = {reason: count for reason, count in self._catalog.reasons().items() if reason}
        report.seconds = perf_counter() - self._began
        built = report.added + report.changed
        report.files_per_second = built / report.seconds
        report.mb_per_second = report.read_bytes / report.seconds / 1e6
        report.peak_rss_mb = max(self._peak, peak_of_this_process()) / MIB
        if built or report.deleted or report.rebuild_reason:
            self._catalog.note("last_run", report.to_json())
        return report
