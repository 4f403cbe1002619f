"""The library's front door: `Index` wires store, ingest and search together for one root folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from codelode.embeddings import Embeddings
from codelode.errors import (
    CodelodeError,
    CorruptIndexError,
    IndexFormatError,
    IndexNotFoundError,
    RootError,
)
from codelode.locating import has_catalog, known_indexes, location_of, root_of
from codelode.model import EXACT_ONLY, display_path
from codelode.questions import StructureQuestions
from codelode.searches import SNAPSHOT_TRIES, Searches
from codelode.settings import MIB, Settings
from codelode.sharing import Shared
from codelode.status import Status
from codelode.store import segment, sidecars
from codelode.store.catalog import Catalog
from codelode.store.files import (
    CATALOG,
    LOCK,
    folder_bytes,
    remove_tree,
    storage_errors,
)
from codelode.store.format import CATALOG_VERSION
from codelode.store.lock import BuildLock

if TYPE_CHECKING:
    from codelode.ingest.report import Progress, RunReport
    from codelode.search.snapshot import Snapshot


class Index(Embeddings, Searches, StructureQuestions):
    """The index of one root folder.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "hello.py").write_text("def greet(name):\\n    return f'hello {name}'\\n")
    >>> with Index(folder, index_dir=".codelode") as index:
    ...     report = index.refresh()
    ...     hit = index.search("greet", mode="exact").hits[0]
    >>> report.files, hit.path, hit.start_line, hit.text
    (1, 'hello.py', 1, 'def greet(name):')

    Safe to use from several threads.  Searches see one snapshot each; a newer commit, by this process or another,
    is picked up by the next search.
    """

    def __init__(
        self, root: str | os.PathLike[str], settings: Settings | None = None, *, index_dir: str | None = None
    ) -> None:
        """Nothing is written until the object is used.

        Without `settings`, those of the root's and the user's settings files and of the environment hold, as on the
        command line; SettingsError for a bad one.  `index_dir` overrides theirs; a relative path counts from `root`.
        """
        super().__init__()
        self.root = os.path.realpath(root)
        if settings is None:
            from codelode import config

            settings = config.load(self.root, {}, os.environ)
        self.settings = settings
        if settings.grammars:
            from codelode.structure import custom

            custom.register(settings.grammars)
        self.location = str(location_of(self.root, index_dir or self.settings.index_dir))
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._snapshot: Snapshot | None = None
        self._newest = Shared(self._look)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @staticmethod
    def find_root(path: str | os.PathLike[str], index_dir: str = "") -> str | None:
        """The nearest folder at or above `path` that has an index; None when there is none."""
        folder = Path(os.path.realpath(path))
        for candidate in (folder, *folder.parents):
            location = location_of(str(candidate), index_dir)
            if has_catalog(location) and root_of(location) in (str(candidate), None):
                return str(candidate)
        return None

    # ---- writing -----------------------------------------------------------------------------------------

    def refresh(
        self,
        *,
        rebuild: bool = False,
        wait: bool = True,
        thorough: bool = True,
        progress: Progress | None = None,
    ) -> RunReport:
        """Build the index, or bring it up to date; returns what was done.

        `rebuild` starts from nothing, and repairs a damaged index.  `wait` false raises IndexLockedError when
        another process is building.  `thorough` false leaves large merges for another time.  Raises RootError,
        StorageError, CorruptIndexError, IndexFormatError; readers then still see the last commit.
        """
        from codelode.ingest.refresh import refresh

        if not os.path.isdir(self.root):
            kind = "is not a folder" if os.path.exists(self.root) else "does not exist"
            raise RootError(f"{self.root} {kind}; give the folder whose files are to be searched")
        try:
            report = refresh(
                self.root,
                Path(self.location),
                self.settings,
                rebuild=rebuild,
                wait=wait,
                thorough=thorough,
                progress=progress,
            )
        except Exception as exc:
            self._blame(exc)
            raise
        self._monitor().note("build" if report.from_nothing else "refresh", report.seconds * 1000)
        return report

    def exists(self) -> bool:
        """Whether there is an index at all, sound or not."""
        return has_catalog(Path(self.location))

    def drop(self) -> None:
        """Delete the index; the source tree is not touched.  Raises IndexNotFoundError when there is none."""
        location = Path(self.location)
        if not has_catalog(location):
            raise IndexNotFoundError(f"no index of {self.root} (looked in {self.location})")
        self.close()
        with BuildLock(location / LOCK, wait=True), storage_errors(location):
            # The catalog first: whatever is interrupted after it leaves no index rather than half of one.
            (location / CATALOG).unlink(missing_ok=True)
            removed = remove_tree(location)
        if not removed:  # Windows keeps the lock's file as long as it is open
            remove_tree(location)

    # ---- searching: the rest is in `Searches` ------------------------------------------------------------

    def _blame(self, exc: Exception) -> None:
        """Raise CorruptIndexError when a damaged index is why a search failed as nobody foresaw."""
        if isinstance(exc, CodelodeError):
            return
        try:
            damages = self.verify()
        except IndexNotFoundError:
            return  # nothing was committed yet: there is no index to blame
        if damages:
            raise CorruptIndexError(f"{damages[0]}; `codelode index --rebuild` repairs it") from exc

    def _current(self) -> Snapshot:
        """The snapshot of the newest generation, opened once and shared by all searches of this object."""
        return self._newest()

    def _look(self) -> Snapshot:
        from codelode.search.snapshot import Snapshot, VectorChoice

        choice = VectorChoice(self._fingerprint, self.settings.loaded_vectors_mb * MIB)
        with self._lock:
            catalog = self._connected()
            for _ in range(SNAPSHOT_TRIES):
                generation = catalog.generation()
                if self._snapshot and self._snapshot.generation == generation:
                    return self._snapshot
                if not generation:
                    raise self._not_yet()
                try:
                    self._snapshot = Snapshot.opened(self.root, Path(self.location), catalog, choice)
                except FileNotFoundError:
                    continue  # a writer committed and collected in between
                return self._snapshot
        raise CorruptIndexError(
            f"{self.location}: segment folders are missing; `codelode index --rebuild` repairs it"
        )

    def _metrics_location(self) -> str:
        return self.location

    # ---- looking -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """What is indexed, skipped, and how fresh.  Raises IndexNotFoundError."""
        with self._lock:
            catalog = self._open()
            with catalog.view():
                generation, segments, reasons = catalog.generation(), catalog.segments(), catalog.reasons()
            exact_only = sum(reasons.get(reason.value, 0) for reason in EXACT_ONLY)
            return Status(
                root=self.root,
                location=self.location,
                root_exists=os.path.isdir(self.root),
                files=sum(row.files - row.dead for row in segments),
                exact_only=exact_only,
                skipped={reason: count for reason, count in reasons.items() if reason},
                segments=len(segments),
                tombstones=sum(row.dead for row in segments),
                indexed_bytes=sum(row.text_bytes for row in segments),
                bytes_on_disk=folder_bytes(Path(self.location)),
                last_refresh=float(catalog.meta("checked_at") or 0.0),
                generation=generation,
                format_version=CATALOG_VERSION,
                last_run=catalog.meta("last_run"),
            )

    def skipped(self) -> Iterator[tuple[str, str, str]]:
        """path, reason and detail of everything that is not, or not fully, indexed, by path."""
        with self._lock:
            rows = list(self._open().skipped())
        for path, reason, detail in rows:
            yield display_path(path), reason, detail

    def verify(self) -> list[str]:
        """Check every byte of the index; one line for each damage, none when it is sound."""
        found: list[str] = []
        for _ in range(SNAPSHOT_TRIES):
            try:
                with self._lock:
                    catalog = self._open()
                    if found := catalog.damage():
                        return found
                    with catalog.view():
                        generation, rows = catalog.generation(), catalog.segments()
            except (CorruptIndexError, IndexFormatError) as exc:
                return [str(exc)]
            for row in rows:
                folder = segment.segment_folder(Path(self.location), row.name)
                found += segment.damage(folder, row.guard)
            found += sidecars.damage(Path(self.location))
            with self._lock:
                if not found or self._open().generation() == generation:
                    break  # else a commit in between may have collected what seems to be missing
        return found

    def close(self) -> None:
        """Release files and connections; the object can be used again."""
        self._forget()
        with self._lock:
            if self._catalog:
                self._catalog.close()
            self._catalog = self._snapshot = None

    def _open(self) -> Catalog:
        catalog = self._connected()
        if not catalog.generation():
            raise self._not_yet()
        return catalog

    def _connected(self) -> Catalog:
        if self._catalog and not self._catalog.is_current():  # dropped, or repaired from nothing
            self._catalog.close()
            self._catalog = self._snapshot = None
        if self._catalog is None:
            try:
                self._catalog = Catalog(Path(self.location) / CATALOG, create=False)
            except FileNotFoundError as exc:
                raise IndexNotFoundError(
                    f"no index of {self.root}; `codelode index {self.root}` builds it"
                ) from exc
        return self._catalog

    def _not_yet(self) -> IndexNotFoundError:
        return IndexNotFoundError(f"no index of {self.root} yet; `codelode index {self.root}` builds it")


def list_indexes() -> list[Status]:
    """Every index in the user's cache folder, by root; unreadable ones are left out."""
    found = []
    for root, location in known_indexes():
        if root is not None:
            with Index(root, Settings(), index_dir=str(location)) as index:
                found.append(index.status())
    return sorted(found, key=lambda row: row.root)
