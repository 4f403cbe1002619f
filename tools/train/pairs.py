"""Mine the training pairs of every repository, one file a repository; what is there already is kept."""

from __future__ import annotations

import argparse
import pickle
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tools.train.mining import (
    KIND_NAMES,
    CommitPlaces,
    Pair,
    doc_pairs,
    inline_pairs,
    limited,
    name_pairs,
    path_pairs,
    read_sources,
    title_pairs,
)
from tools.train.repositories import ENVIRONMENT, Repository, blobs, held_out, refused_blobs, training
from tools.train.sections import section_pairs

COMMITS = 10_000
"""Most commits of a repository that are looked at."""

COMMIT_SECONDS = 60.0
"""Longest that one repository's history is read."""

MOST_FILES = 5
MOST_LINES = 400
"""Commits that change more are about nothing in particular."""


class Commit(NamedTuple):
    """A small commit."""

    subject: str
    body: str
    files: dict[str, list[bytes]]
    """added lines by path"""


def commits(mirror: Path, revision: str, extensions: set[str]) -> Iterator[Commit]:
    """The small commits of a history, the newest first, as far as they change files with such extensions."""
    log = subprocess.Popen(
        [
            "git", f"--git-dir={mirror}", "log", "--no-merges", f"-n{COMMITS}", "--no-renames", "--unified=0",
            "--diff-filter=AM", "--no-color", "--no-ext-diff", "-p", "--format=%x00%s%n%b%x01", revision,
            "--", *(f"*.{extension}" for extension in sorted(extensions)),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
    )  # fmt: skip
    assert log.stdout is not None  # noqa: S101  (PIPE)
    until = time.monotonic() + COMMIT_SECONDS
    message: list[str] = []
    files: dict[str, list[bytes]] = {}
    path, lines, in_message = "", 0, False
    for line in log.stdout:
        if line.startswith(b"\0"):
            if 0 < len(files) <= MOST_FILES and lines < MOST_LINES:
                yield Commit(message[0], "\n".join(message[1:]), files)
            message, files, path, lines, in_message = [], {}, "", 0, True
            if time.monotonic() > until:
                break
        if in_message:
            message.append(line.decode("utf-8", "replace").strip("\0\1\n"))
            in_message = not line.endswith(b"\1\n")
        elif line.startswith(b"+++ b/"):
            path = line[6:].strip().decode("utf-8", "replace")
            if len(files) <= MOST_FILES:
                files[path] = []
        elif line.startswith(b"+") and lines < MOST_LINES and path in files:
            files[path].append(line[1:].strip())
            lines += 1
    log.kill()
    log.wait()
    log.stdout.close()


def mine(repository: Repository, mirrors: Path, never: set[bytes], into: Path) -> str:
    """Write the pairs of one repository; returns a line that says how many."""
    file = into / f"{repository.folder}.pickle"
    if file.exists():
        return f"{repository.name}: there"
    began = time.monotonic()
    chance = random.Random(repository.name)
    mirror = repository.mirror(mirrors)
    own = blobs(mirror, repository.revision)
    allowed = {path: blob for path, blob in own.items() if blob not in never}
    extensions = set()
    places = CommitPlaces()
    found: list[Pair] = []
    chunks = 0
    for source in read_sources(mirror, allowed, chance):
        extensions.add(source.path.rpartition(".")[2])
        places.add(source)
        found += doc_pairs(source)
        found += name_pairs(source, chance)
        found += path_pairs(source, chance)
        found += inline_pairs(source)
        found += title_pairs(source)
        chunks += len(source.cuts)
    found += section_pairs(mirror, allowed, chance)
    read = time.monotonic()
    for commit in commits(mirror, repository.revision, extensions):
        found += places.pairs(*commit)
    kept = limited(found, chance)
    unfinished = file.with_suffix(".part")
    unfinished.write_bytes(pickle.dumps([tuple(pair) for pair in kept], protocol=5))
    unfinished.rename(file)
    counts = Counter(pair.kind for pair in kept)
    told = " ".join(f"{name} {counts[kind]}" for kind, name in enumerate(KIND_NAMES))
    return (
        f"{repository.name}: {chunks} chunks, {told}; {len(allowed)} of {len(own)} files; "
        f"{read - began:.0f} + {time.monotonic() - read:.0f} s"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirrors", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--refuse", type=Path, nargs="*", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="names of repositories")
    options = parser.parse_args()
    options.into.mkdir(parents=True, exist_ok=True)
    never = refused_blobs(options.mirrors, options.refuse)
    todo = training()
    random.Random(1).shuffle(todo)
    with ProcessPoolExecutor(options.jobs) as pool:
        asked = [
            pool.submit(mine, repository, options.mirrors, refuse, options.into)
            for repositories, refuse in ((held_out(), set()), (todo, never))
            for repository in repositories
            if not options.only or repository.name in options.only
        ]
        for answer in asked:
            print(answer.result(), flush=True)


if __name__ == "__main__":
    main()
