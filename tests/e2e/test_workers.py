"""Builds by several processes: the same answers, and what happens when processes are killed or stopped."""

from __future__ import annotations

import functools
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from processes import HAS_PROC, living, wait_until, workers_of
from trees import answers, command, contents, environment, kill_group, run, settle, start, write_tree

from codelode.app import Index
from codelode.settings import Settings

pytestmark = pytest.mark.skipif(not HAS_PROC, reason="looks at processes through /proc")

SMALL_SEGMENTS = {"CODELODE_MEMORY_MB": "256", "CODELODE_BATCH_MB": "1", "CODELODE_JOBS": "2"}
"""The least memory: a segment holds about 16 MB."""

FILES = 480
FILE_BYTES = 100_000

QUERIES = [
    ("exact", "marker7"),
    ("exact", "return w0001"),
    ("regex", r"marker\d7\b"),
    ("words", "uniquebbbq"),
    ("words", "unusual reader"),
]


def letters(number: int) -> str:
    """`number` in letters: no digits, so that it is one word."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number)) + "q"


def big_tree(root: Path) -> Path:
    """48 MB of lines of words, each file with a word of its own; no code, whose parsing would take minutes."""
    dice = random.Random(7)
    words = [f"w{n:04}" for n in range(3_000)]
    blocks = []
    for _ in range(40):
        lines = [" ".join(dice.choices(words, k=8)) for _ in range(FILE_BYTES // 4 // 48)]
        blocks.append("\n".join(lines) + "\nreturn w0001;\n")
    files = {
        f"d{n % 9}/f{n}.txt": f"// marker{n} unique{letters(n)}\n" + "".join(dice.choices(blocks, k=4))
        for n in range(FILES)
    }
    files["d3/rare.txt"] = "unusual reader\n" * 3
    return write_tree(root, files)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = big_tree(tmp_path_factory.mktemp("workers") / "tree")
    settle(root)
    return root


def settings(jobs: int) -> Settings:
    return Settings(memory_mb=256, batch_mb=1, jobs=jobs)


@pytest.fixture(scope="module")
def sequential(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index(tree, settings(1), index_dir=str(tmp_path_factory.mktemp("sequential")))
    assert index.refresh().jobs == 1
    return index


def test_two_workers_answer_as_one_process(tree: Path, sequential: Index, tmp_path: Path) -> None:
    with Index(tree, settings(2), index_dir=str(tmp_path)) as parallel:
        report = parallel.refresh()
        assert report.jobs == 2
        assert report.segments >= 2
        assert answers(parallel, QUERIES) == answers(sequential, QUERIES)
        assert contents(parallel.location) == contents(sequential.location)


def test_a_killed_worker_is_replaced(tree: Path, sequential: Index, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(stage: str, done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        if stage == "build" and len(killed) < 2 and done > 40 * (1 + len(killed)):
            killed.append(workers_of(os.getpid())[0])
            os.kill(killed[-1], signal.SIGKILL)

    with Index(tree, settings(2), index_dir=str(tmp_path)) as index:
        report = index.refresh(progress=kill_one)
        assert len(set(killed)) == 2
        assert report.skipped == {}
        assert report.files == FILES + 1
        assert contents(index.location) == contents(sequential.location)
        assert answers(index, QUERIES) == answers(sequential, QUERIES)
        assert index.verify() == []
    assert workers_of(os.getpid()) == []


ADDRESS_SPACE = """
import re, sys
from pathlib import Path
from codelode import Index
Index(sys.argv[1], index_dir=sys.argv[2]).refresh()
print(re.search(r"VmPeak:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def limit_memory(size: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def test_a_file_that_kills_every_worker_is_given_up_alone(tmp_path: Path) -> None:
    """One file of 450 MB needs more memory than a worker may have here: reading it ends the worker each time."""
    root = write_tree(
        tmp_path / "tree", {f"good{n}.txt": f"marker{n}\n" + "word\n" * 700_000 for n in range(9)}
    )
    env = environment(tmp_path, CODELODE_MAX_EXACT_BYTES=str(512 << 20), CODELODE_BATCH_MB="512")
    env |= {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}  # address space that nobody uses
    measured = subprocess.run(
        [sys.executable, "-c", ADDRESS_SPACE, str(root), str(tmp_path / "measured")],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    limit = (int(measured.stdout) << 10) + (300 << 20)
    (root / "good4.huge.txt").write_bytes(b"a line of text\n" * (450 * 70_000))
    done = run(
        "index",
        "--json",
        "--jobs",
        "2",
        str(root),
        env=env,
        preexec_fn=functools.partial(limit_memory, limit),
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["jobs"] == 2
    assert report["files"] == 9
    status = json.loads(run("status", "--json", "--skipped", str(root), env=env).stdout)
    died = [row["path"] for row in status["skipped_files"] if row["reason"] == "worker_died"]
    assert died == ["good4.huge.txt"]
    for number in range(9):
        found = run("search", "--no-refresh", "--mode", "exact", f"marker{number}", str(root), env=env)
        assert found.returncode == 0, found.stderr


def finished_segments(cache: Path) -> set[Path]:
    return set(cache.glob("codelode/*/segments/*/segment.json"))


def refreshing(tree: Path, home: Path) -> tuple[subprocess.Popen[str], dict[str, str], set[Path]]:
    """An index process over the big tree, stopped nowhere yet, with a first new segment finished."""
    env = environment(home, **SMALL_SEGMENTS)
    (home / "codelode.toml").write_text("")
    small = write_tree(home / "small", {"first.c": "int firstborn;\n"})
    assert run("index", str(small), env=env).returncode == 0
    before = finished_segments(home / "cache")
    assert len(before) == 1
    for folder in sorted(tree.iterdir()):  # hard links: the old snapshot is of one file, the new one of all
        (small / folder.name).mkdir()
        for file in folder.iterdir():
            os.link(file, small / folder.name / file.name)
    settle(small)
    process = start("index", "--json", str(small), env=env)
    wait_until(lambda: finished_segments(home / "cache") - before or process.poll() is not None)
    return process, env, before


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_build_leaves_the_last_good_index(
    tree: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    process, env, _ = refreshing(tree, tmp_path)
    workers = workers_of(process.pid)
    try:
        assert len(workers) == 2
        if number == signal.SIGINT:  # a terminal sends it to all
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        _, errors = process.communicate(timeout=5)
    finally:
        kill_group(process)
    assert process.returncode == status
    assert "Traceback" not in errors
    assert living(workers) == []
    root = str(tmp_path / "small")
    old = json.loads(run("status", "--json", root, env=env).stdout)
    assert old["files"] == 1
    assert run("search", "--no-refresh", "firstborn", root, env=env).returncode == 0
    report = json.loads(run("index", "--json", root, env=env).stdout)
    assert report["adopted"] > 0, "what was finished is not built again"
    assert report["files"] == FILES + 2
    assert run("verify", root, env=env).returncode == 0
    found = run("search", "--no-refresh", "--mode", "exact", "--all", "marker47", root, env=env).stdout
    assert {line.partition(":")[0] for line in found.splitlines()} == {
        f"{root}/d{n % 9}/f{n}.txt" for n in (47, *range(470, 480))
    }


def test_a_killed_main_process_leaves_no_workers(tree: Path, tmp_path: Path) -> None:
    process, env, _ = refreshing(tree, tmp_path)
    workers = workers_of(process.pid)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    root = str(tmp_path / "small")
    # The next run need not wait for them to notice.
    report = json.loads(run("index", "--json", root, env=env).stdout)
    assert report["files"] == FILES + 2
    wait_until(lambda: not living(workers))
    assert run("verify", root, env=env).returncode == 0
    assert json.loads(run("index", "--json", root, env=env).stdout)["read_bytes"] == 0


def test_a_script_without_an_import_guard(tree: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from codelode import Index\n"
        "from codelode.settings import Settings\n"
        "index = Index(sys.argv[1], Settings(jobs=2, batch_mb=1), index_dir=sys.argv[2])\n"
        "report = index.refresh()\n"
        "print(report.jobs, report.files, len(index.search('marker12', mode='exact').hits))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script), str(tree), str(tmp_path / "index")],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == f"2 {FILES + 1} 10\n", done.stderr
    assert command()[0] == sys.executable
