"""Regular expressions from the command line: across lines, beyond RE2, over their budget, interrupted."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import command, environment, run, write_tree

FILLER = "".join(f"int filler_{i}(void);\n" for i in range(3000))
"""More than a block of the trigram index."""

FILES = {
    "src/alloc.c": "int f(void)\n{\n\tx = g(n);\n\tif (!x)\n\t\treturn -ENOMEM;\n\tif (!é)\n\n\t\treturn -ENOMEM;\n}\n",
    "src/list.c": "while (a) {\n\ta = a->next;\n\tb = a->next;\n\ttail = tail->next;\n}\n",
    "src/large.c": f"{FILLER}first\n{FILLER}  if (!large)\n\treturn -ENOMEM;\nlast",
    "src/crlf.c": "if (!crlf)\r\n\treturn -ENOMEM;\r\nif (!x)\r\n",
    "bait.txt": ("a" * 60 + "!\n") * 40,
    "good.txt": "aa;\n",
}
Search = Callable[..., subprocess.CompletedProcess[str]]
RG = Path(sys.executable).with_name("rg")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = write_tree(tmp_path_factory.mktemp("patterns") / "tree", FILES)
    assert run("index", env=environment(tree.parent), cwd=tree).returncode == 0
    return tree


@pytest.fixture(scope="module")
def search(tree: Path) -> Search:
    def call(*words: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
        env = environment(tree.parent, **variables)
        done = run("search", "--no-refresh", "--mode=regex", *words, env=env, cwd=tree)
        assert done.returncode == status, done
        return done

    return call


@pytest.mark.skipif(not RG.exists(), reason="needs ripgrep")
@pytest.mark.parametrize("context", [[], ["-C1"]])
@pytest.mark.parametrize(
    "pattern",
    [
        r"if \(!\w+\)\n\s+return -ENOMEM",
        r"if \(!\w+\)\r?\n|first\n(?s:.)*\(!large",
        r"(?s)if \(!x.*?;|\n\n|last|\{\n|a->next;\n\s*\w+",
    ],
)
def test_lines_are_ripgreps(search: Search, tree: Path, pattern: str, context: list[str]) -> None:
    ours = search("--all", *context, pattern, "src").stdout
    words = [
        RG,
        "--no-config",
        "--no-require-git",
        "--sort=path",
        "--no-heading",
        "-n",
        "-U",
        "-S",
        *context,
        pattern,
    ]
    theirs = subprocess.run([*words, "src"], cwd=tree, capture_output=True, text=True, check=True).stdout
    assert ours == theirs


def test_a_literal_across_lines(tree: Path) -> None:
    words = ["--no-refresh", "--mode=exact", "(!x)\n\t\treturn"]
    done = run("search", *words, env=environment(tree.parent), cwd=tree)
    assert done.stdout == "src/alloc.c:4:\tif (!x)\nsrc/alloc.c:5:\t\treturn -ENOMEM;\n"


def test_hits_across_lines(search: Search) -> None:
    answer = json.loads(search("--json", "--all", r"\(!\w+\)\s*\n\s+return -ENOMEM", "src").stdout)
    assert answer["stats"]["candidates"] == 3
    assert [(hit["path"], hit["start_line"], hit["end_line"], hit["matches"]) for hit in answer["hits"]] == [
        ("src/alloc.c", 4, 5, [{"line": 4, "column": 5, "length": 21}]),
        ("src/alloc.c", 6, 8, [{"line": 6, "column": 5, "length": 22}]),
        ("src/crlf.c", 1, 2, [{"line": 1, "column": 4, "length": 24}]),
        ("src/large.c", 6002, 6003, [{"line": 6002, "column": 6, "length": 24}]),
    ]
    assert answer["hits"][1]["text"] == "\tif (!é)\n\n\t\treturn -ENOMEM;"
    (best,) = json.loads(search("--json", "-n1", r"!large\)\n\treturn", "src").stdout)["hits"]
    assert (best["start_line"], best["end_line"], best["text"]) == (
        6002,
        6003,
        "  if (!large)\n\treturn -ENOMEM;",
    )


def test_a_backreference(search: Search) -> None:
    done = search("--all", r"(\w+) = \1->next")
    assert done.stdout == "src/list.c:2:\ta = a->next;\nsrc/list.c:4:\ttail = tail->next;\n"
    assert done.stderr == ""


def test_a_look(search: Search) -> None:
    assert (
        search("-n9", r"(?<!if )\(!?é|(?<=tail = )tail(?!s)").stdout == "src/list.c:4:\ttail = tail->next;\n"
    )


def test_over_budget(search: Search) -> None:
    answer = json.loads(search("--json", "(a|aa)+(?=;)", CODELODE_REGEX_BUDGET_S="1").stdout)
    assert [hit["path"] for hit in answer["hits"]] == ["good.txt"]
    assert answer["stats"]["partial"]
    assert answer["stats"]["notes"] == [
        "/(a|aa)+(?=;)/ took longer than 0.1 s in 1 file: matches there may be missing"
    ]
    told = search("(a|aa)+(?=;)", CODELODE_REGEX_BUDGET_S="1").stderr
    assert "/(a|aa)+(?=;)/ took longer than 0.1 s in 1 file" in told
    assert "codelode: this answer is incomplete" in told


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (r"(a)\2", "backreference to group 2 at position 4: the pattern has one group"),
        (r"a(?=b", "group ( that is never closed at position 2: add ), or write \\( for ("),
    ],
)
def test_what_is_wrong_is_said(search: Search, pattern: str, message: str) -> None:
    assert search(pattern, status=2).stderr == f"codelode: {message}\n"


@pytest.mark.skipif(not Path("/proc/self/task").exists() or not shutil.which("ps"), reason="needs Linux")
def test_interrupted_while_it_matches(tree: Path) -> None:
    env = environment(tree.parent, CODELODE_REGEX_BUDGET_S="600")
    words = command("search", "--no-refresh", "--mode=regex", "(a|aa)+(?=;)")
    with subprocess.Popen(
        words, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (workers := children.read_text().split()):
            time.sleep(0.01)
        worker = Path(f"/proc/{workers[0]}")
        while worker.exists() and int((worker / "stat").read_text().rsplit(")", 1)[1].split()[11]) < 20:
            time.sleep(0.01)  # until it has worked 0.2 s: start-up takes less
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not worker.exists()
