"""The other tools: how each is found, indexes, and answers the same queries.

A tool that is missing is reported as such; nothing is dropped in silence.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench import measure, subject
from bench.corpora import Corpus, folder_bytes
from bench.machine import usable_cores
from bench.queries import Query

CTAGS_TIMEOUT_S = 2400


@dataclass(frozen=True, slots=True)
class IndexCost:
    """What building an index from nothing took."""

    wall_s: float
    cpu_s: float | None
    bytes: int
    rss_mb: float | None
    pss_mb: float | None


@dataclass(slots=True)
class QueryCost:
    """What one query took, as a whole process from a cold start to the last byte of its answer."""

    wall_s: list[float]
    lines: int
    """lines of output: matching lines, for all tools here"""
    engine_s: list[float] = field(default_factory=list)
    """the part the tool itself says it searched for, where it says so; for codelode, from Python"""

    def to_json(self) -> dict[str, Any]:
        return {
            "median_s": statistics.median(self.wall_s),
            "min_s": min(self.wall_s),
            "max_s": max(self.wall_s),
            "engine_median_s": statistics.median(self.engine_s) if self.engine_s else None,
            "lines": self.lines,
        }


class Peer(Protocol):
    """A search tool over one tree."""

    name: str
    note: str

    def missing(self) -> str:
        """Why it cannot run; empty when it can."""
        ...

    def version(self) -> str: ...

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        """Builds its index into the empty `folder`; None for a tool that has none."""
        ...

    def ask(self, corpus: Corpus, folder: Path, query: Query, runs: int) -> QueryCost: ...


class _Tool:
    """What most peers share: an executable, and a query that is one process."""

    name = ""
    note = ""
    programs: tuple[str, ...] = ()

    def missing(self) -> str:
        absent = [program for program in self.programs if not find(program)]
        return f"not installed ({', '.join(absent)} not on PATH or in $BENCH_PEERS)" if absent else ""

    def version(self) -> str:
        return first_line([self.path(self.programs[0]), "--version"])

    def path(self, program: str) -> str:
        found = find(program)
        if not found:
            raise measure.BenchError(f"{program} is not installed")
        return found

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        raise NotImplementedError

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {}

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        return None

    def ask(self, corpus: Corpus, folder: Path, query: Query, runs: int) -> QueryCost:
        cost = QueryCost([], 0)
        for turn in range(runs + 1):  # the first warms up
            done = self._once(corpus, folder, query)
            if turn:
                cost.wall_s.append(done.wall_s)
                cost.lines = done.lines
                self.engine_time(done, cost)
        return cost

    def engine_time(self, done: measure.ProcessRun, cost: QueryCost) -> None:
        """Adds what the tool says about its own time."""

    def _once(self, corpus: Corpus, folder: Path, query: Query) -> measure.ProcessRun:
        return measure.run(
            self.command(corpus, folder, query),
            env=self.environment(folder),
            cwd=corpus.path,
            accept=(0, 1),
        )

    def _built(self, command: list[str], corpus: Corpus, folder: Path, timeout_s: float = 3600) -> IndexCost:
        done = measure.run(
            command,
            env=self.environment(folder),
            cwd=corpus.path,
            watch_memory=True,
            timeout_s=timeout_s,
        )
        return IndexCost(done.wall_s, done.cpu_s, folder_bytes(folder), done.rss_mb, done.pss_mb)


class Ripgrep(_Tool):
    name = "ripgrep"
    note = "no index; -uu: hidden and ignored files too"
    programs = ("rg",)

    def __init__(self, program: str = "") -> None:
        self._program = program

    def path(self, program: str) -> str:
        return self._program or super().path(program)

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        return ripgrep_command(self.path("rg"), corpus.path, query)


def ripgrep_command(program: str, tree: Path, query: Query) -> list[str]:
    literal = ["-F"] if query.literal else []
    return [program, "-uu", "-n", "--no-heading", "--color=never", *literal, "-e", query.pattern, str(tree)]


def fastest_ripgrep(tree: Path, query: Query, runs: int = 3) -> str:
    """Of the ripgreps beside Python and on PATH, the one that answers `query` first; empty when none is.

    Builds differ: 14.1.0 of the wheel took 0.52 s where Debian's 13.0.0 took 0.41 s.
    """
    found = {Path(p).resolve() for p in (find("rg"), shutil.which("rg")) if p}
    if len(found) < 2:
        return str(*found)
    contenders = {
        str(program): lambda p=program: (
            measure.run(ripgrep_command(str(p), tree, query), accept=(0, 1)).wall_s
        )
        for program in sorted(found)
    }
    times = measure.interleave(contenders, runs)
    return min(times, key=lambda program: statistics.median(times[program]))


class GitGrep(_Tool):
    name = "git grep"
    note = "index: `git add --intent-to-add`, paths and stat data only; it reads the work tree"
    programs = ("git",)

    def _git(self, corpus: Corpus, folder: Path) -> list[str]:
        return [self.path("git"), f"--git-dir={folder}", f"--work-tree={corpus.path}"]

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        measure.run([self.path("git"), "init", "--quiet", "--bare", str(folder)])
        command = [*self._git(corpus, folder), "add", "--intent-to-add", "--force", "."]
        return self._built(command, corpus, folder)

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        kind = "-F" if query.literal else "-E"
        return [*self._git(corpus, folder), "grep", "-n", "--no-color", kind, "-e", query.pattern]


class Csearch(_Tool):
    name = "csearch"
    note = "cindex skips hidden files, and files it takes for binary or with too many trigrams"
    programs = ("csearch", "cindex")

    def version(self) -> str:
        package = first_line(["dpkg-query", "-W", "-f=${Version}", "codesearch"])
        return package or "unknown"

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {"CSEARCHINDEX": str(folder / "csearchindex")}

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        return self._built([self.path("cindex"), str(corpus.path)], corpus, folder)

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        return [self.path("csearch"), "-n", as_regex(query)]


class Zoekt(_Tool):
    programs = ("zoekt-index", "zoekt")

    def __init__(self, ctags: bool) -> None:
        self._ctags = ctags
        self.name = "zoekt + ctags" if ctags else "zoekt"
        self.note = "its index holds the text itself; at most 2 MiB a file; [^,] also matches line ends"

    def missing(self) -> str:
        absent = super().missing()
        if absent or not self._ctags:
            return absent
        return "" if _universal_ctags() else "not installed (no universal-ctags on PATH)"

    def version(self) -> str:
        """What `go install` wrote into the program, and its digest: zoekt has no releases."""
        program = Path(self.path("zoekt-index")).read_bytes()
        found = re.search(rb"mod\tgithub\.com/sourcegraph/zoekt\t([^\t\n]+)", program)
        stamp = found[1].decode() if found else "unknown"
        return f"{stamp}, sha256 {hashlib.sha256(program).hexdigest()[:12]}"

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {"CTAGS_COMMAND": _universal_ctags()} if self._ctags else {}

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        command = [self.path("zoekt-index"), "-parallelism", str(usable_cores()), "-index", str(folder)]
        command.append("-require_ctags" if self._ctags else "-disable_ctags")
        return self._built([*command, str(corpus.path)], corpus, folder, CTAGS_TIMEOUT_S)

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        quoted = as_regex(query).replace("\\", "\\\\").replace('"', '\\"')
        # -v: it says on standard error how long the search itself took.
        return [self.path("zoekt"), "-v", "-index_dir", str(folder), f'content:"{quoted}" case:yes']

    def engine_time(self, done: measure.ProcessRun, cost: QueryCost) -> None:
        found = re.search(r"stats: .*\bDuration:(\d+)", done.err)
        if found:
            cost.engine_s.append(int(found[1]) / 1e9)


class Codelode(_Tool):
    """codelode itself, so that it stands in the same table."""

    name = "codelode"
    note = "searched with --no-refresh, as the peers' indexes are"

    def missing(self) -> str:
        return ""

    def version(self) -> str:
        return first_line(subject.command("--version"))

    def environment(self, folder: Path) -> Mapping[str, str]:
        return subject.environment(folder)

    def build(self, corpus: Corpus, folder: Path) -> IndexCost | None:
        return self._built(subject.command("index", str(corpus.path), "--json"), corpus, folder)

    def command(self, corpus: Corpus, folder: Path, query: Query) -> list[str]:
        return subject.query_command(corpus.path, query, "--no-refresh")

    def ask(self, corpus: Corpus, folder: Path, query: Query, runs: int) -> QueryCost:
        cost = super().ask(corpus, folder, query, runs)
        index = subject.open_index(corpus.path, folder)
        times = measure.interleave(
            {"": lambda: measure.timed(lambda: subject.all_matches(index, query))}, runs
        )
        cost.engine_s = times[""]
        return cost


def every_peer(ripgrep: str = "") -> tuple[Peer, ...]:
    """All tools of the comparison, codelode first; `ripgrep` names the executable to take."""
    return (Codelode(), Ripgrep(ripgrep), GitGrep(), Csearch(), Zoekt(ctags=False), Zoekt(ctags=True))


def find(program: str) -> str:
    """The executable `program` in $BENCH_PEERS, on PATH, or beside Python; empty when there is none."""
    beside = str(Path(sys.executable).parent)
    places = [os.environ.get("BENCH_PEERS", ""), os.environ.get("PATH", ""), beside]
    return shutil.which(program, path=os.pathsep.join(place for place in places if place)) or ""


def _universal_ctags() -> str:
    """Universal ctags under one of its names; Exuberant ctags, also called so, would not do."""
    for name in ("universal-ctags", "ctags-universal", "ctags"):
        path = find(name)
        if path and first_line([path, "--version"]).startswith("Universal Ctags"):
            return path
    return ""


def first_line(command: list[str]) -> str:
    """The first line that `command` prints; empty when it fails or is not there."""
    try:
        done = measure.run(command, keep=True, timeout_s=60)
    except (measure.BenchError, FileNotFoundError):
        return ""
    return done.out.decode("utf-8", "replace").strip().partition("\n")[0]


_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")


def as_regex(query: Query) -> str:
    """The pattern in RE2 syntax, which csearch and zoekt read; `re.escape` would escape spaces too."""
    return _SPECIAL.sub(r"\\\1", query.pattern) if query.literal else query.pattern
