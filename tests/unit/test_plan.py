"""What a run has to do, and which segments it rewrites."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.ingest.build import WorkItem
from codelode.ingest.plan import (
    CLASS_BYTES,
    MERGE_FACTOR,
    OldRow,
    SegmentLoad,
    choose_merges,
    compare,
    cut_batches,
)
from codelode.model import SkipReason
from codelode.settings import MIB

ITEM = (b"a.c", 10, 1000, 2000)
HASH = b"h" * 16


def row(
    item: WorkItem = ITEM,
    *,
    hashed: bytes = HASH,
    segment: str = "s",
    reason: str = "",
    racy: int = 0,
    detail: str = "",
) -> OldRow:
    return (*item, hashed, segment, 3 if segment else -1, reason, racy, detail)


def test_an_unchanged_file_is_kept() -> None:
    plan = compare([row()], [ITEM], [])
    assert plan.is_empty
    assert plan.kept == 1


def test_new_and_deleted_files() -> None:
    old = row((b"old.c", 1, 2, 3))
    plan = compare([old], [ITEM], [])
    assert (plan.add, plan.delete, plan.kept) == ([ITEM], [old], 0)


def test_another_size_is_a_change_for_sure() -> None:
    now = (b"a.c", 11, 1000, 2000)
    assert compare([row()], [now], []).change == [(now, row())]


def test_another_time_is_a_doubt() -> None:
    for now in ((b"a.c", 10, 1001, 2000), (b"a.c", 10, 1000, 2001)):
        assert compare([row()], [now], []).doubt == [(now, row())]


def test_a_racy_row_is_a_doubt_though_nothing_shows() -> None:
    assert compare([row(racy=1)], [ITEM], []).doubt == [(ITEM, row(racy=1))]


def test_what_its_content_keeps_out_is_looked_at_again_when_it_changes() -> None:
    for reason in ("binary", "undecodable", "worker_died"):
        old = row(segment="", reason=reason)
        assert compare([old], [ITEM], []).kept == 1
        touched = (b"a.c", 10, 1001, 2000)
        assert compare([old], [touched], []).doubt == [(touched, old)]
        grown = (b"a.c", 11, 1001, 2000)
        assert compare([old], [grown], []).add == [grown]
    never_read = row(segment="", reason="worker_died", hashed=b"")
    touched = (b"a.c", 10, 1001, 2000)
    assert compare([never_read], [touched], []).add == [touched]


def test_what_could_not_be_read_is_tried_again() -> None:
    for reason in ("unreadable", "vanished", "unstable", "not_a_file"):
        old = row(segment="", reason=reason, hashed=b"")
        plan = compare([old], [ITEM], [])
        assert plan.retry == [(ITEM, old)]
        assert plan.is_empty, "it alone is no reason to commit"
        touched = (b"a.c", 10, 1001, 2000)
        assert compare([old], [touched], []).add == [touched]


def test_a_file_that_became_small_enough() -> None:
    old = row((b"a.c", 99, 1000, 2000), segment="", reason="too_large", hashed=b"")
    assert compare([old], [ITEM], []).add == [ITEM]


def test_skipped_paths() -> None:
    skipped = (b"x.o", SkipReason.IGNORED_BY_RULE, ".gitignore:1", 0, 0, 0)
    plan = compare([], [], [skipped])
    assert plan.skip == [(b"x.o", 0, 0, 0, b"", "", "", -1, "ignored_by_rule", ".gitignore:1", 0)]
    same = row((b"x.o", 0, 0, 0), segment="", reason="ignored_by_rule", hashed=b"", detail=".gitignore:1")
    assert compare([same], [], [skipped]).kept == 1
    moved = row((b"x.o", 0, 0, 0), segment="", reason="ignored_by_rule", hashed=b"", detail=".gitignore:9")
    assert len(compare([moved], [], [skipped]).skip) == 1
    indexed = row((b"x.o", 5, 6, 7))
    plan = compare([indexed], [], [skipped])
    assert plan.dropped == [indexed]
    assert plan.delete == []
    other = row((b"x.o", 0, 0, 0), segment="", reason="excluded", hashed=b"")
    assert len(compare([other], [], [skipped]).skip) == 1


paths = st.binary(min_size=1, max_size=2)
times = st.integers(0, 2)
items = st.builds(lambda path, size, m, c: (path, size, m, c), paths, times, times, times)
rows = st.builds(
    lambda item, hashed, segment, racy, reason: row(
        item, hashed=HASH if segment or hashed else b"", segment=segment, racy=racy,
        reason="" if segment else reason,
    ),
    items, st.booleans(), st.sampled_from(["", "s"]), st.integers(0, 1),
    st.sampled_from(["binary", "unreadable", "ignored_by_rule", "too_large"]),
)  # fmt: skip


@given(
    st.lists(rows, unique_by=lambda r: r[0]),
    st.lists(items, unique_by=lambda i: i[0]),
    st.lists(st.tuples(paths, st.sampled_from([SkipReason.EXCLUDED, SkipReason.IGNORED_BY_RULE]))),
)
def test_every_path_is_in_exactly_one_part(
    old: list[OldRow], files: list[WorkItem], skips: list[tuple[bytes, SkipReason]]
) -> None:
    names = {item[0] for item in files}
    skipped = [(path, reason, "", 0, 0, 0) for path, reason in dict(skips).items() if path not in names]
    plan = compare(old, files, skipped)
    parts = [
        *[item[0] for item in plan.add],
        *[item[0] for item, _ in plan.change],
        *[item[0] for item, _ in plan.doubt],
        *[item[0] for item, _ in plan.retry],
        *[line[0] for line in plan.skip],
    ]
    assert len(parts) == len(set(parts))
    assert len(parts) + plan.kept == len(files) + len(skipped)
    seen = names | {line[0] for line in skipped}
    assert {line[0] for line in plan.delete} == {line[0] for line in old} - seen
    for item, before in (*plan.doubt, *plan.change):
        assert item[0] == before[0]


@given(st.lists(st.integers(0, 50)), st.integers(1, 60))
def test_batches_are_the_files_in_order_and_not_too_large(sizes: list[int], limit: int) -> None:
    files = [(b"%d" % n, size, 0, 0) for n, size in enumerate(sizes)]
    batches = cut_batches(files, limit)
    assert [item for batch in batches for item in batch] == files
    for batch in batches:
        assert batch
        assert len(batch) == 1 or sum(item[1] for item in batch) <= limit


def load(name: str, mib: float, files: int = 100, dead: int = 0) -> SegmentLoad:
    return SegmentLoad(name, files, dead, int(mib * MIB))


EVERYTHING = 1 << 62
LARGE = 100 * MIB
"""what a builder with much memory puts into a segment"""


def test_many_small_segments_become_one() -> None:
    small = [load(str(n), 0.5) for n in range(MERGE_FACTOR)]
    assert choose_merges(small, EVERYTHING, LARGE) == {segment.name for segment in small}
    assert choose_merges(small[1:], EVERYTHING, LARGE) == set()


def test_segments_of_different_classes_do_not_mix() -> None:
    mixed = [load(str(n), 0.5) for n in range(MERGE_FACTOR - 1)] + [load("big", 2.0)]
    assert choose_merges(mixed, EVERYTHING, LARGE) == set()


def test_a_segment_full_of_tombstones_is_rewritten() -> None:
    assert choose_merges([load("a", 300, 100, 51), load("b", 300, 100, 50)], EVERYTHING, LARGE) == {"a"}


def test_large_segments_are_left_alone() -> None:
    assert choose_merges([load(str(n), 100) for n in range(50)], EVERYTHING, LARGE) == set()


def test_segments_that_cannot_grow_are_left_alone() -> None:
    # With little memory a build ends with many of 7 MB: merging them would give the same again, every run.
    loads = [load(str(n), 7) for n in range(MERGE_FACTOR)]
    assert choose_merges(loads, EVERYTHING, LARGE) == {one.name for one in loads}
    assert choose_merges(loads, EVERYTHING, 8 * MIB) == set()


def test_the_budget_holds() -> None:
    small = [load(str(n), 0.9) for n in range(8)]
    assert choose_merges(small, 5 * MIB, LARGE) == set()
    assert len(choose_merges(small, 8 * MIB, LARGE)) == 8


@given(
    st.lists(
        st.tuples(st.integers(1, 60), st.integers(0, 60), st.integers(0, 64 * MIB)).map(
            lambda t: (t[0], min(t[1], t[0]), t[2])
        ),
        max_size=30,
    ),
    st.integers(0, 100 * MIB),
    st.integers(0, 100 * MIB),
)
def test_merges_stay_within_the_budget_and_pay(
    segments: list[tuple[int, int, int]], budget: int, most: int
) -> None:
    loads = [SegmentLoad(str(n), *segment) for n, segment in enumerate(segments)]
    chosen = [one for one in loads if one.name in choose_merges(loads, budget, most)]
    assert sum(one.live_bytes for one in chosen) <= budget
    healthy = [one for one in chosen if one.dead * 2 <= one.files]
    assert not healthy or len(healthy) >= MERGE_FACTOR
    assert all(one.live_bytes < min(CLASS_BYTES[-1], max(most // 2, 1)) for one in healthy)
