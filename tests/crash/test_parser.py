"""A parser that kills the process: the build goes on, and the file is found without its definitions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from trees import environment, run, write_tree

from codelode.app import Index
from codelode.model import StructureState

BOMB = """\
import os, signal
def language():
    os.kill(os.getpid(), signal.SIGKILL)  # what a segmentation fault looks like from outside
"""
SETTINGS = """\
[grammars.bomb]
module = "tree_sitter_bomb"
extensions = ["bomb"]
definitions = { definition = "function" }
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write_tree(tmp_path / "packages", {"tree_sitter_bomb.py": BOMB})
    files = {f"d{n}/f{n}.py": f"def function{n}():\n    return {n}\n" for n in range(40)}
    return write_tree(tmp_path / "tree", {**files, "d7/x.bomb": "needle\n", "codelode.toml": SETTINGS})


def states(root: Path, location: Path) -> dict[str, StructureState]:
    with Index(root, index_dir=str(location)) as index:
        (part,) = index._current().segments
        paths = [path.decode() for path in part.files.paths]
        return {path: part.files.structure(ordinal) for ordinal, path in enumerate(paths)}


def env(tmp_path: Path, **more: str) -> dict[str, str]:
    found = environment(tmp_path / "home", **more)
    return found | {"PYTHONPATH": str(tmp_path / "packages"), "CODELODE_INDEX_DIR": str(tmp_path / "index")}


def test_workers_leave_the_file_unparsed(tree: Path, tmp_path: Path) -> None:
    script = (
        "import codelode.ingest.refresh as refresh, sys\n"
        "refresh.PARALLEL_BYTES = 0\n"
        "from codelode.surfaces.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    write_tree(tmp_path, {"parallel.py": script})
    command = [sys.executable, str(tmp_path / "parallel.py"), "index", str(tree), "--jobs", "2", "--json"]
    done = subprocess.run(command, env=env(tmp_path), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["files"], report["jobs"], report["skipped"]) == (42, 2, {})
    with Index(tree, index_dir=str(tmp_path / "index")) as index:
        assert [hit.path for hit in index.search("needle", mode="exact").hits] == ["d7/x.bomb"]
        assert [hit.path for hit in index.search("needle", mode="words").hits] == ["d7/x.bomb"]
        found = {
            part.files.path(ordinal).decode(): part.files.structure(ordinal)
            for part in index._current().segments
            for ordinal in range(len(part.files))
        }
    assert found.pop("d7/x.bomb") is StructureState.CRASHED
    assert {found[f"d{n}/f{n}.py"] for n in range(40)} == {StructureState.PARSED}


def test_a_build_in_one_process_leaves_it_unparsed_the_third_time(tree: Path, tmp_path: Path) -> None:
    one = env(tmp_path, CODELODE_JOBS="1")
    assert [run("index", str(tree), env=one).returncode for _ in range(2)] == [-9, -9]
    done = run("index", str(tree), env=one)
    assert done.returncode == 0, done.stderr
    found = states(tree, tmp_path / "index")
    assert found.pop("d7/x.bomb") is StructureState.CRASHED
    assert {found[f"d{n}/f{n}.py"] for n in range(40)} == {StructureState.PARSED}


def test_a_kill_from_outside_accuses_nobody(tree: Path, tmp_path: Path) -> None:
    one = env(tmp_path, CODELODE_JOBS="1")
    assert run("index", str(tree), env=one).returncode == -9
    (tree / "d7" / "x.bomb").unlink()
    assert run("index", str(tree), env=one).returncode == 0
    assert StructureState.CRASHED not in states(tree, tmp_path / "index").values()
