"""What a search prints in real processes: formats, pages, budgets, explanations, profiles."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from trees import command, environment, run, write_tree

pty = pytest.importorskip("pty")

FILES = {
    "src/main.c": "\n\nint parse_config(const char *path)\n{\n\tload(0);\n\treturn load(path); /* é */\n}\n",
    "src/util.c": "/* helpers */\nint load(const char *path)\n{\n\treturn path != 0;\n}\n",
    "script.py": "def parse_config(path):\n    return open(path)\n",
    "README.md": "# Reading a config\n\nparse config files\n",
    "copies/one.py": "def greet(name):\n    text = 'hello ' + name\n    print(text)\n    return text\n",
    "copies/two.py": "def greet(name):\n    text = 'hello ' + name\n    print(text)\n    return text\n",
}
ALL_MODES = [
    (["--mode", "exact", "path"], True),
    (["--mode", "regex", "pa[rt][sh]"], True),
    (["--mode", "symbol", "parse"], True),
    (["--mode", "ast", "--lang", "c", "load($A)"], True),
    (["--mode", "words", "parse config"], False),
    (["--mode", "hybrid", "parse config"], False),
    (["--mode", "semantic", "parse config"], False),
]
"""the words of a search, and whether it has a list of all matches"""

Search = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return write_tree(tmp_path_factory.mktemp("output") / "tree", FILES)


@pytest.fixture(scope="module")
def search(tree) -> Search:
    env = environment(tree.parent)
    assert run("index", env=env, cwd=tree).returncode == 0

    def call(*words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = run("search", "--no-refresh", *words, env=env, cwd=tree)
        assert done.returncode == status, done
        return done

    return call


def on_terminal(tree: Path, *words: str) -> str:
    """What a search shows where the standard output and error are a terminal."""
    master, slave = pty.openpty()
    env = environment(tree.parent, TERM="xterm")
    env.pop("NO_COLOR", None)
    words = command("search", "--no-refresh", *words)
    with subprocess.Popen(words, cwd=tree, env=env, stdout=slave, stderr=slave, stdin=slave):
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux says so when the other end is closed
                part = b""
            if not part:
                os.close(master)
                return shown.decode().replace("\r\n", "\n")
            shown += part


RG = Path(sys.executable).with_name("rg")


@pytest.mark.skipif(not RG.exists(), reason="needs ripgrep")
@pytest.mark.parametrize(
    ("form", "option"), [("vimgrep", "--vimgrep"), ("count", "--count"), ("paths", "-l")]
)
@pytest.mark.parametrize("query", [r"pat[h]|load", "é", r"\breturn\b.*"])
def test_all_matches_are_ripgreps(search, tree, form, option, query):
    ours = search("--all", "--mode=regex", "--format", form, query, ".").stdout
    words = [RG, "--no-config", "--no-require-git", "--sort=path", option, query, "."]
    assert ours == subprocess.run(words, cwd=tree, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("words", "has_all"), ALL_MODES)
def test_every_mode_has_every_format(search, words, has_all):
    for every in ([], ["--all"]) if has_all else ([],):
        answer = json.loads(search(*words, *every, "--format", "json").stdout)
        hits = answer["hits"]
        assert hits
        rows = [json.loads(line) for line in search(*words, *every, "--format", "jsonl").stdout.splitlines()]
        assert rows[:-1] == hits
        assert rows[-1].keys() == answer.keys() - {"hits"}
        assert rows[-1]["stats"]["matches"] == answer["stats"]["matches"]
        paths = search(*words, *every, "--format", "paths").stdout.splitlines()
        assert paths == list(dict.fromkeys(hit["path"] for hit in hits))
        places = search(*words, *every, "--format", "vimgrep").stdout.splitlines()
        assert list(dict.fromkeys(line.split(":")[0] for line in places)) == paths
        for line in places:
            path, number, column, text = line.split(":", 3)
            assert text == FILES[path].split("\n")[int(number) - 1]
            assert 0 < int(column) <= len(text.encode()) + 1
        counts = search(*words, *every, "--format", "count").stdout.splitlines()
        assert [line.rpartition(":")[0] for line in counts] == paths


def test_what_is_short_for_a_format(search):
    words = ["--mode=exact", "path"]
    answer = json.loads(search(*words, "--format", "json").stdout)
    assert answer == {**json.loads(search(*words, "--json").stdout), "stats": answer["stats"]}
    assert search(*words, "--format", "grep").stdout == search(*words).stdout


@pytest.mark.parametrize("form", ["grep", "vimgrep", "paths", "count"])
def test_a_format_is_the_same_on_a_terminal(search, tree, form):
    words = ["--mode=exact", "path", "--format", form]
    shown = on_terminal(tree, *words)
    assert "\x1b[35m" in shown
    bare = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert bare.startswith(search(*words).stdout)
    assert search(*words, "--color=always").stdout in shown


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--json", "--format", "grep"], "--json is short for --format json"),
        (["--format", "paths", "-C2"], "--format paths shows no lines around matches: leave out -C"),
        (["--format", "yaml"], "argument --format: invalid choice: 'yaml'"),
        (["--all", "--cursor", "start"], "--all prints every match at once: leave out --cursor"),
        (["--cursor", "nonsense"], "'nonsense' is no cursor: "),
        (["--offset", "-1"], "argument --offset: '-1' is no whole number from 0 up"),
        (["--max-per-file", "0"], "argument --max-per-file: '0' is no whole number from 1 up"),
    ],
)
def test_what_does_not_go_together(search, words, complaint):
    done = search("path", *words, status=2)
    assert done.stderr.startswith(f"codelode: {complaint}")
    assert done.stderr.count("\n") == 1


def test_json_may_be_said_twice(search):
    assert json.loads(search("path", "--json", "--format", "json").stdout)["hits"]


@pytest.mark.parametrize(("words", "has_all"), ALL_MODES)
def test_offset_and_hits_a_file(search, words, has_all):
    hits = [json.loads(line) for line in search(*words, "--format", "jsonl").stdout.splitlines()][:-1]
    later = search(*words, "--format", "jsonl", "--offset", "1").stdout.splitlines()[:-1]
    assert list(map(json.loads, later)) == hits[1:]
    bound = search(*words, "--max-per-file", "1", "--format", "jsonl").stdout.splitlines()[:-1]
    paths = [json.loads(line)["path"] for line in bound]
    assert paths == list(dict.fromkeys(hit["path"] for hit in hits))
    if has_all:
        cut = ["--all", "--max-per-file", "1", "--offset", "1", "--format", "paths"]
        every = search(*words, *cut, status=0 if len(paths) > 1 else 1)
        assert every.stdout.splitlines() == sorted(paths)[1:]


# ---- pages
def test_pages_follow_each_other(search):
    whole = search("--mode=exact", "path", "-n20").stdout
    done = search("--mode=exact", "path", "-n2", "--cursor", "start")
    shown = done.stdout
    pages = 1
    while found := re.fullmatch(r"next: (\S+)\n", done.stderr):
        query = ["path"] if pages % 2 else []  # may be said again
        done = search(*query, "--cursor", found[1])
        shown += done.stdout
        pages += 1
    assert done.stderr == ""
    assert (shown, pages) == (whole, (len(whole.splitlines()) + 1) // 2)


def test_pages_in_json(search, tree):
    first = json.loads(search("--mode=exact", "path", "-n3", "--cursor", "start", "--json").stdout)
    token = first["cursor"]
    second = search("--cursor", token, "--format", "jsonl", "-n", "1").stdout.splitlines()
    assert json.loads(second[0])["path"] not in {hit["path"] for hit in first["hits"]} or len(second) == 2
    tail = json.loads(second[1])
    assert (tail["query"], tail["mode"], tail["root"]) == ("path", "exact", str(tree))
    assert tail["cursor"] == f"{token.split('-')[0]}-4"
    assert search("--cursor", f"{token.split('-')[0]}-999", status=1).stdout == ""
    assert "is a page of the query 'path'" in search("other", "--cursor", token, status=2).stderr


def test_a_page_shows_paths_as_the_first_did(search):
    first = search("--mode=exact", "path", "./src", "-n1", "--cursor", "start")
    token = first.stderr.split()[1]
    assert first.stdout.startswith("./src/")
    assert search("path", "./src", "--cursor", token, "-n1").stdout.startswith("./src/")
    assert search("--cursor", token, "-n1").stdout.startswith("src/")


def test_a_page_of_another_index_is_shown_from_here(tmp_path):
    for name in ("one", "two"):
        write_tree(tmp_path / name, {f"src/{n}.py": "needle\n" for n in range(3)})
    env = environment(tmp_path)
    first = run("search", "--mode=exact", "needle", "one", "-n1", "--cursor", "start", env=env, cwd=tmp_path)
    token = first.stderr.split()[1]
    assert run("index", "two", env=env, cwd=tmp_path).returncode == 0
    assert run("search", "--cursor", token, env=env, cwd=tmp_path / "two/src").stdout == (
        "../../one/src/1.py:1:needle\n"
    )


def test_pages_of_several_indexes(tmp_path):
    for name in ("one", "two"):
        write_tree(tmp_path / name, {f"{name}{n}.py": f"needle{n} {name}\n" for n in range(2)})
    env = environment(tmp_path)
    words = ["search", "--mode=exact", "needle", "one", "two"]
    whole = run(*words, env=env, cwd=tmp_path).stdout.splitlines()
    first = run(*words, "-n3", "--cursor", "start", env=env, cwd=tmp_path)
    second = run("search", "--cursor", first.stderr.split()[1], env=env, cwd=tmp_path)
    assert len(whole) == 4
    assert first.stdout.splitlines() + second.stdout.splitlines() == whole


def test_a_page_says_what_was_written_since(tmp_path):
    tree = write_tree(tmp_path / "tree", {"a.py": "needle\n", "b.py": "needle\n", "c.py": "needle\n"})
    env = environment(tmp_path)
    first = run("search", "--mode=exact", "needle", "-n1", "--cursor", "start", env=env, cwd=tree)
    token = first.stderr.split()[1]
    (tree / "b.py").write_text("# new\nneedle\n")
    (tree / "c.py").write_text("thread\n")
    page = run("search", "--cursor", token, "-n2", env=env, cwd=tree)
    assert page.stdout == "b.py:2:needle\nc.py\n"
    assert page.stderr == (
        "codelode: b.py:2: its file was written since the first page; its lines have moved here\n"
        "codelode: c.py:1: its file was written since the first page; its lines are gone\n"
    )
    hits = json.loads(run("search", "--cursor", token, "-n2", "--json", env=env, cwd=tree).stdout)["hits"]
    assert [(hit["path"], hit["stale"], hit["lines"]) for hit in hits] == [
        ("b.py", True, "moved"),
        ("c.py", True, "gone"),
    ]


def test_what_a_budget_leaves_out_is_on_the_next_page(search):
    words = ["--mode=exact", "path", "-n6", "--cursor", "start", "--format", "jsonl"]
    first = [json.loads(line) for line in search(*words, "--budget", "350").stdout.splitlines()]
    kept = len(first) - 1
    assert first[-1]["budget"]["dropped"] == 6 - kept > 0
    assert first[-1]["cursor"].endswith(f"-{kept}")


# ---- budgets
@pytest.mark.parametrize(("words", "_"), ALL_MODES)
@pytest.mark.parametrize("form", ["grep", "vimgrep", "jsonl", "json", "paths", "count"])
def test_a_budget_holds_in_every_format(search, words, _, form):
    tokens = 300 if "json" in form else 12
    done = search(*words, "--format", form, "--budget", str(tokens), "--max-per-file", "2")
    assert 0 < len(done.stdout) <= 4 * tokens


# ---- explanations
def test_signals_stand_beside_the_hits(search, tree):
    shown = on_terminal(tree, "--mode=hybrid", "parse config", "--explain", "--color=never")
    heading = shown.index("src/main.c:1-7  parse_config\n")
    remark = re.search(r"^  \d+\.\d\d = \w+ -?\d+\.\d\d, ", shown[heading:], re.M)
    assert remark
    assert remark.start() < shown[heading:].index("\n\n")
    piped = search("--mode=hybrid", "parse config", "--explain")
    assert piped.stdout == search("--mode=hybrid", "parse config").stdout
    assert re.search(r"^  src/main.c:1 +\d+\.\d\d = ", piped.stderr, re.M)
    assert "\nwords:\n  parse: 0.69" in piped.stderr


@pytest.mark.parametrize("mode", ["hybrid", "words", "semantic", "query"])
def test_signals_add_up(search, mode):
    answer = json.loads(search("--mode", mode, "--explain", "--json", "parse config").stdout)
    rows = answer["stats"]["explain"]["hits"]
    assert [(row["path"], row["line"]) for row in rows] == [
        (hit["path"], hit["start_line"]) for hit in answer["hits"]
    ]
    for row in rows:
        assert sum(row["signals"].values()) == pytest.approx(row["total"], abs=0.01)


@pytest.mark.parametrize(("words", "has_all"), ALL_MODES)
def test_a_profile_names_every_stage(search, words, has_all):
    for every in ([], ["--all"]) if has_all else ([],):
        done = search(*words, *every, "--profile")
        rows = [line.split() for line in done.stderr.splitlines() if " ms" in line]
        stages = {row[0]: float(row[1].replace(",", "")) for row in rows}
        assert {"load", "open", "candidates", "read", "render", "total"} <= stages.keys()
        total = stages.pop("total")
        assert sum(stages.values()) == pytest.approx(total, abs=0.1 + 0.01 * total)
        answer = json.loads(search(*words, *every, "--json", "--profile").stdout)
        assert stages.keys() - {"other"} <= answer["stats"]["stages"].keys()


def test_a_profile_has_bars_on_a_terminal(tree):
    shown = on_terminal(tree, "--mode=exact", "path", "--profile")
    assert re.search(r"^load +[\d,.]+ ms +[\d.]+ %  █+$", shown, re.M)


# ---- copies
def test_copies_are_named(search, tree):
    words = ["--mode=hybrid", "greet by name"]
    hits = json.loads(search(*words, "--json").stdout)["hits"]
    ((first, copies),) = [(hit["path"], hit["copies"]) for hit in hits if "copies" in hit]
    assert sorted([first, *copies]) == ["copies/one.py", "copies/two.py"]
    done = search(*words)
    assert re.search(rf"^codelode: {re.escape(first)}:\d+ is also in 1 more place$", done.stderr, re.M)
    assert copies[0] not in done.stdout
    assert f"  also in {copies[0]}\n" in on_terminal(tree, *words, "--color=never")
