"""Several indexes searched as if they were one: `Indexes`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from codelode import config
from codelode.app import Index
from codelode.errors import (
    CodelodeError,
    UsageError,
)
from codelode.locating import common_root
from codelode.members import Member
from codelode.model import Mode, RelPath, SearchOptions, SearchResult, SearchStats
from codelode.searches import Searches
from codelode.settings import MIB, Settings
from codelode.sharing import Shared
from codelode.store.files import cache_folder
from codelode.threads import run_all

if TYPE_CHECKING:
    from codelode.embed.embedder import Embedder
    from codelode.ingest.report import Progress, RunReport
    from codelode.search.answer import HitStream
    from codelode.search.combined import CombinedSnapshot, Failure
    from codelode.search.snapshot import OpenSegment, Snapshot

OPENERS = 8
"""Indexes opened or refreshed at a time: they wait for disks mostly, and more would only queue for Python."""

MOST_ASKED = 10_000
"""Hits beyond which no more are asked for in place of folded copies"""

REBUILD = "`codelode index --rebuild`"
"""What errors of damaged indexes say is to be done"""

LATE = "it could not be opened in time"


class Indexes(Searches):
    """The indexes of several root folders, searched as if one index held all their files.

    Scores and their order are those of one index: statistics are of all.  `root` is the folder that the roots have in
    common, and the paths of hits are relative to it (`under` too; globs see a path from its own root).  A file that
    two of the indexes hold, one root being inside the other, is the inner one's.  What cannot be opened is left out:
    `failed` says what and why, and the answers are marked as partial.

    >>> import tempfile, pathlib
    >>> from codelode import Indexes
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("api", "web"):
    ...     (folder / name).mkdir()
    ...     _ = (folder / name / "hello.py").write_text(f"def greet_{name}():\\n    return 'hello'\\n")
    >>> with Indexes([folder / "api", folder / "web"]) as indexes:
    ...     _ = indexes.refresh()
    ...     hits = indexes.search("def greet", mode="exact").hits
    >>> [hit.path for hit in hits]
    ['api/hello.py', 'web/hello.py']

    Safe to use from several threads.
    """

    def __init__(
        self,
        roots: Iterable[str | os.PathLike[str]],
        settings: Settings | None = None,
        *,
        flags: Mapping[str, Any] | None = None,
        unreadable: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Nothing is opened or written until the object is used.

        Without `settings` each index has those of its own folder and of the user, and `flags` (settings by name) hold
        for all.  The first index's embedder answers for all.  `unreadable` are more places that were to be searched,
        and why they cannot be.  Raises UsageError for no roots at all."""
        super().__init__()
        self.roots = tuple(dict.fromkeys(os.path.realpath(root) for root in roots))
        """absolute, without links, each once"""
        if not self.roots:
            raise UsageError("no folder is given to search in")
        self.root, prefixes = common_root(self.roots)
        self._members: list[Member] = []
        for root, prefix in zip(self.roots, prefixes, strict=True):
            self._members.append(self._member(root, prefix, settings, flags or {}))
        self._members += [Member(place, b"", None, why) for place, why in unreadable]
        self.settings = self._shared_settings()
        self._lock, self._opening = threading.Lock(), threading.Lock()
        self._newest = Shared(self._look)
        self._opened = False
        self.gave_up = False
        """whether threads were left alone that had not done their work in time: they may still be at it"""
        self._made: tuple[object, CombinedSnapshot] | None = None
        self._tries += len(self._members)  # each may turn out to be damaged, one after another

    def _member(
        self, root: str, prefix: RelPath, settings: Settings | None, flags: Mapping[str, Any]
    ) -> Member:
        try:
            index = Index(root, settings or config.load(root, flags, os.environ))
        except CodelodeError as exc:
            return Member(root, prefix, None, str(exc))
        for other in self.indexes:
            if other.location == index.location:
                where = f"its index would be where that of {other.root} is ({index.location})"
                return Member(root, prefix, None, f"{where}; change the setting index_dir")
        return Member(root, prefix, index)

    def _shared_settings(self) -> Settings:
        every = [index.settings for index in self.indexes]
        if not every:
            return Settings()
        return replace(every[0], max_exact_bytes=max(one.max_exact_bytes for one in every))

    def __enter__(self) -> Indexes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def indexes(self) -> list[Index]:
        """The single ones, in the order of `roots`, without those whose settings are bad."""
        return [member.index for member in self._members if member.index is not None]

    @property
    def failed(self) -> tuple[Failure, ...]:
        """What the last search left out, and why."""
        return self._made[1].failures if self._made else ()

    def close(self) -> None:
        """Release files and connections; the object can be used again."""
        with self._lock:
            for index in self.indexes:
                index.close()
            for member in self._members:
                member.state = None
            self._made, self._opened = None, False
        self._forget()

    def _metrics_location(self) -> str:
        return str(cache_folder())  # not that of one of them, whose own searches take other times

    # ---- writing -----------------------------------------------------------------------------------------

    def refresh(
        self, *, thorough: bool = True, timeout_ms: int | None = None, progress: Progress | None = None
    ) -> dict[str, RunReport]:
        """Build or update all indexes; what was done, by root.

        Those that exist are updated side by side, then those that do not are built one after another, each with all
        cores.  One that cannot be brought up to date is searched as it is.  After `timeout_ms` no more is begun or
        waited for, and `gave_up` says whether something goes on."""
        reports: dict[str, RunReport] = {}
        until = None if timeout_ms is None else monotonic() + timeout_ms / 1000
        tell = progress or (lambda *_: None)

        def job(member: Member) -> Callable[[], None]:
            def run() -> None:
                report = member.refresh(thorough=thorough)
                if report is not None:
                    reports[member.root] = report

            return run

        known = [member for member in self._members if member.index and member.index.exists()]
        for member in known:
            member.note = f"{member.root} is searched as it was: there was no time to look for changes"
        self.gave_up |= not run_all(
            [job(member) for member in known],
            most=OPENERS,
            until=until,
            tell=lambda done: tell("refresh", done, len(known), 0, 0),
        )
        missing = [member for member in self._members if member not in known]
        if until is not None:
            self.gave_up |= not run_all([job(member) for member in missing], most=1, until=until)
            return reports
        for member in missing:
            report = member.refresh(progress, thorough=thorough)
            if report is not None:
                reports[member.root] = report
        return reports

    # ---- searching: the rest is in `Searches` ------------------------------------------------------------

    def embedder(self) -> Embedder | None:
        """That of the first index."""
        indexes = self.indexes
        return indexes[0].embedder() if indexes else None

    def _ready(self, options: SearchOptions) -> SearchOptions:
        until = None if options.timeout_ms is None else monotonic() + options.timeout_ms / 1000
        if not self._open_all(until) or until is None:
            return options
        return replace(options, timeout_ms=max(0, int((until - monotonic()) * 1000)))

    def _open_all(self, until: float | None) -> bool:
        """Open what has not been opened, but wait no longer than `until` (of `time.monotonic`); whether anything had
        to be opened."""
        self._opened = True
        if not self._opening.acquire(timeout=-1 if until is None else max(0.0, until - monotonic())):
            return True
        try:
            pending = [member.open for member in self._members if member.state is None]
            self.gave_up |= not run_all(pending, most=OPENERS, until=until)
            return bool(pending)
        finally:
            self._opening.release()

    def _current(self) -> CombinedSnapshot:
        return self._newest()

    def _look(self) -> CombinedSnapshot:
        from codelode.search.combined import CombinedSnapshot, Failure

        if not self._opened:
            self._open_all(None)
        with self._lock:
            snapshots: dict[Member, Snapshot] = {}
            failures = []
            for member in self._members:
                if member.state is None:
                    failures.append(Failure(member.root, LATE, late=True))
                    continue
                member.open()  # a newer commit may have come since
                snapshot, why = member.state
                if snapshot is None:
                    # Which index is to be repaired must be said where there are several.
                    failures.append(
                        Failure(member.root, why.replace(REBUILD, f"{REBUILD[:-1]} {member.root}`"))
                    )
                else:
                    snapshots[member] = snapshot
            if not snapshots and not any(failure.late for failure in failures):
                raise CodelodeError(_nothing_to_search(failures))
            made_from = (list(snapshots.values()), failures, [member.note for member in snapshots])
            if self._made is None or self._made[0] != made_from:
                segments = self._segments(snapshots)
                notes = [member.note for member in snapshots if member.note]
                vector_notes = self._vector_notes(snapshots)
                self._made = (
                    made_from,
                    CombinedSnapshot(made_from[0], segments, failures, notes, vector_notes),
                )
            return self._made[1]

    def _segments(self, snapshots: Mapping[Member, Snapshot]) -> list[OpenSegment]:
        from codelode.search.snapshot import VectorChoice

        choice = VectorChoice(self._fingerprint, self.settings.loaded_vectors_mb * MIB)
        sizes = {
            member: sum(part.text_bytes for part in found.segments) for member, found in snapshots.items()
        }
        total = sum(sizes.values()) or 1
        segments = []
        for member in snapshots:
            inner = {
                other.prefix[len(member.prefix) :]: found
                for other, found in snapshots.items()
                if other is not member and other.prefix.startswith(member.prefix)
            }
            segments += member.place(snapshots[member], choice.share(sizes[member] / total), inner)
        return segments

    def _fingerprint(self) -> str:
        embedder = self.embedder()
        return embedder.fingerprint if embedder else ""

    def _vector_notes(self, snapshots: Iterable[Member]) -> list[str]:
        ours = self.settings.embedder
        return [
            f"words alone decide in {member.root}: its embedder is {member.index.settings.embedder}, and that of this "
            f"search is {ours}"
            for member in snapshots
            if member.index and member.index.settings.embedder != ours
        ]

    def _blame(self, exc: Exception) -> None:
        for member in self._members:
            member.damaged(exc)

    def _run(self, snapshot: Snapshot, query: str, options: SearchOptions) -> SearchResult:
        combined = cast("CombinedSnapshot", snapshot)
        if options.timeout_ms == 0:
            from codelode.search.answer import resolve

            mode, _, why = resolve(query, options.mode)
            stats = SearchStats(
                partial=True, notes=["no time was left to search after the indexes were opened"]
            )
            result = SearchResult(query, mode, (), stats, why)
        elif options.all_matches:
            result = super()._run(snapshot, query, options)
        else:
            result = self._folded(combined, query, options)
        _mark(combined, result.stats)
        if result.mode in (Mode.HYBRID, Mode.SEMANTIC):
            result.stats.notes += combined.vector_notes
        return result

    def _folded(self, snapshot: CombinedSnapshot, query: str, options: SearchOptions) -> SearchResult:
        """The answer with each text shown once, however many of the indexes hold it."""
        from codelode.search.duplicates import fold

        wanted = options.offset + options.limit
        asked = replace(options, offset=0, limit=wanted)
        while True:
            result = super()._run(snapshot, query, asked)
            hits = fold(snapshot, result, options)
            enough = len(hits) >= wanted or len(result.hits) < asked.limit or asked.limit >= MOST_ASKED
            if enough or result.stats.partial:  # more time than was given would be taken
                return replace(result, hits=tuple(hits[options.offset : wanted]))
            asked = replace(asked, limit=min(4 * asked.limit, MOST_ASKED))

    def _stream(self, snapshot: Snapshot, query: str, options: SearchOptions) -> HitStream:
        if options.mode not in (Mode.EXACT, Mode.REGEX):
            snapshot.hold(symbols=True)  # damage must be found while it can be left out
        stream = super()._stream(snapshot, query, options)
        _mark(cast("CombinedSnapshot", snapshot), stream.stats)
        return stream


def _mark(snapshot: CombinedSnapshot, stats: SearchStats) -> None:
    """Say in `stats` what was left out."""
    stats.notes += snapshot.notes
    stats.notes += [f"{failure.root} was left out: {failure.why}" for failure in snapshot.failures]
    stats.partial = stats.partial or bool(snapshot.failures)


def _nothing_to_search(failures: Iterable[Failure]) -> str:
    return "none of the indexes can be searched: " + "; ".join(
        f"{failure.root}: {failure.why}" for failure in failures
    )
