"""Several processes on one index: builders wait for each other, readers for nobody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from trees import environment, fresh, kill_group, run, start, write_tree

from codelode.app import Index
from codelode.errors import CodelodeError, IndexLockedError
from codelode.store.files import CATALOG, LOCK
from codelode.store.lock import BuildLock


def test_a_second_builder_waits_or_fails(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n"})
    env = environment(tmp_path, CODELODE_INDEX_DIR=str(tmp_path / "index"))
    with Index(root, index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        told: list[int] = []
        with BuildLock(tmp_path / "index" / LOCK, wait=True):
            with pytest.raises(IndexLockedError, match=f"process {os.getpid()} is building"):
                index.refresh(wait=False)
            done = run("index", "--no-wait", str(root), env=env)
            assert done.returncode == 2
            assert f"process {os.getpid()} is building this index" in done.stderr
            assert index.search("needle", mode="exact").hits, "readers do not wait"
            waiting = start("index", str(root), env=env)
            assert waiting.stderr
            assert f"process {os.getpid()} is building this index; waiting" in waiting.stderr.readline()
            assert waiting.poll() is None
        try:
            assert waiting.wait(timeout=60) == 0
        finally:
            kill_group(waiting)
        index.refresh(progress=lambda stage, *rest: told.append(rest[0]) if stage == "wait" else None)
        assert told == []


def test_many_builders_at_once(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {f"f{n}.py": f"needle {n}\n" for n in range(50)})
    env = environment(tmp_path, CODELODE_INDEX_DIR=str(tmp_path / "index"))
    builders = [start("index", "--json", *flags, str(root), env=env) for flags in ([], ["--rebuild"], [], [])]
    for builder in builders:
        out, errors = builder.communicate(timeout=120)
        assert builder.returncode == 0, errors
        assert json.loads(out)["files"] == 50
    with Index(root, index_dir=str(tmp_path / "index")) as index:
        assert index.verify() == []
        assert index.search("needle", mode="exact", all_matches=True).stats.matched_files == 50


def test_an_index_dropped_and_made_again_under_a_reader(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n"})
    with Index(root, index_dir=str(tmp_path / "index")) as reader:
        reader.refresh()
        assert len(reader.search("needle", mode="exact").hits) == 1
        with Index(root, index_dir=str(tmp_path / "index")) as other:
            other.drop()
            with pytest.raises(CodelodeError, match="no index"):
                reader.search("needle", mode="exact")
            write_tree(root, {"b.py": "needle\n"})
            other.refresh()
        assert len(reader.search("needle", mode="exact").hits) == 2


def test_a_stream_goes_on_while_the_index_is_rebuilt(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {f"{n:02}.py": "needle\n" for n in range(50)})
    with fresh(root, tmp_path / "index") as reader, Index(root, index_dir=reader.location) as writer:
        stream = reader.stream("needle", mode="exact")
        writer.refresh(rebuild=True)
        first = next(stream)
        writer.refresh(rebuild=True)
        assert [first.path, *(hit.path for hit in stream)] == [f"{n:02}.py" for n in range(50)]


READER = """
import json, sys
from codelode import Index
index = Index(sys.argv[1], index_dir=sys.argv[2])
print("ready", flush=True)
counts = {}
while not sys.stdin.readable() or len(counts) < 4 or counts.get("done", 0) < 1:
    with open(sys.argv[3]) as stop:
        counts["done"] = int(stop.read() or 0)
    for mode, every in (("exact", True), ("words", False), ("regex", True)):
        if mode == "words":
            result = index.search("always", mode=mode, limit=100)
        else:
            result = index.search("always", mode=mode, all_matches=every)
        key = f"{mode} {result.stats.files} {result.stats.candidates}"
        counts[key] = counts.get(key, 0) + 1
    stream = index.stream("always", mode="exact")
    key = f"stream {sum(1 for hit in stream)} {stream.stats.files}"
    index.status()
    counts[key] = counts.get(key, 0) + 1
print(json.dumps(counts))
"""


def test_readers_during_builds_see_whole_snapshots(tmp_path: Path) -> None:
    """Each turn replaces all files by as many others: a mixture has another number of candidates."""
    root = write_tree(tmp_path / "tree", {f"t0_{n}.py": f"always turn0 {n}\n" for n in range(30)})
    stop = tmp_path / "stop"
    stop.write_text("0")
    with Index(root, index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", READER, str(root), index.location, str(stop)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        try:
            for reader in readers:
                assert reader.stdout
                assert reader.stdout.readline() == "ready\n"
            for turn in range(1, 40):
                for path in root.iterdir():
                    path.unlink()
                write_tree(root, {f"t{turn}_{n}.py": f"always turn{turn} {n}\n" for n in range(30)})
                index.refresh(rebuild=turn % 5 == 0, thorough=turn % 2 == 0)
            stop.write_text("1")
            for reader in readers:
                out, errors = reader.communicate(timeout=60)
                assert reader.returncode == 0, errors
                counts = json.loads(out)
                counts.pop("done")
                assert {key for key in counts if not key.startswith("stream")} == {
                    "exact 30 30",
                    "regex 30 30",
                    "words 30 30",
                }
                assert {key.split()[2] for key in counts if key.startswith("stream")} == {"30"}
        finally:
            for reader in readers:
                reader.kill()
                reader.communicate()


def test_a_busy_database_is_waited_for(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n"})
    with fresh(root, tmp_path / "index") as index:
        write_tree(root, {"b.py": "needle\n"})
        script = (
            "import sqlite3, sys, time\n"
            "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "db.execute('BEGIN IMMEDIATE')\n"
            "print('held', flush=True)\n"
            "sys.stdin.read()\n"
            "db.execute('ROLLBACK')\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "index" / CATALOG)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout
            assert holder.stdin
            assert holder.stdout.readline() == "held\n"
            began = time.monotonic()
            refreshing = start(
                "index", str(root), env=environment(tmp_path, CODELODE_INDEX_DIR=index.location)
            )
            time.sleep(1.0)
            assert refreshing.poll() is None, "it waits"
            assert len(index.search("needle", mode="exact").hits) == 1, "readers do not"
            holder.stdin.close()
            assert refreshing.wait(timeout=60) == 0, time.monotonic() - began
            kill_group(refreshing)
        assert len(index.search("needle", mode="exact").hits) == 2
