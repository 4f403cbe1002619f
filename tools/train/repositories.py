"""The repositories of the training: their list, their mirrors, and which must never be among them.

A repository of the public judged set or of our own judged queries is refused: a model must not have seen the code
that it is measured on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
LIST = HERE / "repos.json"
DEV = HERE.parents[1] / "bench" / "quality" / "dev" / "repos.json"


class Repository(NamedTuple):
    """A repository at one revision."""

    name: str
    """owner/name"""
    revision: str

    @property
    def folder(self) -> str:
        """The name of its folder among mirrors."""
        return self.name.replace("/", "+")

    def mirror(self, mirrors: Path) -> Path:
        """Its bare repository."""
        return mirrors / self.folder / "repo"


def training() -> list[Repository]:
    """The repositories of repos.json, in its order."""
    return [Repository(**entry) for entry in json.loads(LIST.read_text())]


def held_out() -> list[Repository]:
    """The repositories of our own judged queries, on which models are compared."""
    return [
        Repository(entry["url"].removeprefix("https://github.com/").removesuffix(".git"), entry["revision"])
        for entry in json.loads(DEV.read_text())
    ]


def refused(lists: list[Path]) -> set[str]:
    """Names that must not be trained on, lower case: those of our judged queries, and those in `lists`.

    A list is a JSON file like ours, or one name a line, with ``#`` before remarks.
    """
    names = {repository.name.lower() for repository in held_out()}
    for file in lists:
        if file.suffix == ".json":
            urls = (entry["url"] for entry in json.loads(file.read_text()))
            names |= {url.removeprefix("https://github.com/").removesuffix(".git").lower() for url in urls}
        else:
            lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
            names |= {line.lower() for line in lines if line}
    return names


ENVIRONMENT = {**os.environ, "GIT_NO_LAZY_FETCH": "1"}


def git(mirror: Path, *arguments: str, sent: bytes | None = None) -> bytes:
    """What git prints about the bare repository `mirror`, given `sent`.  Raises CalledProcessError."""
    return subprocess.run(
        ["git", f"--git-dir={mirror}", *arguments],
        check=True, input=sent, stdout=subprocess.PIPE, env=ENVIRONMENT,
    ).stdout  # fmt: skip


def write_list(mirrors: Path, refuse: list[Path]) -> None:
    """Write repos.json: every mirror that is not refused, at its HEAD."""
    never = refused(refuse)
    found = []
    for folder in sorted(mirrors.iterdir(), key=lambda path: path.name.lower()):
        name = folder.name.replace("+", "/", 1)
        mirror = folder / "repo"
        if "/" in name and mirror.is_dir() and name.lower() not in never:
            found.append({"name": name, "revision": git(mirror, "rev-parse", "HEAD").decode().strip()})
    lines = ",\n".join(json.dumps(entry) for entry in found)
    LIST.write_text(f"[\n{lines}\n]\n")


def blobs(mirror: Path, revision: str) -> dict[str, bytes]:
    """Object name by path of every file at `revision`."""
    found = {}
    for entry in git(mirror, "ls-tree", "-r", "-z", revision).split(b"\0"):
        description, _, path = entry.partition(b"\t")
        if description.startswith(b"100"):
            found[path.decode("utf-8", "surrogateescape")] = description.split()[2]
    return found


def read_blobs(mirror: Path, names: list[bytes]) -> list[bytes | None]:
    """The contents of the objects `names`; None where a partial mirror has none."""
    if not names:
        return []
    printed = git(mirror, "cat-file", "--batch", sent=b"\n".join(names) + b"\n")
    found: list[bytes | None] = []
    at = 0
    for _ in names:
        end = printed.index(b"\n", at)
        header = printed[at:end].split()
        if header[1] == b"missing":
            found.append(None)
            at = end + 1
        else:
            size = int(header[2])
            found.append(printed[end + 1 : end + 1 + size])
            at = end + size + 2
    return found


def refused_blobs(mirrors: Path, lists: list[Path]) -> set[bytes]:
    """Object names of all files of the refused repositories that have a mirror: their copies are left out too."""
    never = refused(lists)
    found: set[bytes] = set()
    for folder in mirrors.iterdir():
        if folder.name.replace("+", "/", 1).lower() in never:
            found |= set(blobs(folder / "repo", "HEAD").values())
    return found


def clone(mirrors: Path) -> None:
    """Clone what has no mirror yet."""
    for repository in training() + held_out():
        mirror = repository.mirror(mirrors)
        if not mirror.is_dir():
            url = f"https://github.com/{repository.name}.git"
            subprocess.run(["git", "clone", "--quiet", "--bare", url, str(mirror)], check=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirrors", type=Path, required=True, help="bare repositories, <owner>+<name>/repo")
    parser.add_argument("--write-list", action="store_true", help="write repos.json from the mirrors")
    parser.add_argument(
        "--refuse", type=Path, nargs="*", default=[], help="lists of names that must not be in it"
    )
    options = parser.parse_args()
    if options.write_list:
        write_list(options.mirrors, options.refuse)
    else:
        clone(options.mirrors)


if __name__ == "__main__":
    main()
