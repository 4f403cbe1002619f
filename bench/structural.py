"""Structural search beside ast-grep on the whole tree: ``python -m bench.structural [--corpus DIR] [--index DIR]``.

ast-grep (https://ast-grep.github.io, $BENCH_PEERS or PATH) reads and parses every C file of the Linux tree with all
cores; codelode parses, on one, those that its index lets through.  Both print every match; both counts are kept.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from bench import corpora, machine, measure, peers, report, subject
from bench.corpora import Corpus

RESULT = report.FOLDER / "structural.json"

PATTERNS = (
    "kfree($A);",
    "mutex_lock(&$X->lock);",
    "$X = kmalloc($$$ARGS, GFP_ATOMIC);",
    "if (IS_ERR($A)) return PTR_ERR($A);",
    "for_each_possible_cpu($CPU) { $$$BODY }",
)
"""Statements, which ast-grep and codelode read alike"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.structural", description=__doc__)
    parser.add_argument("--corpus", metavar="DIR", help="the Linux tree (default: unpack Debian's)")
    parser.add_argument("--index", type=Path, metavar="DIR", help="its index (default: built in the cache)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of codelode (default 3)")
    parser.add_argument("--out", type=Path, default=RESULT, metavar="FILE", help="the JSON file to write")
    options = parser.parse_args(arguments)
    load = machine.load_average()
    cache = corpora.cache_folder()
    linux = corpora.linux(options.corpus, cache)
    corpora.warm(linux)
    folder = options.index or cache / "index-linux"
    subject.index(linux.path, folder)
    program = peers.find("ast-grep")
    rows = []
    for pattern in PATTERNS:
        rows.append(compare(linux, folder, pattern, program, options.runs))
        print(show(rows[-1]), flush=True)
    body = {
        "ast_grep": peers.first_line([program, "--version"]) if program else "not installed",
        "corpus": {"name": linux.path.name, "files": linux.files, "bytes": linux.bytes},
        "rows": rows,
    }
    entry = report.result("structural", body, {"runs": options.runs}, load)
    options.out.write_text(json.dumps(entry, indent=1) + "\n", encoding="utf-8")
    print(f"saved: {options.out}", file=sys.stderr)
    return 0


def compare(linux: Corpus, folder: Path, pattern: str, program: str, runs: int) -> dict[str, Any]:
    """Seconds and matches of both for one pattern; ast-grep runs once, after all is in the page cache."""
    index = subject.open_index(linux.path, folder)
    ranked = [measure.timed(lambda: best(index, pattern)) for _ in range(runs + 1)][1:]
    command = subject.search_command(
        linux.path, pattern, "ast", "--all", "--lang", "c", "--json", "--no-refresh"
    )
    walls = []
    for _ in range(runs):
        done = measure.run(command, env=subject.environment(folder), keep=True)
        walls.append(done.wall_s)
    stats = json.loads(done.out)["stats"]
    row: dict[str, Any] = {
        "pattern": pattern,
        "first_10_s": measure.spread(ranked).median,
        "all_s": measure.spread(walls).median,
        "matches": stats["matches"],
        "files_read": stats["files_read"],
        "matched_files": stats["matched_files"],
        "ast_grep_s": None,
        "ast_grep_matches": None,
    }
    if program:
        ignoring = [f"--no-ignore={what}" for what in ("hidden", "dot", "exclude", "global", "parent", "vcs")]
        peer = measure.run(
            [
                program,
                "run",
                "--pattern",
                pattern,
                "--lang",
                "c",
                "--json=stream",
                *ignoring,
                str(linux.path),
            ],
            accept=(0, 1),
        )
        row |= {"ast_grep_s": peer.wall_s, "ast_grep_matches": peer.lines}
    return row


def best(index: Any, pattern: str) -> Any:
    return index.search(pattern, mode="ast", languages=["c"])


def show(row: dict[str, Any]) -> str:
    peer = row["ast_grep_s"]
    theirs = f"ast-grep {peer:.1f} s, {row['ast_grep_matches']} matches" if peer else "ast-grep not installed"
    return (
        f"{row['pattern']:42} first 10 {row['first_10_s'] * 1e3:6.0f} ms, all {row['all_s']:6.2f} s, "
        f"{row['matches']} matches in {row['matched_files']} of {row['files_read']} files read; {theirs}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
