"""Mine questions with known answers from the history and the definitions of repositories.

    python -m tools.rank.mine --mirrors DIR --choose NAME... [--refuse FILE...]    writes repos.json
    python -m tools.rank.mine --mirrors DIR --out DIR                              checkouts and queries.jsonl

None of the repositories may have trained the bundled model: its vectors would answer their commits' subjects better
than those of code it never saw, and the ranker would trust them too much.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tools.train.comments import commit_subject, sentences
from tools.train.mining import DOCSTRING, HEADER, NO_CODE
from tools.train.repositories import blobs, git, read_blobs, refused, training

from codelode.search.pool import MAIN_KINDS
from codelode.search.prominence import is_aside
from codelode.settings import Settings
from codelode.structure.definitions import Definitions
from codelode.structure.extract import extract
from codelode.structure.rules import KINDS, PRIVATE, PROTECTED
from codelode.text import languages
from codelode.text.decode import decode
from codelode.text.tokens import words

HERE = Path(__file__).resolve().parent

LIST = HERE / "repos.json"

COMMITS, SYMBOLS, MEMBERS, SHARED, SPOKEN, DOCS = 40, 15, 10, 6, 8, 25
"""Most queries of a type from one repository."""

FEW, SEVERAL = range(1, 3), range(3, 7)
"""Files that define a name that means one thing, and one that means several, each of which is an answer."""

FEWEST, MOST = 150, 900
"""Commits between the revision and the newest one: enough to give questions, few enough that files are the same."""

ANSWERS = 3
"""A commit that changes more source files is about no place in particular."""

CHANGED = 8
"""The same, tests and documentation included."""

ROOT_SHARE = 0.85
"""A folder that holds so much of the source, tests left out, is where a user would search."""

FILE_BYTES = 300_000
SHORTEST = 300
"""Bytes that a file must have beside the comment that is asked for."""

_IDENTIFIER = re.compile(r"[A-Za-z_]\w{3,}")


_BARE = re.compile(r"(?i)(?:update|create|add|delete|rename|fix|change|edit)\w*\s+\S*\.\w+\W*$")
"""A subject that only names a file, as web pages propose it."""


class Commit(NamedTuple):
    """A commit that says what it changed."""

    revision: str
    said: str
    paths: tuple[str, ...]
    """source files that it modified, tests left out"""


class Named(NamedTuple):
    """A public definition."""

    path: str
    name: str
    inner: bool
    """it stands in another one that is no module"""


class Said(NamedTuple):
    """A comment that says what code does, and where it stands in its file (bytes)."""

    path: str
    text: str
    start: int
    end: int


@dataclass(slots=True)
class Told:
    """What the source of a repository tells."""

    named: list[Named] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    mentions: Counter[str] = field(default_factory=Counter)
    """in how many files each word of code stands"""


def is_source(path: str) -> bool:
    """Whether `path` is the project's own code, by its name."""
    coded = path.encode("utf-8", "surrogateescape")
    hidden = coded.startswith(b".") or b"/." in coded
    return not hidden and languages.of_path(coded) not in NO_CODE and not is_aside(coded)


def commits(mirror: Path, newest: str, count: int) -> Iterator[Commit]:
    """Those of the last `count` commits, newest first, that tell a question and its answers."""
    log = git(
        mirror, "log", "--no-merges", "--name-status", "--no-renames", f"-n{count}", "--format=%x01%H%x02%s%x02",
        newest,
    ).decode("utf-8", "replace")  # fmt: skip
    for entry in log.split("\1")[1:]:
        revision, subject, changed = entry.split("\2")
        rows = [line.partition("\t") for line in changed.splitlines() if "\t" in line]
        code = [(kind, path) for kind, _, path in rows if is_source(path)]
        said = commit_subject(subject)
        if (
            said
            and not _BARE.match(said)
            and 0 < len(code) <= ANSWERS
            and len(rows) <= CHANGED
            and all(kind == "M" for kind, _ in code)
        ):
            yield Commit(revision, said, tuple(path for _, path in code))


def choose_revision(mirror: Path, enough: int = 2 * COMMITS, most: int = MOST) -> str:
    """The commit on the main line after which there are `enough` questions, or `most` commits."""
    newest = git(mirror, "rev-parse", "HEAD").decode().strip()
    order = git(mirror, "rev-list", "--no-merges", f"-n{most}", newest).decode().split()
    telling = [commit.revision for commit in commits(mirror, newest, most)]
    oldest = telling[min(enough, len(telling)) - 1] if telling else order[-1]
    place = min(max(order.index(oldest), FEWEST), len(order) - 1)
    date = git(mirror, "show", "-s", "--format=%cI", order[place]).decode().strip()
    return git(mirror, "rev-list", "--first-parent", "-n1", f"--before={date}", newest).decode().strip()


def source_root(paths: Iterable[str]) -> str:
    """The innermost folder that holds nearly all source; "" for the whole repository."""
    sources = [PurePosixPath(path) for path in paths if is_source(path)]
    root = PurePosixPath()
    while True:
        inside = Counter(
            path.relative_to(root).parts[0] for path in sources if len(path.relative_to(root).parts) > 1
        )
        if not inside:
            return "" if root == PurePosixPath() else str(root)
        folder, count = inside.most_common(1)[0]
        if count < ROOT_SHARE * len(sources):
            return "" if root == PurePosixPath() else str(root)
        root /= folder
        sources = [path for path in sources if path.is_relative_to(root)]


def choose(mirrors: Path, names: list[str], lists: list[Path]) -> None:
    """Write repos.json.  Every second repository is searched whole, the others in their source folder, as users do."""
    never = refused(lists) | {repository.name.lower() for repository in training()}
    entries = []
    for number, name in enumerate(sorted(set(names), key=str.lower)):
        if name.lower() in never:
            raise SystemExit(f"{name} must not train the ranker: it is evaluated on, or trained the model")
        mirror = mirrors / name.replace("/", "+") / "repo"
        revision = choose_revision(mirror)
        root = "" if number % 2 else source_root(blobs(mirror, revision))
        newest = git(mirror, "rev-parse", "HEAD").decode().strip()
        entries.append({"name": name, "revision": revision, "newest": newest, "root": root})
        print(entries[-1], flush=True)
    LIST.write_text("[\n" + ",\n".join(map(json.dumps, entries)) + "\n]\n")


def read_source(mirror: Path, files: dict[str, bytes]) -> Told:
    """The public definitions and the comments of the source `files`."""
    told = Told()
    paths = sorted(files)
    limit = Settings().max_parsed_bytes
    for path, data in zip(paths, read_blobs(mirror, [files[path] for path in paths]), strict=True):
        text = decode(data) if data and len(data) < FILE_BYTES else None
        if not isinstance(text, bytes):
            continue
        coded = path.encode("utf-8", "surrogateescape")
        _, found = extract(languages.of_file(coded, text), languages.extension(coded), text, limit)
        told.mentions.update(set(_IDENTIFIER.findall(text.decode("utf-8", "replace"))))
        told.said += _comments(path, text, found)
        for at, kind in enumerate(found.kinds):
            parent = found.parents[at]
            inner = parent >= 0 and KINDS[found.kinds[parent]] != "module"
            if MAIN_KINDS[kind] and found.visibilities[at] not in (PROTECTED, PRIVATE):
                name = text[found.name_starts[at] : found.name_ends[at]].decode("utf-8", "replace")
                told.named.append(Named(path, name, inner))
    return told


def _comments(path: str, text: bytes, found: Definitions) -> Iterator[Said]:
    """Comments before definitions, in them as Python has it, and at the top of the file."""
    spans = {(found.leads[at], found.starts[at]) for at in range(len(found)) if MAIN_KINDS[found.kinds[at]]}
    for at in range(len(found)):
        inside = DOCSTRING.match(text[found.bodies[at] : found.bodies[at] + 4000])
        if inside and path.endswith(".py"):
            spans.add((found.bodies[at] + inside.start(), found.bodies[at] + inside.end()))
    top = HEADER.match(text[:6000])
    if top:
        spans.add(top.span(1))
    for start, end in sorted(spans):
        said = sentences(text[start:end].decode("utf-8", "replace"), 5) if start < end else []
        if said and len(text) - (end - start) > SHORTEST:
            yield Said(path, said[0], start, end)


def names_asked(
    told: Told, chance: random.Random, *, inner: bool, files: range
) -> list[tuple[str, list[str]]]:
    """Names with the files that define them, so many as `files` says, those that many files mention likelier first.

    `inner`: names of which all definitions stand in others; otherwise those of which one does not."""
    where: dict[str, set[str]] = defaultdict(set)
    outer = {each.name for each in told.named if not each.inner}
    for each in told.named:
        if each.inner is inner and (each.name in outer) is not inner:
            where[each.name].add(each.path)
    fit = [
        name for name, paths in where.items() if len(paths) in files and len(name) > 3 and name.isidentifier()
    ]
    # Weighted sampling without replacement: Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006.
    order = sorted(fit, key=lambda name: chance.random() ** (1 / (1 + told.mentions[name])), reverse=True)
    return [(name, sorted(where[name])) for name in order]


def queries(mirror: Path, entry: dict[str, str], never: set[bytes]) -> Iterator[dict[str, Any]]:
    """The questions of one repository, their answers counted from its root."""
    chance = random.Random(entry["name"])
    root = entry["root"] + "/" if entry["root"] else ""
    there = {
        path: name for path, name in blobs(mirror, entry["revision"]).items()
        if path.startswith(root) and name not in never
    }  # fmt: skip
    own = {path: name for path, name in there.items() if is_source(path)}

    def question(kind: str, query: str, paths: Iterable[str]) -> dict[str, Any]:
        return {
            "repo": entry["name"], "type": kind, "query": query, "targets": [path[len(root) :] for path in paths],
        }  # fmt: skip

    asked: set[str] = set()
    span = f"{entry['revision']}..{entry['newest']}"
    history = [
        commit for commit in commits(mirror, span, 10 * MOST) if all(path in own for path in commit.paths)
    ]
    chance.shuffle(history)
    for commit in history:
        if commit.said.lower() not in asked and len(asked) < COMMITS:
            asked.add(commit.said.lower())
            yield question("commit", commit.said, commit.paths)
    told = read_source(mirror, own)
    named = names_asked(told, chance, inner=False, files=FEW)
    for name, paths in named[:SYMBOLS]:
        yield question("symbol", name, paths)
    spoken = [(words(name), paths) for name, paths in named[SYMBOLS:]]
    for parts, paths in [(parts, paths) for parts, paths in spoken if len(parts) > 1][:SPOKEN]:
        yield question("spoken", " ".join(parts), paths)
    # One of a file: files with many comments are no likelier to be asked for.
    chance.shuffle(told.said)
    said = {each.path: each for each in told.said}
    for path in sorted(said, key=lambda _: chance.random())[:DOCS]:
        yield question("doc", said[path].text, [path]) | {"hole": [said[path].start, said[path].end]}
    for name, paths in names_asked(told, chance, inner=True, files=FEW)[:MEMBERS]:
        yield question("member", name, paths)
    for name, paths in names_asked(told, chance, inner=False, files=SEVERAL)[:SHARED]:
        yield question("shared", name, paths)


def check_out(mirror: Path, revision: str, folder: Path, holes: dict[str, list[int]]) -> None:
    """The files of `revision` in `folder`, without the comments that became questions (`holes`: byte offsets by path),
    which would answer themselves.  Files that a partial mirror lacks are left out."""
    files = blobs(mirror, revision)
    for path, data in zip(files, read_blobs(mirror, list(files.values())), strict=True):
        if data is None:
            continue
        if path in holes:
            start, end = holes[path]
            data = data[:start] + b"\n" * data.count(b"\n", start, end) + data[end:]
        place = folder / path
        if not place.is_file() or place.read_bytes() != data:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


def mine(mirrors: Path, out: Path) -> None:
    """Check out every repository of repos.json below `out` and write out/queries.jsonl."""
    entries = json.loads(LIST.read_text())
    never: set[bytes] = set()
    for name in refused([]):
        mirror = mirrors / name.replace("/", "+") / "repo"
        if mirror.is_dir():
            never |= set(blobs(mirror, "HEAD").values())
    with (out / "queries.jsonl").open("w") as file:
        for entry in entries:
            folder = entry["name"].replace("/", "+")
            mirror = mirrors / folder / "repo"
            rows = list(queries(mirror, entry, never))
            holes = {}
            for row in rows:
                hole = row.pop("hole", None)
                if hole:
                    holes[str(PurePosixPath(entry["root"], row["targets"][0]))] = hole
                file.write(json.dumps(row) + "\n")
            check_out(mirror, entry["revision"], out / folder, holes)
            print(entry["name"], dict(Counter(str(row["type"]) for row in rows)), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirrors", type=Path, required=True, help="bare repositories, <owner>+<name>/repo")
    parser.add_argument("--choose", nargs="+", default=[], metavar="NAME", help="write repos.json")
    parser.add_argument(
        "--refuse", type=Path, nargs="*", default=[], help="lists of names that must not be in it"
    )
    parser.add_argument("--out", type=Path, help="folder of the checkouts and of queries.jsonl")
    options = parser.parse_args()
    if options.choose:
        choose(options.mirrors, options.choose, options.refuse)
    elif options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        mine(options.mirrors, options.out)
    else:
        parser.error("give --choose or --out")


if __name__ == "__main__":
    main()
