"""The trees that are measured: Linux 6.1 as Debian ships it, a small sample of it, and generated ones.

All that is written goes into the benchmark's cache folder; the Linux tree itself ends as it began.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.measure import BenchError

ARCHIVE = Path("/usr/src/linux-source-6.1.tar.xz")
FILES_A_FOLDER = 200
VOCABULARY = 50_000
LINE_POOL = 200_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """A tree on disk."""

    name: str
    path: Path
    files: int
    bytes: int


def cache_folder(given: str | None = None) -> Path:
    """Where generated trees and indexes live: `given`, else $BENCH_CACHE, else the user's cache."""
    chosen = given or os.environ.get("BENCH_CACHE")
    if chosen:
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "codelode-bench").resolve()


def linux(given: str | None, cache: Path) -> Corpus:
    """The Linux tree: `given`, else $BENCH_LINUX, else Debian's archive unpacked into `cache`."""
    chosen = given or os.environ.get("BENCH_LINUX")
    if chosen:
        path = Path(chosen).expanduser().resolve()
        if not path.is_dir():
            raise BenchError(f"{path} is not a folder")
        return counted("linux", path)
    path = cache / "linux-source-6.1"
    if not _complete(path, "linux"):
        if not ARCHIVE.exists():
            raise BenchError(
                f"no Linux tree: give --corpus DIR or BENCH_LINUX, or install Debian's package "
                f"linux-source-6.1 (it brings {ARCHIVE})"
            )
        shutil.rmtree(path, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run(["tar", "-xJf", str(ARCHIVE), "-C", str(cache)], check=True)
        _mark_complete(path, "linux")
    return counted("linux", path)


def counted(name: str, path: Path) -> Corpus:
    """`path` as a corpus: regular files and their bytes, links not followed."""
    sizes = [entry.stat(follow_symlinks=False).st_size for entry in walk(path)]
    return Corpus(name, path, len(sizes), sum(sizes))


def walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The regular files under `folder`, in a fixed order."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield entry


def warm(corpus: Corpus) -> None:
    """Reads every file once, so that all that follows finds it in the page cache."""
    for entry in walk(corpus.path):
        with Path(entry.path).open("rb", buffering=0) as file:
            while file.read(1 << 20):
                pass


def generated(cache: Path, files: int, size: int = 6_000, seed: int = 1) -> Corpus:
    """`files` files of about `size` bytes of code-like text, the same for the same arguments."""
    path = cache / f"generated-{files}"
    recipe = f"files={files} size={size} seed={seed} version=1"
    if not _complete(path, recipe):
        shutil.rmtree(path, ignore_errors=True)
        _generate(path, files, size, seed)
        _mark_complete(path, recipe)
    return counted(f"generated-{files}", path)


def _generate(path: Path, files: int, size: int, seed: int) -> None:
    texts = generate_texts(files, size, seed)
    for number, text in enumerate(texts):
        folder = path / generated_folder(number)
        if number % FILES_A_FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"unit_{number:06}.c").write_bytes(text)


def generated_folder(number: int) -> Path:
    """The folder of generated file `number`: two levels, at most 200 files in one."""
    leaf = number // FILES_A_FOLDER
    return Path(f"part{leaf // 20:03}", f"module{leaf % 20:02}")


def generate_texts(files: int, size: int, seed: int, pool: int = LINE_POOL) -> Iterator[bytes]:
    """The generated files' contents, in order: whole lines, at least `size` bytes, at most a line more.

    Identifiers follow Zipf's law over one vocabulary, and each file defines names of its own: both shape the
    postings of an index more than anything else does.
    """
    dice = random.Random(seed)
    names = vocabulary(VOCABULARY, dice)
    cumulative = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(names))))
    lines = list(_lines(dice, names, cumulative, pool))
    average = sum(map(len, lines)) / len(lines)
    for number in range(files):
        yield _file_text(dice, lines, number, size, average)


def _file_text(dice: random.Random, lines: list[str], number: int, size: int, average: float) -> bytes:
    own = f"{dice.choice(_SYLLABLES)}_{dice.getrandbits(32):08x}"
    chosen = [
        f"/* Unit {number}: {own} */\n",
        f"static int {own}_init(struct {own} *self)\n{{\n",
        *dice.choices(lines, k=int(size / average)),
    ]
    total = sum(map(len, chosen))
    while total < size:
        chosen.append(dice.choice(lines))
        total += len(chosen[-1])
    return "".join(chosen).encode()


_SYLLABLE_TEXT = """
ba co di fe gu ha ki lo mu ne pa ro si te vu dev buf page lock irq node list map net queue work task
init read write alloc free get set put find next table entry size flags state ctrl reg clk phy
"""
_SYLLABLES = tuple(_SYLLABLE_TEXT.split())
_TEMPLATES = (
    "\t{} = {}({}, {});\n",
    "\tif (!{}->{})\n\t\treturn -{};\n",
    "\tstruct {} *{} = {}->{};\n",
    "/* {} the {} before {} is {} */\n",
    "\t{}(&{}->{}, {});\n",
    "#define {}_{} ({} | {})\n",
    "\tfor ({} = 0; {} < {}; {}++)\n",
    '\t\tdev_err({}, "{} {}: %d\\n", {});\n',
)


def vocabulary(count: int, dice: random.Random) -> list[str]:
    """`count` different identifiers in snake_case, camelCase and CAPITALS."""
    found: dict[str, None] = {}
    while len(found) < count:
        parts = dice.choices(_SYLLABLES, k=dice.randint(1, 4))
        style = dice.random()
        if style < 0.7:
            name = "_".join(parts)
        elif style < 0.9:
            name = parts[0] + "".join(part.capitalize() for part in parts[1:])
        else:
            name = "_".join(parts).upper()
        found[name] = None
    return list(found)


def _lines(dice: random.Random, names: list[str], cumulative: list[float], count: int) -> Iterator[str]:
    for _ in range(count):
        yield dice.choice(_TEMPLATES).format(*dice.choices(names, cum_weights=cumulative, k=4))


def sample(source: Corpus, cache: Path, files: int = 400, size: int = 9_000_000) -> Corpus:
    """`files` C files of `source`'s kernel/ and fs/: every k-th, as near to `size` bytes as that allows."""
    path = cache / f"sample-{files}"
    recipe = f"{source.name} files={files} size={size} total={source.bytes}"
    if not _complete(path, recipe):
        shutil.rmtree(path, ignore_errors=True)
        for entry in choose_sample(_sample_candidates(source), files, size):
            target = path / Path(entry).relative_to(source.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(entry, target)
        _mark_complete(path, recipe)
    return counted(path.name, path)


def _sample_candidates(source: Corpus) -> list[tuple[str, int]]:
    found = []
    for part in ("fs", "kernel"):
        folder = source.path / part
        if folder.is_dir():
            found += [(e.path, e.stat().st_size) for e in walk(folder) if e.name.endswith((".c", ".h"))]
    return found


def choose_sample(candidates: list[tuple[str, int]], files: int, size: int) -> list[str]:
    """Every k-th of `candidates` (path, bytes), starting where the sum comes nearest to `size`."""
    step = len(candidates) // files
    if step < 1:
        raise BenchError(f"only {len(candidates)} files to sample {files} from")
    runs = [candidates[start::step][:files] for start in range(step)]
    best = min(runs, key=lambda run: abs(sum(each for _, each in run) - size))
    return [path for path, _ in best]


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".complete")


def _complete(path: Path, recipe: str) -> bool:
    marker = _marker(path)
    return path.is_dir() and marker.exists() and marker.read_text(encoding="utf-8") == recipe


def _mark_complete(path: Path, recipe: str) -> None:
    _marker(path).write_text(recipe, encoding="utf-8")


@contextlib.contextmanager
def editable(corpus: Corpus, cache: Path, count: int) -> Iterator[list[Path]]:
    """`count` C files, spread over the tree, to be edited: contents and times are put back at the end.

    The originals are also kept on disk, so that `restore_edits` can undo the edits of a run that was killed.
    """
    small = [e.path for e in walk(corpus.path) if e.name.endswith(".c") and e.stat().st_size < 100_000]
    chosen = [Path(path) for path in small[:: max(1, len(small) // count)][:count]]
    _save_edits(chosen, cache)
    try:
        yield chosen
    finally:
        restore_edits(cache)


def _save_edits(paths: list[Path], cache: Path) -> None:
    saved = cache / "edits"
    saved.mkdir(parents=True)
    for number, path in enumerate(paths):
        shutil.copy2(path, saved / str(number))
    manifest = saved / "manifest.json"
    partial = saved / "manifest.partial"
    partial.write_text(json.dumps([str(path) for path in paths]), encoding="utf-8")
    partial.replace(manifest)


def restore_edits(cache: Path) -> None:
    """Puts back what a run left edited, if one did."""
    saved = cache / "edits"
    manifest = saved / "manifest.json"
    if manifest.exists():
        for number, path in enumerate(json.loads(manifest.read_text(encoding="utf-8"))):
            shutil.copy2(saved / str(number), path)
    shutil.rmtree(saved, ignore_errors=True)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files under `folder`."""
    return sum(entry.stat(follow_symlinks=False).st_size for entry in walk(folder))
