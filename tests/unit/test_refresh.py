"""One run of the writer: what it rewrites, takes over, and leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from trees import contents, fresh, settle, write_tree

from codelode.app import Index
from codelode.ingest.build import BuildOptions, SegmentBuilder
from codelode.ingest.plan import MERGE_FACTOR
from codelode.model import display_path
from codelode.store.catalog import Catalog
from codelode.store.files import CATALOG


def paths_of(index: Index, query: str = "needle") -> list[str]:
    return [hit.path for hit in index.search(query, mode="exact", all_matches=True).hits]


def placed(index: Index) -> dict[bytes, tuple[str, int]]:
    """Segment and ordinal of every indexed path."""
    catalog = Catalog(Path(index.location, CATALOG), create=False)
    try:
        return {row[0]: (row[5], row[6]) for row in catalog.stats() if row[5]}
    finally:
        catalog.close()


def test_a_file_touched_when_its_segment_is_merged(tmp_path: Path) -> None:
    """Its row is written twice, by the doubt that was settled and by the merge: the merge's must stay."""
    root = tmp_path / "tree"
    with fresh(write_tree(root, {}), tmp_path / "index") as index:
        for number in range(MERGE_FACTOR):
            write_tree(root, {f"{number}.py": "needle\n"})
            settle(root)
            index.refresh(thorough=False)
        assert index.status().segments == MERGE_FACTOR
        for path in root.iterdir():
            os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))
        assert index.refresh().merged == MERGE_FACTOR
        assert index.status().segments == 1
        assert len({segment for segment, _ in placed(index).values()}) == 1
        (root / "3.py").unlink()
        index.refresh()
        assert index.search("needle", mode="exact").stats.candidates == MERGE_FACTOR - 1
        assert len(paths_of(index)) == MERGE_FACTOR - 1


def test_same_size_edits_within_a_clock_tick(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle 00\n"})
    with fresh(root, tmp_path / "index") as index:
        for turn in range(30):
            (root / "a.py").write_text(f"needle {turn:02}\n")
            index.refresh(thorough=False)
            (root / "a.py").write_text(f"noodle {turn:02}\n")
            report = index.refresh(thorough=False)
            assert report.changed + report.kept == 1
            assert index.search(f"noodle {turn:02}", mode="exact").stats.candidates == 1


def test_a_refresh_without_changes_reads_and_writes_nothing(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {f"{n}.py": "needle\n" for n in range(20)})
    (root / "bin").write_bytes(b"\0")
    settle(root)
    with fresh(root, tmp_path / "index") as index:
        before = {path: path.stat().st_mtime_ns for path in Path(index.location, "segments").rglob("*")}
        report = index.refresh()
        assert (report.read_bytes, report.kept, report.added, report.changed) == (0, 21, 0, 0)
        assert report.generation == 1
        assert before == {
            path: path.stat().st_mtime_ns for path in Path(index.location, "segments").rglob("*")
        }


def test_a_touched_file_is_read_but_not_indexed_again(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n", "b.py": "needle\n"})
    with fresh(root, tmp_path / "index") as index:
        before = placed(index)
        settle(root)
        index.refresh()
        os.utime(root / "a.py", ns=(10**18 + 1, 10**18 + 1))
        settle(root)
        report = index.refresh()
        assert (report.read_bytes, report.changed, report.kept) == (7, 0, 2)
        assert placed(index) == before
        assert index.refresh().read_bytes == 0


def orphan(index: Index, names: list[str]) -> str:
    """A segment of `names`, finished and not published: what a stopped run leaves."""
    root = Path(index.root)
    options = BuildOptions.of(index.root, Path(index.location), index.settings, 1)
    builder = SegmentBuilder(options)
    stats = [(root / name).lstat() for name in names]
    builder.add(
        [(os.fsencode(n), s.st_size, s.st_mtime_ns, s.st_ctime_ns) for n, s in zip(names, stats, strict=True)]
    )
    finished = builder.finish().segment
    assert finished is not None
    return finished.name


def test_finished_segments_of_a_stopped_run_are_taken_over(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"old.py": "needle\n"})
    with fresh(root, tmp_path / "index") as index:
        write_tree(root, {f"{n}.py": f"needle {n}\n" for n in range(4)})
        settle(root)
        name = orphan(index, ["0.py", "1.py", "2.py"])
        (root / "1.py").write_text("needle changed since\n")
        report = index.refresh()
        assert report.adopted == 2
        assert {segment for segment, _ in placed(index).values()} >= {name}
        assert paths_of(index, "changed since") == ["1.py"]
        assert len(paths_of(index)) == 5
        with fresh(root, tmp_path / "fresh") as expected:
            assert contents(index.location) == contents(expected.location)


@pytest.mark.parametrize("how", ["unwanted", "damaged", "half", "other settings"])
def test_leftovers_that_are_no_use_are_collected(tmp_path: Path, how: str) -> None:
    root = write_tree(tmp_path / "tree", {"old.py": "needle\n"})
    with fresh(root, tmp_path / "index") as index:
        write_tree(root, {f"{n}.py": f"needle {n}\n" for n in range(4)})
        settle(root)
        name = orphan(index, ["0.py", "1.py", "2.py"])
        folder = Path(index.location, "segments", name)
        if how == "unwanted":
            for n in range(2):
                (root / f"{n}.py").write_text("needle, all changed\n")
        elif how == "damaged":
            os.truncate(folder / "trigrams.col", 100)
        elif how == "half":
            (folder / "segment.json").unlink()
        else:
            manifest = folder / "segment.json"
            manifest.write_text(manifest.read_text().replace("ranked=", "ranked=1"))
        report = index.refresh()
        assert report.adopted == 0
        assert not folder.exists()
        assert len(paths_of(index)) == 5
        assert index.verify() == []


def test_leftovers_are_collected_when_there_is_nothing_else_to_do(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n"})
    settle(root)
    with fresh(root, tmp_path / "index") as index:
        kept = placed(index)[b"a.py"][0]
        shutil.copytree(Path(index.location, "segments", kept), Path(index.location, "segments", "0" * 16))
        assert index.refresh().generation == 1
        assert [path.name for path in Path(index.location, "segments").iterdir()] == [kept]


def test_an_index_inside_its_root_is_not_indexed(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "needle\n"})
    settle(root)
    with Index(root, index_dir=".codelode") as index:
        assert index.refresh().files == 1
        assert index.refresh().generation == 1
        assert all(not display_path(path).startswith(".codelode") for path in contents(index.location))
        assert Path(index.location, ".gitignore").read_text() == "*\n"


def test_the_report_says_what_was_done(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {f"{n}.py": "needle\n" for n in range(5)})
    (root / "bin").write_bytes(b"\0")
    with Index(root, index_dir=str(tmp_path / "index")) as index:
        stages: list[str] = []
        report = index.refresh(progress=lambda stage, *_: stages.append(stage))
        assert (report.files, report.added, report.segments, report.skipped) == (5, 6, 1, {"binary": 1})
        assert (report.read_bytes, report.indexed_bytes) == (36, 35)
        assert {"scan", "plan", "read", "trigrams", "terms", "publish", "build"} <= set(report.stages)
        assert stages[-1] == "publish"
        assert report.to_json() == index.status().last_run
        write_tree(root, {"0.py": "noodles\n", "new.py": "needle\n"})
        (root / "1.py").unlink()
        report = index.refresh()
        assert (report.added, report.changed, report.deleted, report.files) == (1, 1, 1, 5)


def test_an_error_of_the_first_build_is_told_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("alpha\n")

    def broken(stage: str, done: int, total: int, bytes_done: int, bytes_total: int) -> None:
        raise ZeroDivisionError("the caller's own")

    with Index(tmp_path, index_dir=".codelode") as index, pytest.raises(ZeroDivisionError, match="own"):
        index.refresh(progress=broken)
