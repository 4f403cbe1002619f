"""The real command in real processes: every command, its output on pipes and terminals, its exit status."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codelode.store.files import LOCK
from codelode.store.lock import BuildLock

POSIX = os.name == "posix"
needs_posix = pytest.mark.skipif(not POSIX, reason="pseudo-terminals and signals are POSIX")

MAIN_C = """\
#include "util.h"

int parse_config(const char *path)
{
	if (!path)
		return -EINVAL;
	return load(path);
}
"""
UTIL_C = """\
/* helpers */
static int load(const char *path)
{
	if (!*path)
		return -EINVAL;
	return 0;
}

int parse_number(const char *text)
{
	return -EINVAL;
}
"""


class Place:
    """A folder to work in, with its own cache and settings folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CODELODE_") and name not in ("NO_COLOR", "TERM")
        }
        self.environ = kept | {
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "TERM": "xterm",
        }

    def start(self, *words: str | bytes, cwd: str = "tree", **more) -> subprocess.Popen[bytes]:
        environ = self.environ | more.pop("environ", {})
        environ = {name: value for name, value in environ.items() if value is not None}
        more = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        return subprocess.Popen(
            [sys.executable, "-m", "codelode", *words], cwd=self.folder / cwd, env=environ, **more
        )

    def run(
        self, *words: str | bytes, status: int = 0, cwd: str = "tree", stdin: bytes = b"", **more
    ) -> Done:
        process = self.start(*words, cwd=cwd, stdin=subprocess.PIPE, **more)
        out, err = process.communicate(stdin, timeout=60)
        done = Done(out, err)
        assert process.returncode == status, done
        return done

    def error(self, *words: str | bytes, **more) -> str:
        """The one line of a command that fails, without its beginning."""
        done = self.run(*words, status=2, **more)
        assert done.out == b""
        line = done.err.decode()
        assert line.startswith("codelode: ")
        assert line.count("\n") == 1
        return line[len("codelode: ") : -1]

    def terminal(
        self, *words: str, status: int = 0, cwd: str = "tree", environ: dict[str, str] | None = None
    ) -> str:
        """What the command shows on a terminal of 80 columns."""
        import pty

        master, slave = pty.openpty()
        process = self.start(*words, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, environ=environ or {})
        os.close(slave)
        shown = drain(master)
        assert process.wait(60) == status, shown
        return shown


class Done:
    def __init__(self, out: bytes, err: bytes) -> None:
        self.out, self.err = out, err

    def __repr__(self) -> str:
        return f"out={self.out!r} err={self.err!r}"

    @property
    def lines(self) -> list[str]:
        return os.fsdecode(self.out).splitlines()

    @property
    def json(self):
        return json.loads(self.out)


def drain(master: int) -> str:
    """Everything written to a terminal until its last writer is gone."""
    shown = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # Linux says so when the other end is closed
            data = b""
        if not data:
            os.close(master)
            return shown.decode("utf-8").replace("\r\n", "\n")
        shown += data


def plant(tree: Path) -> None:
    for name, text in {
        "src/main.c": MAIN_C,
        "src/lib/util.c": UTIL_C,
        "README.md": "# Reading a config\n\nparse config files, return errors\n",
        "script.py": "def parse_config(path):\n    return open(path)\n",
        ".gitignore": "build/\n",
        "build/out.c": "return -EINVAL;\n",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8", newline="\n")
    (tree / "image.png").write_bytes(b"\x89PNG\0\0return -EINVAL;")


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Place:
    """A tree with its index, for tests that change neither."""
    place = Place(tmp_path_factory.mktemp("shared").resolve())
    plant(place.folder / "tree")
    (place.folder / "file").write_text("no folder\n")
    place.run("index", "--quiet")
    return place


@pytest.fixture
def place(tmp_path) -> Place:
    """A tree without an index."""
    found = Place(tmp_path.resolve())
    plant(found.folder / "tree")
    return found


# ---- the command as such
def test_version_and_help(shared):
    assert shared.run("--version").out.startswith(b"codelode ")
    overview = shared.run("--help").out.decode()
    assert overview.startswith("usage: codelode COMMAND")
    help_text = shared.run("search", "--help").out.decode()
    assert help_text.startswith("usage: codelode search QUERY [PATH ...] [options]\n")
    assert "--budget TOKENS" in help_text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a command is missing; see: codelode --help"),
        (["serch", "x"], "unknown command 'serch'; did you mean 'search'?"),
        (["search"], "QUERY is missing; see: codelode search --help"),
        (["search", "x", "--mod", "exact"], "unknown option --mod; write -- before a query"),
        (["search", "x", "--all", "-n3"], "--all prints every match: leave out -n"),
        (["search", "x", "--all", "--budget", "3"], "--budget keeps the best hits"),
        (["search", "x", "nowhere"], "nowhere: no such file or folder"),
        (["search", ""], "the query is empty"),
        (["search", "(", "--mode", "regex"], ""),
        (["search", "a(?=b", "--mode", "regex"], ""),
        (["search", "x", "--all", "--mode", "words"], "mode words ranks"),
        (["search", "x", "--lang", "c,pyhton"], "--lang: unknown language 'pyhton'; did you mean 'python'?"),
        (["search", "x", "--lang", "???"], "--lang: unknown language '???'; known are ada, "),
        (["index", "--jobs", "many"], "--jobs: jobs must be a whole number, not 'many'"),
        (["index", "--memory", "1"], "--memory: memory_mb is 1; it must be at least 256"),
        (["index", "nowhere"], "nowhere: no such file or folder"),
        (["index", "script.py/x"], "script.py/x: no such file or folder"),
        (["status", "nowhere"], "nowhere: no such file or folder"),
        (["index", "../file"], ""),
        (["drop", "src"], "src is part of the index of "),
    ],
)
def test_errors_are_one_line_and_status_2(shared, words, message):
    assert shared.error(*words).startswith(message)


@needs_posix
def test_a_current_folder_that_is_gone(place):
    """The shell of the user still stands in a folder that something deleted."""
    gone = place.folder / "gone"
    gone.mkdir()
    command = f"rmdir ../gone && exec {sys.executable} -m codelode search x"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=gone, env=place.environ, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"codelode: [Errno 2] No such file or directory\n"


def test_debug_shows_where(shared):
    done = shared.run("search", "x", "nowhere", status=2, environ={"CODELODE_DEBUG": "1"})
    assert b"Traceback" in done.err
    assert done.err.endswith(b"codelode: nowhere: no such file or folder\n")


def test_settings_errors_name_their_place(place):
    (place.folder / "tree/codelode.toml").write_text("jobs = 1\n\njob = 2\n")
    assert place.error("index") == "codelode.toml:3: unknown setting 'job'; did you mean 'jobs'?"
    assert place.error("search", "x").startswith("codelode.toml:3: ")
    (place.folder / "tree/codelode.toml").unlink()
    message = place.error("index", environ={"CODELODE_MEMORY_MB": "x"})
    assert message == "CODELODE_MEMORY_MB: memory_mb must be a whole number, not 'x'"


# ---- index
def test_index_says_in_one_line_what_it_did(place):
    done = place.run("index")
    assert done.err == b""
    (line,) = done.lines
    assert line.startswith("indexed 5 files, ")
    assert line.endswith(" skipped")
    (line,) = place.run("index").lines
    assert line.startswith("refreshed 5 files: no change in ")
    (place.folder / "tree/new.c").write_text("int x;\n")
    (place.folder / "tree/README.md").unlink()
    (line,) = place.run("index").lines
    assert line.startswith("refreshed 5 files: 1 added, 1 deleted in ")
    (line,) = place.run("index", "--rebuild").lines
    assert line.startswith("indexed 5 files, ")
    assert "; built anew: " in line


def test_index_below_an_index_means_that_index(place):
    place.run("index", "--quiet")
    (line,) = place.run("index", "src").lines
    assert line.endswith(f"; in {place.folder / 'tree'}")
    assert len(place.run("list").lines) == 1


def test_index_quiet_and_json(place):
    done = place.run("index", "--quiet")
    assert (done.out, done.err) == (b"", b"")
    done = place.run("index", "--json", "--jobs", "1")
    report = done.json
    assert (report["root"], report["files"], report["added"]) == (str(place.folder / "tree"), 5, 0)
    assert report["skipped"]["binary"] == 1
    assert {"added", "changed", "deleted", "seconds", "stages", "peak_rss_mb", "location"} <= report.keys()


def test_index_no_ignore(place):
    place.run("index", "--quiet", "--no-ignore")
    assert place.run("search", "-EINVAL", "--no-refresh", status=2).err  # a dash needs --
    found = place.run("search", "--no-refresh", "--all", "--mode=exact", "--", "-EINVAL", "build").lines
    assert found == ["build/out.c:1:return -EINVAL;"]


# ---- search in a pipe
def test_exact_search_prints_greps_format(shared):
    done = shared.run("search", "--mode", "exact", "--all", "return -EINVAL")
    assert done.err == b""
    assert done.lines == [
        "src/lib/util.c:5:\t\treturn -EINVAL;",
        "src/lib/util.c:11:\treturn -EINVAL;",
        "src/main.c:6:\t\treturn -EINVAL;",
    ]
    best = shared.run("search", "--mode", "exact", "-n", "2", "return -EINVAL").lines
    assert len(best) == 2
    assert set(best) <= set(done.lines)


def test_exit_status_is_greps(shared):
    assert shared.run("search", "no_such_thing_anywhere", status=1).out == b""
    assert shared.run("search", "--all", "--mode", "exact", "no_such_thing", status=1).out == b""
    assert shared.run("search", "--json", "--mode", "exact", "no_such_thing", status=1).json["hits"] == []
    assert (
        shared.run("search", "--json", "--all", "--mode=exact", "no_such_thing", status=1).json["hits"] == []
    )


RG = Path(sys.executable).with_name("rg")


@pytest.mark.skipif(not RG.exists(), reason="needs ripgrep")
@pytest.mark.parametrize(
    ("cwd", "paths", "context"),
    [
        ("tree", [], []),
        ("tree", [], ["-C1"]),
        ("tree", [], ["-C0"]),
        ("tree", ["."], ["-C3"]),
        ("tree", ["src"], []),
        ("tree", ["./src/"], ["-C1"]),
        ("tree", ["src/main.c"], ["-C2"]),
        ("tree", ["script.py", "src/lib"], []),
        ("tree/src", [], ["-C1"]),
        ("tree/src", ["lib/../../src"], []),
        (".", ["tree"], []),
    ],
)
def test_all_matches_are_ripgreps_byte_for_byte(shared, cwd, paths, context):
    query = r"return|parse_\w+"
    ours = shared.run("search", "--all", "--mode=regex", *context, query, *paths, cwd=cwd).out
    command = [
        RG,
        "--no-config",
        "--no-require-git",
        "-nH",
        "--sort=path",
        *context,
        query,
        *(paths or ["./"]),
    ]
    theirs = subprocess.run(command, cwd=shared.folder / cwd, capture_output=True, check=True).stdout
    if not paths:
        theirs = b"".join(line.removeprefix(b"./") for line in theirs.splitlines(keepends=True))
    assert ours == theirs


def test_an_absolute_path_is_shown_absolute(shared):
    where = str(shared.folder / "tree/src")
    assert shared.run("search", "--all", "--mode=exact", "load(path)", where, cwd=".").lines == [
        f"{where}/main.c:7:\treturn load(path);"
    ]


def test_words_print_the_matching_lines_of_each_hit(shared):
    done = shared.run("search", "--mode", "words", "parse config")
    hits = done.out.decode().split("--\n")
    assert len(hits) >= 3
    for hit in hits:
        for line in hit.splitlines():
            path, number, text = line.split(":", 2)
            assert (shared.folder / "tree" / path).read_text().split("\n")[int(number) - 1] == text
    assert done.out.decode().startswith(
        ("script.py:1:def parse_config", "README.md:", "src/main.c:3:int parse_config")
    )


def test_auto_says_in_json_what_it_chose(shared):
    words = shared.run("search", "--json", "parse config").json
    assert (words["mode"], bool(words["why"])) == ("hybrid", True)
    exact = shared.run("search", "--json", "load(path)").json
    assert (exact["mode"], exact["why"] != words["why"]) == ("exact", True)
    asked = shared.run("search", "--json", "--mode", "exact", "load").json
    assert (asked["mode"], asked["why"]) == ("exact", "")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["-i", "PARSE_CONFIG"], {"script.py", "src/main.c"}),
        (["-s", "PARSE_CONFIG"], set()),
        (["--case", "smart", "PARSE_CONFIG"], set()),
        (["parse_config", "--lang", "python"], {"script.py"}),
        (["parse_config", "--lang", "Python,c"], {"script.py", "src/main.c"}),
        (["parse_config", "--lang", "python", "--lang", "c"], {"script.py", "src/main.c"}),
        (["parse_config", "--path", "*.py"], {"script.py"}),
        (["parse_config", "--path", "!*.py"], {"src/main.c"}),
        (["parse_config", "src"], {"src/main.c"}),
        (["parse_config", "src/lib", "script.py"], {"script.py"}),
    ],
)
def test_filters(shared, options, found):
    done = shared.run("search", "--mode=exact", "--all", *options, status=0 if found else 1)
    assert {line.split(":")[0] for line in done.lines} == found


def test_a_question_about_structure_has_one_index(place):
    other = place.folder / "other"
    other.mkdir()
    (other / "a.c").write_text("int x;\n")
    place.run("index", "--quiet", "tree", cwd=".")
    place.run("index", "--quiet", "other", cwd=".")
    message = place.error("refs", "x", "tree/src", "other", cwd=".")
    assert message.startswith("tree/src and other lie in different indexes")
    assert place.run("search", "--mode=exact", "int x", "tree/src", "other", cwd=".").lines == [
        "other/a.c:1:int x;"
    ]


# ---- freshness
def test_search_indexes_and_refreshes_first(place):
    assert place.error("search", "--no-refresh", "load").startswith("no index of ")
    place.error("search", "--mode=regex", "(")  # bad before an index is built for it
    assert place.run("list", status=1).out == b""
    assert place.run("search", "--mode=exact", "load(path)").lines == ["src/main.c:7:\treturn load(path);"]
    (place.folder / "tree/new.c").write_text("load(path)\n")
    assert len(place.run("search", "--no-refresh", "--mode=exact", "load(path)").lines) == 1
    assert len(place.run("search", "--mode=exact", "load(path)").lines) == 2


def test_an_index_dir_in_the_trees_settings_is_found_from_below(place):
    (place.folder / "tree/codelode.toml").write_text('index_dir = ".search"\n')
    place.run("index", "--quiet")
    assert (place.folder / "tree/.search").is_dir()
    found = place.run("search", "--json", "--no-refresh", "--mode=exact", "load(path)", cwd="tree/src").json
    assert (found["root"], len(found["hits"])) == (str(place.folder / "tree"), 1)
    assert place.run("drop", ".").out.startswith(b"removed the index of ")
    assert not (place.folder / "tree/.search").exists()


# ---- JSON
HIT_KEYS = ["path", "start_line", "end_line", "score", "language", "symbol", "text", "matches"]
STATS_KEYS = {"files", "segments", "candidates", "skipped", "stale", "partial", "elapsed_ms"}


@pytest.mark.parametrize("every", [[], ["--all"]])
def test_json_contract(shared, every):
    done = shared.run("search", "--json", *every, "--mode", "exact", "load(path)", "src")
    assert done.out.isascii()
    answer = done.json
    assert set(answer) == {"query", "mode", "why", "root", "hits", "stats"}
    assert (answer["query"], answer["mode"], answer["root"]) == (
        "load(path)",
        "exact",
        str(shared.folder / "tree"),
    )
    (hit,) = answer["hits"]
    assert list(hit) == HIT_KEYS
    assert hit["path"] == "src/main.c"
    assert (hit["start_line"], hit["end_line"], hit["language"]) == (7, 7, "c")
    assert hit["text"] == "\treturn load(path);"
    assert hit["matches"] == [{"line": 7, "column": 9, "length": 10}]
    assert answer["stats"].keys() >= STATS_KEYS
    assert answer["stats"]["files"] == 5
    assert answer["stats"]["skipped"]["binary"] == 1


def test_json_of_all_is_the_same_hits_as_text(shared):
    answer = shared.run("search", "--json", "--all", "--mode", "exact", "return").json
    lines = shared.run("search", "--all", "--mode", "exact", "return").lines
    assert [f"{hit['path']}:{hit['start_line']}:{hit['text']}" for hit in answer["hits"]] == lines
    assert answer["stats"]["matches"] == len(lines)


def test_explain(shared):
    answer = shared.run("search", "--json", "--explain", "--mode", "exact", "load").json
    assert answer["stats"]["explain"]
    done = shared.run("search", "--explain", "--mode", "exact", "load")
    assert b"trigrams" in done.err
    assert done.lines == shared.run("search", "--mode", "exact", "load").lines


def test_budget(shared):
    for tokens in (60, 100, 250):
        text = shared.run("search", "--mode=words", "--budget", str(tokens), "-C9", "parse config return")
        assert 0 < len(text.out) <= 4 * tokens
    full = shared.run("search", "--json", "-n20", "parse config return")
    tokens = len(full.out) // 6
    fitted = shared.run("search", "--json", "-n20", "--budget", str(tokens), "parse config return")
    assert len(fitted.out) <= 4 * tokens
    answer = fitted.json
    assert answer["budget"]["tokens"] == tokens
    assert len(answer["hits"]) + answer["budget"]["dropped"] == len(full.json["hits"])
    assert answer["hits"][0]["path"] == full.json["hits"][0]["path"]


def test_budget_says_what_it_leaves_out(shared):
    done = shared.run("search", "--mode=exact", "--budget", "20", "return")
    assert len(done.lines) >= 1
    assert b"not fit the budget" in done.err


@needs_posix
def test_names_that_are_no_text(place):
    tree = os.fsencode(place.folder / "tree")
    names = [b"caf\xe9.c", b"new\nline.c", b"\x1b[31mred.c"]
    for name in names:
        Path(os.fsdecode(tree + b"/" + name)).write_text("needle\n")
    done = place.run("search", "--all", "--mode=exact", "needle")
    assert done.out == b"".join(sorted(name + b":1:needle\n" for name in names))
    answer = place.run("search", "--all", "--json", "--mode=exact", "needle")
    assert answer.out.isascii()
    assert {os.fsencode(hit["path"]) for hit in answer.json["hits"]} == set(names)
    shown = place.terminal("search", "--all", "--mode=exact", "needle", "--color=never")
    assert {"caf\\xe9.c", "new\\x0aline.c", "\\x1b[31mred.c"} <= set(shown.split("\n"))
    inside = place.run("search", "--all", "--mode=exact", "needle", names[0])
    assert inside.out == names[0] + b":1:needle\n"


# ---- search on a terminal
@needs_posix
def test_terminal_output_of_exact_search(shared):
    shown = shared.terminal("search", "--mode=exact", "--all", "-C1", "load(path)")
    body, closing = shown.rsplit("\n", 2)[:2]
    assert body == (
        "\x1b[35msrc/main.c\x1b[0m\n"
        "\x1b[32m6\x1b[0m-\t\treturn -EINVAL;\n"
        "\x1b[32m7\x1b[0m:\treturn \x1b[1;31mload(path)\x1b[0m;\n"
        "\x1b[32m8\x1b[0m-}"
    )
    assert closing.startswith("\x1b[2m1 hit, mode exact, ")
    assert closing.endswith(" ms, 5 files\x1b[0m")


@needs_posix
def test_terminal_output_of_words(shared):
    shown = shared.terminal("search", "parse config", "--color=never")
    assert "src/main.c:1-8  parse_config\n" in shown
    assert "\n3:int parse_config(const char *path)\n" in shown
    assert "mode hybrid (" in shown
    assert "\x1b" not in shown


@needs_posix
@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colours_when_not_wanted(shared, environ):
    shown = shared.terminal("search", "--mode=exact", "load(path)", environ=environ)
    assert shown.startswith("src/main.c\n7:\treturn load(path);\n")
    assert "\x1b" not in shown


def test_colours_in_a_pipe_when_wanted(shared):
    done = shared.run("search", "--mode=exact", "load(path)", "--color=always", environ={"NO_COLOR": "1"})
    assert done.out.decode() == (
        "\x1b[35msrc/main.c\x1b[0m:\x1b[32m7\x1b[0m:\treturn \x1b[1;31mload(path)\x1b[0m;\n"
    )


# ---- batch
def test_batch_answers_line_by_line(shared):
    queries = b"parse_config\nno_such_thing\nload(path)\r\n"
    done = shared.run("batch", "--mode", "exact", "-n", "1", stdin=queries)
    assert done.err == b""
    one, none, last = (json.loads(line) for line in done.lines)
    assert (len(one), none, len(last)) == (1, [], 1)
    assert list(last[0]) == HIT_KEYS
    assert shared.run("batch", "--mode=exact", stdin=b"no_such_thing", status=1).lines == ["[]"]
    assert shared.run("batch", stdin=b"", status=1).out == b""


def test_batch_goes_on_after_a_bad_query(shared):
    done = shared.run("batch", "--mode=regex", stdin=b"(\nload\\(path\n\xff\n\n", status=2)
    answers = [json.loads(line) for line in done.lines]
    assert [len(hits) for hits in answers] == [0, 1, 0, 0]
    first, second, third = done.err.decode().splitlines()
    assert first.startswith("codelode: line 1: ")
    assert second == "codelode: line 3: the query is not UTF-8"
    assert third.startswith("codelode: line 4: ")


def test_batch_answers_before_the_next_question(shared):
    process = shared.start("batch", "src", "--no-refresh", stdin=subprocess.PIPE)
    for _ in range(3):
        process.stdin.write(b"load(path)\n")
        process.stdin.flush()
        if POSIX:
            assert select.select([process.stdout], [], [], 60)[0]
        (hit,) = json.loads(process.stdout.readline())
        assert hit["path"] == "src/main.c"
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()
    process.stderr.close()


# ---- status, list, drop, verify
def test_status(shared):
    text = shared.run("status", "src/lib").out.decode()
    assert f"root        {shared.folder / 'tree'}\n" in text
    assert "1  binary\n" in text
    answer = shared.run("status", "--json").json
    assert (answer["root"], answer["files"]) == (str(shared.folder / "tree"), 5)
    assert answer["skipped"]["binary"] == 1
    assert answer["bytes_on_disk"] > 0


def test_status_lists_what_was_skipped(shared):
    rows = [line.split("\t") for line in shared.run("status", "--skipped").lines]
    assert ["image.png", "binary"] in [row[:2] for row in rows]
    assert any(row[0].rstrip("/") == "build" and row[1] == "ignored_by_rule" for row in rows)
    answer = shared.run("status", "--json", "--skipped").json
    assert [[row["path"], row["reason"], row["detail"]] for row in answer["skipped_files"]] == rows


def test_no_index_is_an_error(place):
    for command in ("status", "verify"):
        assert place.error(command) == "no index holds .; make one with: codelode index ."
    assert place.error("drop", "src") == "no index of src"
    assert place.run("list", status=1).out == b""


def test_list_and_drop(place):
    place.run("index", "--quiet")
    (row,) = place.run("list").lines
    root, files, size, refreshed, missing = row.split("\t")
    assert (root, files, missing) == (str(place.folder / "tree"), "5", "")
    assert int(size) > 0
    assert abs(int(refreshed) - time.time()) < 3600
    (listed,) = place.run("list", "--json").json
    assert listed["root_exists"] is True
    done = place.run("drop", "tree", cwd=".")
    assert done.out.decode().startswith(f"removed the index of {root} (5 files, ")
    assert not Path(listed["location"]).exists()
    assert (place.folder / "tree/src/main.c").exists()
    assert place.run("list", status=1).out == b""


def test_an_index_whose_root_is_gone_is_marked_and_can_be_dropped(place):
    place.run("index", "--quiet")
    (place.folder / "tree").rename(place.folder / "moved")
    (row,) = place.run("list", cwd=".").lines
    assert row.endswith("\t(missing)")
    assert place.run("drop", "tree", cwd=".").out.startswith(b"removed the index of ")
    assert place.run("list", status=1, cwd=".").out == b""


def test_verify_finds_damage_and_rebuild_repairs(place):
    place.run("index", "--quiet")
    assert place.run("verify").lines == [f"sound: {place.folder / 'tree'}"]
    location = Path(place.run("status", "--json").json["location"])
    files = [path for path in location.rglob("*") if "segments" in path.parts and path.is_file()]
    victim = max(files, key=lambda path: path.stat().st_size)
    raw = bytearray(victim.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    victim.write_bytes(raw)
    done = place.run("verify", status=2)
    assert victim.name in done.out.decode()
    assert b"repair it with: codelode index --rebuild" in done.err
    place.run("index", "--rebuild", "--quiet")
    place.run("verify")


def test_drop_removes_a_damaged_index(place):
    place.run("index", "--quiet")
    location = Path(place.run("status", "--json").json["location"])
    (location / "catalog.db").write_bytes(b"no database at all" * 500)
    assert place.run("drop", ".").out.startswith(b"removed the index of ")
    assert not location.exists()


# ---- streams and signals
def large(place: Place) -> None:
    """Enough matches to fill every pipe on the way."""
    for number in range(20):
        (place.folder / f"tree/large{number}.c").write_text("needle in a haystack of lines\n" * 5000)


@needs_posix
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_leaves_ends_the_command_quietly(place, form):
    large(place)
    process = place.start("search", "--all", "--mode=exact", *form, "needle")
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "words", [["search", "--mode=exact", "load"], ["--version"], ["status"], ["search", "--help"]]
)
def test_output_that_cannot_be_written(shared, words):
    with Path("/dev/full").open("wb") as full:
        done = shared.run(*words, status=2, stdout=full)
    assert done.err == b"codelode: cannot write the output: No space left on device\n"


@needs_posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_waiting_batch(shared, number, status):
    process = shared.start("batch", "--no-refresh", stdin=subprocess.PIPE)
    process.stdin.write(b"load(path)\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (status, b"")


@needs_posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_a_build_that_waits_for_another(place, number, status):
    place.run("index", "--quiet")
    location = Path(place.run("status", "--json").json["location"])
    with BuildLock(location / LOCK, wait=True):
        message = place.error("index", "--no-wait")
        assert f"process {os.getpid()} is building this index" in message
        process = place.start("index")
        line = process.stderr.readline().decode()
        assert line == f"codelode: process {os.getpid()} is building this index; waiting for it\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, b"")
    assert err == b"codelode: stopped; the index is as it was, and the next run goes on from here\n"
    place.run("search", "--mode=exact", "load(path)")


@needs_posix
def test_waiting_is_shown_on_a_terminal_and_wiped_away(place):
    import pty

    place.run("index", "--quiet")
    location = Path(place.run("status", "--json").json["location"])
    master, slave = pty.openpty()
    with BuildLock(location / LOCK, wait=True):
        process = place.start("index", stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        shown = b""
        while b"waiting for it" not in shown:
            shown += os.read(master, 4096)
    rest = drain(master)
    assert process.wait(60) == 0
    assert "\r" + " " * 40 in rest
    assert rest.split("\r")[-1].startswith("refreshed 5 files: no change")


@needs_posix
def test_progress_on_a_terminal_leaves_only_the_summary(place):
    shown = place.terminal("index")
    assert shown.split("\r")[-1].startswith("indexed 5 files, ")
    assert shown.endswith(" skipped\n")


# ---- start-up


def imported(place: Place, *words: str, status: int = 0) -> set[str]:
    # Without the coverage measurement of the test run, which imports things of its own.
    measuring = {name: None for name in os.environ if name.startswith("COV")}
    done = place.run(*words, status=status, environ=measuring | {"PYTHONPROFILEIMPORTTIME": "1"})
    return {line.rpartition("|")[2].strip() for line in done.err.decode().splitlines() if "|" in line}


def test_an_exact_search_loads_only_what_it_needs(shared):
    needless = {"tomllib", "multiprocessing", "tantivy", "difflib"}
    loaded = imported(shared, "search", "--mode=exact", "load(path)", "--no-refresh")
    assert "codelode.app" in loaded
    assert not loaded & needless
    assert not imported(shared, "search", "--mode=exact", "load(path)") & (needless - {"tantivy"})


def test_version_loads_next_to_nothing(shared):
    loaded = imported(shared, "--version")
    assert not loaded & {"numpy", "argparse", "codelode.app", "codelode.settings", "pathlib", "tantivy"}
