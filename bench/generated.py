"""Generated queries against a brute-force evaluator: ``python -m bench.generated [--queries N] [--seed S]``.

The corpus is 300 files: pieces of this repository's own, and some that are made to be difficult; some of them change
after they are indexed, and are indexed again.  Each query is printed, parsed, and answered twice: by the index (mode
query, all matches) and by `tests/support/oracle.py`, which reads every file character by character.  Files and lines
must be the same; of the ranked answer, files, and no other lines.  What is not so is kept as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.oracle import OracleFile, OracleSymbol, evaluate

from bench import machine, report
from bench.randomqueries import QueryMaker
from codelode.app import Index
from codelode.errors import CodelodeError
from codelode.query.printing import print_query
from codelode.search.vocabulary import parse
from codelode.settings import Settings
from codelode.text import languages

RESULT = report.FOLDER / "generated.json"
ROOT = Path(__file__).parents[1]

LINES = 120
"""of a real file that the corpus takes at most: the oracle looks at each character"""

_FORMS = (
    "retry", "Retry", "RETRY", "retries", "retyr", "getUser", "get_user", "GetUserName", "user", "User", "x2Name",
    "HTTPServer", "sha256sum", "i2c", "0xFF", "std::vector<int>", "p->next", "-EINVAL", "--flag", "foo(bar)", "a",
    "b", "naïve", "Ünï", "日本語", "日本", "ΣΟΦΟΣ", "σοφος", "\u017ftraße", "\u212aelvin", "x", "_", "__init__", "10ms",
)  # fmt: skip
_BETWEEN = (
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "_",
    "",
    ".",
    ", ",
    "(",
    ")",
    "\n",
    "\n",
    "\n\n",
    " - ",
    "\u00a0",
    "\r\n",
)


@dataclass(frozen=True)
class Difference:
    """A query that the two answered differently."""

    query: str
    missing: dict[str, list[int]]
    """lines that only the oracle has; an empty list: the file as such"""
    extra: dict[str, list[int]]
    """lines that only the index has"""
    error: str = ""
    """what was raised; "ranked" when only the ranked answer differs"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.generated", description=__doc__)
    parser.add_argument("--queries", type=int, default=10_000, metavar="N")
    parser.add_argument("--files", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    differences: list[Difference] = []
    found: Counter[str] = Counter()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        root = write_corpus(Path(folder) / "corpus", options.files, options.seed)
        for number, (files, difference) in enumerate(compare(root, options.queries, options.seed), 1):
            found["nothing" if not files else "some" if files < options.files else "all"] += 1
            if difference:
                differences.append(difference)
                print(f"{difference.query}\n  {difference}", flush=True)
            if number % 500 == 0:
                print(f"{number} queries, {len(differences)} differences", file=sys.stderr, flush=True)
    body = {
        "files": options.files,
        "queries": options.queries,
        "found": dict(found),
        "differences": [asdict(difference) for difference in differences],
        "seconds": round(time.perf_counter() - began, 1),
    }
    entry = report.result("generated", body, {"seed": options.seed}, load)
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"{options.queries} queries, {len(differences)} differences; saved: {options.out}")
    return 1 if differences else 0


def write_corpus(root: Path, count: int, seed: int) -> Path:
    """Writes `count` files below `root`: four fifths from this repository, the others made."""
    chance = random.Random(seed)
    folders = ("src", "tests", "docs", "bench")
    real = sorted(
        path for name in folders for path in (ROOT / name).rglob("*") if path.suffix in (".py", ".md")
    )
    for path in chance.sample(real, min(len(real), count * 4 // 5)):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        start = chance.randrange(max(1, len(lines) - LINES))
        _write(root / path.relative_to(ROOT), "".join(lines[start : start + LINES]), chance)
    written = sum(1 for path in root.rglob("*") if path.is_file())
    for number in range(count - written):
        name = chance.choice(("vendor/lib", "tests/a", "src/test_b", "src/User", "retry/get_user", "c d/e"))
        kind = chance.choice((".c", ".py", ".txt", ".go", "", "_pb2.py"))
        words = (chance.choice(_FORMS) + chance.choice(_BETWEEN) for _ in range(chance.randrange(120)))
        _write(root / f"{name}{number}{kind}", "".join(words), chance)
    return root


def _write(path: Path, text: str, chance: random.Random) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    changed = chance.choice((time.time() - 86_400, time.time() - 30 * 86_400, 1_600_000_000))
    os.utime(path, (changed, changed))


def compare(root: Path, count: int, seed: int) -> Iterator[tuple[int, Difference | None]]:
    """For each of `count` queries how many files the oracle found, and the difference if there is one."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Index(root, Settings(embedder="none"), index_dir=folder) as index,
    ):
        index.refresh()
        _change(root, seed)
        index.refresh()
        files = read_files(index, root)
        names = [symbol.name for file in files for symbol in file.symbols]
        maker = QueryMaker([file.text for file in files], [file.path for file in files], names, seed)
        for _ in range(count):
            text = print_query(maker.query())
            yield _compared(index, files, text)


def _change(root: Path, seed: int) -> None:
    """Adds a line to some files, so that the index gets a second segment and the first one dead files."""
    chance = random.Random(seed)
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    for path in chance.sample(paths, len(paths) // 8):
        _write(path, f"{path.read_bytes().decode()}\n{chance.choice(_FORMS)} again", chance)


def _compared(index: Index, files: Sequence[OracleFile], text: str) -> tuple[int, Difference | None]:
    query = parse(text)
    wanted = evaluate(query, files, time.time())
    try:
        given = _answer(index, text)
    except CodelodeError as exc:
        return len(wanted), Difference(text, {}, {}, str(exc))
    missing, extra = _less(wanted, given), _less(given, wanted)
    if missing or extra:
        return len(wanted), Difference(text, missing, extra)
    best = _best(index, text)
    missing = {path: [] for path in wanted.keys() - best.keys()}
    extra = _less(best, wanted)
    return len(wanted), Difference(text, missing, extra, "ranked") if missing or extra else None


def _best(index: Index, text: str) -> dict[str, set[int]]:
    """The files of the ranked answer and the lines at which its matches begin."""
    lines: dict[str, set[int]] = {}
    for hit in index.search(text, mode="query", limit=5000).hits:
        lines.setdefault(hit.path, set()).update(match.line for match in hit.matches)
    return lines


def _answer(index: Index, text: str) -> dict[str, set[int]]:
    lines: dict[str, set[int]] = {}
    for hit in index.search(text, mode="query", all_matches=True).hits:
        named = range(hit.start_line, hit.end_line + 1) if hit.matches else ()
        lines.setdefault(hit.path, set()).update(named)
    return lines


def _less(one: dict[str, set[int]], other: dict[str, set[int]]) -> dict[str, list[int]]:
    """What `one` has and `other` has not."""
    return {
        path: sorted(lines - other.get(path, set()))
        for path, lines in one.items()
        if path not in other or lines - other[path]
    }


def read_files(index: Index, root: Path) -> list[OracleFile]:
    """The files of `root` as the oracle wants them; their definitions as the index has them."""
    found = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        name = path.relative_to(root).as_posix()
        symbols = tuple(
            OracleSymbol(symbol.name, symbol.qualified, symbol.kind, symbol.line)
            for symbol in index.outline(name)
        )
        found.append(
            OracleFile(
                name,
                raw.decode(),
                languages.of_file(name.encode(), raw),
                len(raw),
                path.stat().st_mtime,
                symbols,
                str(root),
            )
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
