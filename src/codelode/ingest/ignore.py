"""Which files a tree says to leave alone: ``.gitignore`` and its kin, exactly as git reads them.

Three names count in every folder, each above the next: ``.codelodeignore``, ``.ignore`` (as for ripgrep) and
``.gitignore``; below them git's ``info/exclude`` and the user's ``core.excludesFile``.  Within one kind the
deeper folder wins, within one file the last rule that matches.  Inside a nested repository git's rules of the
outer one do not count.  Folders above the root count up to the top of the work tree that the root lies in.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from codelode.ingest.gitrepo import (
    Report,
    Repository,
    enclosing_repository,
    git_settings,
    read_regular,
    repository_at,
)
from codelode.model import RelPath, display_path
from codelode.text.globs import Glob, GlobSet, join, parse


class Kind(IntEnum):
    """Where rules come from; a smaller one decides first."""

    CODELODE = 0
    IGNORE = 1
    GIT = 2
    GIT_EXCLUDE = 3
    GIT_GLOBAL = 4


FILE_NAMES = {b".codelodeignore": Kind.CODELODE, b".ignore": Kind.IGNORE, b".gitignore": Kind.GIT}


class Listing:
    """The names in one folder, in the forms that matching them in bulk needs, each made once."""

    __slots__ = ("_folded", "_joined", "_joined_folded", "names")

    def __init__(self, names: Collection[bytes]) -> None:
        self.names = names
        self._joined: bytes | None = None
        self._joined_folded: bytes | None = None
        self._folded: dict[bytes, list[bytes]] | None = None

    def folded(self) -> dict[bytes, list[bytes]]:
        """The names by their ASCII lower-case form."""
        if self._folded is None:
            self._folded = {}
            for name in self.names:
                self._folded.setdefault(name.lower(), []).append(name)
        return self._folded

    def joined(self, fold: bool) -> bytes:
        """All names, or all their lower-case forms, as one text."""
        if fold:
            if self._joined_folded is None:
                self._joined_folded = join(self.folded())
            return self._joined_folded
        if self._joined is None:
            self._joined = join(self.names)
        return self._joined


class Rules:
    """The rules of one ignore file, by number (0-based, in file order)."""

    __slots__ = (
        "_literals",
        "_literals_at",
        "_name_rules",
        "_names",
        "_path_rules",
        "_paths",
        "_shapes",
        "fold",
        "globs",
        "lines",
    )

    def __init__(self, globs: Iterable[tuple[int, Glob]], *, fold: bool = False) -> None:
        self.fold = fold
        self.lines: list[int] = []
        self.globs: list[Glob] = []
        self._literals: dict[bytes, list[int]] = {}
        self._literals_at: dict[bytes, dict[bytes, list[int]]] = {}
        self._name_rules: list[int] = []
        self._path_rules: list[int] = []
        for line, glob in globs:
            number = len(self.globs)
            self.lines.append(line)
            self.globs.append(glob)
            if glob.literal is None:
                (self._path_rules if glob.anchored else self._name_rules).append(number)
            elif glob.anchored:
                folder, slash, name = glob.literal.rpartition(b"/")
                self._literals_at.setdefault(folder + slash, {}).setdefault(name, []).append(number)
            else:
                self._literals.setdefault(glob.literal, []).append(number)
        self._names = GlobSet([self.globs[i].regex for i in self._name_rules])
        self._paths = GlobSet([self.globs[i].regex for i in self._path_rules])
        # Most folders cannot hold a match of any anchored rule; beginning and depth show it at once.
        self._shapes = {(self.globs[i].prefix, self.globs[i].slashes) for i in self._path_rules}

    def match(self, folder: bytes, listing: Listing) -> dict[bytes, list[int]]:
        """Names of `listing` that some rule matches, and the numbers of all those rules, ascending.

        `folder`, relative to the one of the ignore file, is empty or ends in a slash.
        """
        found: dict[bytes, list[int]] = {}
        fold = self.fold
        names: Collection[bytes] = listing.names
        if fold:
            folder = folder.lower()
            names = listing.folded()
        for literals in (self._literals, self._literals_at.get(folder)):
            if literals:
                for name in _common(literals, names):
                    found.setdefault(name, []).extend(literals[name])
        if self._name_rules:
            for name in self._names.candidates(listing.joined(fold)):
                numbers = [self._name_rules[i] for i in self._names.which(name)]
                found.setdefault(name, []).extend(numbers)
        if self._path_rules and self._may_match_in(folder):
            for path in self._paths.candidates(join(names, folder)):
                numbers = [self._path_rules[i] for i in self._paths.which(path)]
                found.setdefault(path[len(folder) :], []).extend(numbers)
        for numbers in found.values():
            numbers.sort()
        if fold:
            originals = listing.folded()
            return {name: numbers for folded, numbers in found.items() for name in originals[folded]}
        return found

    def _may_match_in(self, folder: bytes) -> bool:
        depth = folder.count(b"/")
        return any(
            (slashes is None or slashes == depth) and (folder.startswith(prefix) or prefix.startswith(folder))
            for prefix, slashes in self._shapes
        )


def _common(literals: Mapping[bytes, object], names: Collection[bytes]) -> list[bytes]:
    if len(literals) < len(names):
        return [name for name in literals if name in names]
    return [name for name in names if name in literals]


@functools.lru_cache(maxsize=1024)
def rules_of(content: bytes, fold: bool = False) -> Rules:
    """The rules that an ignore file with this content holds."""
    return Rules(_parse_lines(content, fold), fold=fold)


def _parse_lines(content: bytes, fold: bool) -> Iterator[tuple[int, Glob]]:
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line or line.startswith(b"#"):
            continue
        text = line.removesuffix(b"\r").partition(b"\0")[0]  # git's strings end at NUL
        glob = parse(_trimmed(text), fold=fold)
        if glob is not None:
            yield number, glob


def _trimmed(text: bytes) -> bytes:
    """`text` without trailing spaces, except one that a backslash keeps."""
    bare = text.rstrip(b" ")
    if len(bare) < len(text):
        backslashes = len(bare) - len(bare.rstrip(b"\\"))
        if backslashes % 2:
            return text[: len(bare) + 1]
    return bare


@dataclass(frozen=True, slots=True)
class Source:
    """Rules at work in a scan."""

    kind: Kind
    rules: Rules
    where: str
    """the file they stand in, for people"""
    base: bytes = b""
    """the folder that anchored rules count from, relative to the root: empty or ending in a slash"""
    lead: bytes = b""
    """for a base above the root: the way from it to the root, ending in a slash"""

    def folder(self, folder: RelPath) -> bytes:
        """`folder` (relative to the root) as this source's rules want it."""
        return self.lead + folder[len(self.base) :]

    def explain(self, number: int) -> str:
        """Rule `number` as ``file:line: text``."""
        return f"{self.where}:{self.rules.lines[number]}: {display_path(self.rules.globs[number].text)}"


@dataclass(frozen=True, slots=True)
class Scope:
    """The rules that hold in a folder."""

    sources: tuple[Source, ...] = ()
    """the one that decides first in front"""
    ignore_case: bool = False
    """git's ``core.ignoreCase`` of the repository that the folder lies in"""

    def ignored(
        self, folder: RelPath, listing: Listing, is_dir: Callable[[bytes], bool]
    ) -> dict[bytes, tuple[Source, int]]:
        """The names of `listing` (those in `folder`) to ignore, each with the source and rule that decide."""
        found: dict[bytes, tuple[Source, int]] = {}
        spared: set[bytes] = set()
        for source in self.sources:
            globs = source.rules.globs
            for name, numbers in source.rules.match(source.folder(folder), listing).items():
                if name in found or name in spared:
                    continue
                for number in reversed(numbers):
                    if not globs[number].dir_only or is_dir(name):
                        if globs[number].negated:
                            spared.add(name)
                        else:
                            found[name] = (source, number)
                        break
        return found

    def plus(self, source: Source) -> Scope:
        """This scope with the rules of one more, deeper, ignore file."""
        at = next((i for i, other in enumerate(self.sources) if other.kind >= source.kind), len(self.sources))
        return Scope((*self.sources[:at], source, *self.sources[at:]), self.ignore_case)


def exclude_scope(globs: Iterable[str]) -> Scope:
    """The `exclude` setting as rules of an ignore file at the root."""
    texts = [glob.encode("utf-8", "surrogateescape") for glob in globs]
    parsed = [(number, glob) for number, text in enumerate(texts, 1) if (glob := parse(text)) is not None]
    return Scope((Source(Kind.CODELODE, Rules(parsed), "exclude"),) if parsed else ())


class IgnoreFiles:
    """Finds and reads the ignore files of one scan."""

    def __init__(self, root: bytes, environ: Mapping[str, str], report: Report) -> None:
        """`root` is an absolute path; `report` is told of ignore files that cannot be read."""
        self._root = os.path.join(root, b"")
        self._environ = environ
        self._report = report

    def above(self) -> Scope:
        """What holds before the root's own ignore files are read."""
        real = os.path.realpath(self._root)
        repository = enclosing_repository(real, self._report)
        if repository is None or repository.top == real:
            return self._git_scope(repository, Scope(), b"", b"")
        parts = os.path.relpath(real, repository.top).replace(os.fsencode(os.sep), b"/").split(b"/")
        scope = self._git_scope(repository, Scope(), b"", b"/".join(parts) + b"/")
        folder = repository.top
        for depth, part in enumerate(parts):
            lead = b"/".join(parts[depth:]) + b"/"
            for name, kind in FILE_NAMES.items():
                path = os.path.join(folder, name)
                # git opens .gitignore without following links.
                if kind is not Kind.GIT or not os.path.islink(path):
                    scope = self._with_file(scope, kind, path, display_path(path), b"", lead)
            folder = os.path.join(folder, part)
        return scope

    def inside(self, scope: Scope, folder: RelPath, names: Mapping[bytes, os.DirEntry[bytes]]) -> Scope:
        """What holds in `folder` (relative, empty or ending in a slash) that lists `names`.

        `scope` is what holds in the folder above.
        """
        if b".git" in names and folder:
            repository = repository_at(self._root + folder[:-1], self._report)
            if repository is not None:
                others = tuple(source for source in scope.sources if source.kind < Kind.GIT)
                scope = self._git_scope(repository, Scope(others), folder, b"")
        for name, kind in FILE_NAMES.items():
            entry = names.get(name)
            if entry is not None and (kind is not Kind.GIT or not entry.is_symlink()):
                path = folder + name
                scope = self._with_file(scope, kind, self._root + path, display_path(path), folder, b"")
        return scope

    def _git_scope(self, repository: Repository | None, scope: Scope, base: bytes, lead: bytes) -> Scope:
        settings = git_settings(repository, self._environ, self._report)
        scope = Scope(scope.sources, settings.ignore_case)
        if settings.excludes_file:
            path = settings.excludes_file
            scope = self._with_file(scope, Kind.GIT_GLOBAL, path, display_path(path), base, lead)
        if repository is not None:
            path = os.path.join(repository.common_dir, b"info", b"exclude")
            scope = self._with_file(scope, Kind.GIT_EXCLUDE, path, display_path(path), base, lead)
        return scope

    def _with_file(
        self, scope: Scope, kind: Kind, path: bytes, where: str, base: bytes, lead: bytes
    ) -> Scope:
        content = read_regular(path, self._report)
        if content is None:
            return scope
        rules = rules_of(content, scope.ignore_case and kind >= Kind.GIT)
        return scope.plus(Source(kind, rules, where, base, lead)) if rules.globs else scope
