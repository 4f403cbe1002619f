"""What is in a tree: every file with one `lstat`, every path that is left out with the reason."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from codelode.errors import RootError
from codelode.ingest.ignore import IgnoreFiles, Listing, Scope, exclude_scope
from codelode.model import RelPath, SkipReason, display_path, sort_key
from codelode.settings import Settings
from codelode.text.globs import GlobFilter

FileRow = tuple[RelPath, int, int, int]
"""path, size in bytes, mtime_ns, ctime_ns"""
SkipRow = tuple[RelPath, SkipReason, str, int, int, int]
"""path (ending in a slash for a folder that was not entered), reason, detail for people, size, mtime_ns,
ctime_ns

The last three are 0 where `lstat` was not asked: folders, and paths that a rule or glob leaves out."""

_PROGRESS_STEP = 2_000
"""Files between two calls of `progress`: about every 10 ms."""

_KINDS = {
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}


@dataclass(slots=True)
class ScanResult:
    """What a scan saw."""

    files: list[FileRow] = field(default_factory=list)
    """to be indexed, in the order of `sort_key`"""
    skipped: list[SkipRow] = field(default_factory=list)
    """left out, in the order of `sort_key`"""
    errors: list[tuple[bytes, str]] = field(default_factory=list)
    """path and message for what could not be read: folders and files of the root (relative paths, each with a
    row in `skipped` too), and ignore files (absolute paths), whose rules then do not count"""
    folders: int = 0
    """folders listed, the root included"""


def scan(
    root: str,
    settings: Settings,
    *,
    skip_dirs: Collection[RelPath] = (),
    progress: Callable[[int], None] | None = None,
) -> ScanResult:
    """Walks `root` under the ignore rules and globs of `settings`.

    `skip_dirs` (codelode's own index folder) are neither entered nor mentioned.  `progress` is called with
    the number of files found so far, every few thousand.  Symbolic links are never followed.

    Raises RootError when `root` does not exist, is not a folder or cannot be listed.
    """
    return _Scan(root, settings, skip_dirs, progress).run()


class _Scan:
    def __init__(
        self,
        root: str,
        settings: Settings,
        skip_dirs: Collection[RelPath],
        progress: Callable[[int], None] | None,
    ) -> None:
        self.result = ScanResult()
        self.root = os.fsencode(os.path.abspath(root))
        self.base = os.path.join(self.root, b"")
        self._check_root()
        self.real_root = os.path.join(os.path.realpath(self.root), b"")
        self.settings = settings
        self.skip_dirs = frozenset(skip_dirs)
        self.progress = progress
        self.exclude = exclude_scope(settings.exclude)
        self.ignore_files: IgnoreFiles | None = None
        if settings.ignore_files:
            self.ignore_files = IgnoreFiles(self.root, os.environ, self._report)

    def run(self) -> ScanResult:
        self._walk(self.ignore_files.above() if self.ignore_files is not None else Scope())
        self._keep_included()
        self.result.skipped.sort(key=lambda row: sort_key(row[0]))
        return self.result

    def _check_root(self) -> None:
        shown = display_path(self.root)
        try:
            mode = os.stat(self.root).st_mode
            if not stat.S_ISDIR(mode):
                raise RootError(f"{shown} is not a folder")
            with os.scandir(self.root):
                pass
        except FileNotFoundError as exc:
            raise RootError(f"{shown} does not exist") from exc
        except (OSError, ValueError) as exc:
            raise RootError(f"{shown} cannot be read: {_why(exc)}") from exc

    def _walk(self, scope: Scope) -> None:
        # Folders are walked in the order of `sort_key`, so that nothing needs sorting afterwards.  The inner
        # loop runs once a file: everything that concerns few files stands outside of it.
        files, base = self.result.files, self.base
        too_large = self.settings.max_exact_bytes
        above: list[tuple[Iterator[os.DirEntry[bytes]], bytes, Scope]] = []
        folder = b""
        entries, scope = self._enter(folder, scope)
        next_report = _PROGRESS_STEP if self.progress is not None else sys.maxsize
        while True:
            for entry in entries:
                path = folder + entry.name
                try:
                    if entry.is_dir(follow_symlinks=False) and not _is_junction(entry):
                        above.append((entries, folder, scope))
                        folder = path + b"/"
                        entries, scope = self._enter(folder, scope)
                        break
                    info = entry.stat(follow_symlinks=False)
                except OSError as exc:
                    self._failed(path, exc)
                    continue
                size = info.st_size
                if size <= too_large and info.st_mode & 0o170000 == 0o100000:
                    files.append((path, size, info.st_mtime_ns, info.st_ctime_ns))
                else:
                    self._odd(path, info, base + path)
            else:
                if not above:
                    return
                entries, folder, scope = above.pop()
                if len(files) >= next_report and self.progress is not None:
                    self.progress(len(files))
                    next_report = len(files) + _PROGRESS_STEP

    def _enter(self, folder: RelPath, scope: Scope) -> tuple[Iterator[os.DirEntry[bytes]], Scope]:
        """The entries of `folder` to look at, in order, and what holds in it; rows for those left out."""
        try:
            with os.scandir(self.base + folder) as listed:
                names = {entry.name: entry for entry in listed}
        except OSError as exc:
            self._failed(folder, exc)
            return iter(()), scope
        self.result.folders += 1
        if self.ignore_files is not None and (
            b".gitignore" in names or b".ignore" in names or b".codelodeignore" in names or b".git" in names
        ):
            scope = self.ignore_files.inside(scope, folder, names)
        if b".git" in names:
            self._skip(folder, names.pop(b".git"), SkipReason.IGNORED_BY_RULE, "git's own data")
        for path in self.skip_dirs:
            if path.startswith(folder):
                names.pop(path[len(folder) :], None)
        if names and (scope.sources or self.exclude.sources):
            self._drop_ignored(folder, names, scope)
        return iter([names[name] for name in sorted(names)]), scope

    def _drop_ignored(self, folder: RelPath, names: dict[bytes, os.DirEntry[bytes]], scope: Scope) -> None:
        listing = Listing(names)

        def is_dir(name: bytes) -> bool:
            return names[name].is_dir(follow_symlinks=False)

        ignored = scope.ignored(folder, listing, is_dir)
        excluded = self.exclude.ignored(folder, listing, is_dir)
        for name, (source, number) in ignored.items():
            self._skip(folder, names[name], SkipReason.IGNORED_BY_RULE, source.explain(number))
        for name, (source, number) in excluded.items():
            if name not in ignored:
                self._skip(folder, names[name], SkipReason.EXCLUDED, source.explain(number))
        for name in ignored.keys() | excluded.keys():
            del names[name]

    def _keep_included(self) -> None:
        if not self.settings.include:
            return
        files = self.result.files
        included = GlobFilter(self.settings.include).select([row[0] for row in files])
        for path, size, mtime_ns, ctime_ns in files:
            if path not in included:
                row = (path, SkipReason.EXCLUDED, "matches no include glob", size, mtime_ns, ctime_ns)
                self.result.skipped.append(row)
        self.result.files = [row for row in files if row[0] in included]

    def _skip(self, folder: RelPath, entry: os.DirEntry[bytes], reason: SkipReason, detail: str) -> None:
        path = folder + entry.name + (b"/" if entry.is_dir(follow_symlinks=False) else b"")
        self.result.skipped.append((path, reason, detail, 0, 0, 0))

    def _failed(self, path: RelPath, exc: OSError) -> None:
        """A row for a path that was listed but could not be looked at."""
        if isinstance(exc, FileNotFoundError | NotADirectoryError):
            self.result.skipped.append((path, SkipReason.VANISHED, "gone while scanning", 0, 0, 0))
            return
        self.result.skipped.append((path, SkipReason.UNREADABLE, _why(exc), 0, 0, 0))
        self._report(path, _why(exc))

    def _report(self, path: bytes, why: str) -> None:
        self.result.errors.append((path, why))

    def _odd(self, path: RelPath, info: os.stat_result, full: bytes) -> None:
        """A row for what is no regular file of a bearable size."""
        kind = stat.S_IFMT(info.st_mode)
        if kind == stat.S_IFREG:
            reason = SkipReason.TOO_LARGE
            detail = f"{info.st_size} bytes, limit {self.settings.max_exact_bytes}"
        elif kind == stat.S_IFLNK or kind == stat.S_IFDIR:  # a folder here is a Windows junction
            reason, detail = self._link(full)
        else:
            reason, detail = SkipReason.NOT_A_FILE, _KINDS.get(kind, "special file")
        self.result.skipped.append((path, reason, detail, info.st_size, info.st_mtime_ns, info.st_ctime_ns))

    def _link(self, full: bytes) -> tuple[SkipReason, str]:
        try:
            target = os.path.realpath(full, strict=True)
        except PermissionError as exc:
            return SkipReason.UNREADABLE, _why(exc)
        except OSError as exc:
            return SkipReason.OUTSIDE_ROOT, f"leads nowhere: {_why(exc)}"
        shown = display_path(target)
        if os.path.join(target, b"").startswith(self.real_root):
            return SkipReason.SYMLINK, f"to {shown}"
        return SkipReason.OUTSIDE_ROOT, f"to {shown}"


def _is_junction(entry: os.DirEntry[bytes]) -> bool:
    """Whether a folder is a Windows mount point, which would lead anywhere, loops included."""
    if sys.platform == "win32":
        info = entry.stat(follow_symlinks=False)
        return bool(info.st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT)
    return False


def _why(exc: OSError | ValueError) -> str:
    return str(getattr(exc, "strerror", None) or exc)
