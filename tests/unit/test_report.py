"""What index, status and list say, from the values they say it of."""

from __future__ import annotations

import time
from dataclasses import fields

import pytest

from codelode.caching import CacheCounts
from codelode.embeddings import EmbeddingState
from codelode.ingest.embedding import EmbedReport
from codelode.ingest.report import RunReport
from codelode.metrics import Metrics, Timing
from codelode.status import Status
from codelode.surfaces import report


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (
            RunReport(
                files=75_012,
                added=75_012,
                skipped={"binary": 3000, "excluded": 567},
                read_bytes=947_000_000,
                indexed_bytes=947_000_000,
                seconds=12.9,
            ),
            "indexed 75,012 files, 947 MB in 12.9 s (73 MB/s), 3,567 skipped",
        ),
        (RunReport(), "refreshed 0 files: no change in 0.0 ms, 0 skipped"),
        (
            RunReport(files=9, kept=9, seconds=0.4, skipped={"binary": 1}),
            "refreshed 9 files: no change in 0.40 s, 1 skipped",
        ),
        (
            RunReport(files=9, added=3, changed=1, deleted=2, kept=5, seconds=0.614),
            "refreshed 9 files: 3 added, 1 changed, 2 deleted in 0.61 s, 0 skipped",
        ),
        (RunReport(deleted=1, seconds=1), "refreshed 0 files: 1 deleted in 1.0 s, 0 skipped"),
        (
            RunReport(files=1, added=1, indexed_bytes=5, seconds=1, rebuild_reason="--rebuild"),
            "indexed 1 file, 5 bytes in 1.0 s, 0 skipped; built anew: --rebuild",
        ),
        (
            RunReport(files=20, added=20, adopted=15, indexed_bytes=2000, read_bytes=500, seconds=1),
            "indexed 20 files, 2.0 kB in 1.0 s (500 bytes/s), "
            "15 of them finished by a run that was stopped, 0 skipped",
        ),
    ],
)
def test_summary(run, line):
    assert report.summary(run) == line
    assert report.summary(run, "/r") == f"{line}; in /r"


def test_skipped_for_people_and_for_programs():
    rows = [("a b.c", "binary", ""), ("c", "outside_root", "leads nowhere")]
    assert list(report.skipped(rows, aligned=False)) == [
        "a b.c\tbinary\t\n",
        "c\toutside_root\tleads nowhere\n",
    ]
    assert list(report.skipped(rows, aligned=True)) == [
        "binary             a b.c\n",
        "outside_root       c  (leads nowhere)\n",
    ]


def listed(**more) -> Status:
    facts = dict.fromkeys((field.name for field in fields(Status)), 0) | {"skipped": {}, "last_run": None}
    return Status(**facts | {"root": "/r", "location": "/c", "root_exists": True} | more)


def test_list_for_people_and_for_programs():
    noon = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
    rows = [
        listed(files=75_012, bytes_on_disk=390_000_000, last_refresh=noon),
        listed(root="/gone", root_exists=False, files=1),
    ]
    assert list(report.indexes(rows, noon + 60, aligned=True)) == [
        "     75,012 files     390 MB  2026-11-21 12:00:00  /r\n",
        "          1 files    0 bytes  never                /gone  (missing)\n",
    ]
    assert list(report.indexes(rows, noon, aligned=False)) == [
        f"/r\t75012\t390000000\t{int(noon)}\t\n",
        "/gone\t1\t0\t0\t(missing)\n",
    ]


def test_status_names_tombstones_and_files_that_are_not_ranked():
    state = EmbeddingState("none", 0, 0, "", "")
    text = "".join(report.status(listed(segments=2, tombstones=3, exact_only=4, format_version=1), state, 0))
    assert "size        0 bytes in 2 segments, 3 tombstones, format 1\n" in text
    assert "exact only  4 (too large or minified to rank)\n" in text
    assert "exact only" not in "".join(report.status(listed(), state, 0))
    assert "vectors" not in text


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (EmbeddingState("bundled", 9, 9, "", ""), "9 of 9 chunks by bundled"),
        (EmbeddingState("onnx:m", 1, 0, "", ""), "0 of 1 chunk by onnx:m; codelode embed makes the rest"),
        (EmbeddingState("onnx:m", 9000, 8, "77", ""), "8 of 9,000 chunks by onnx:m; process 77 makes more"),
        (EmbeddingState("openai:u", 9, 8, "", "refused"), "8 of 9 chunks by openai:u"),
    ],
)
def test_how_far_the_vectors_are(state, line):
    assert report.vectors(state) == line
    text = "".join(report.status(listed(), state, 0))
    assert f"vectors     {line}\n" in text
    assert (f"            {state.trouble}\n" in text) == bool(state.trouble)


def test_what_a_job_did():
    assert report.embedded(EmbedReport(), "onnx:m") == "all chunks have vectors by onnx:m"
    done = EmbedReport(chunks=1204, embedded=1200, computed=1100, device="cpu", why="no GPU", seconds=3.14)
    assert report.embedded(done, "onnx:m") == (
        "embedded 1,200 of 1,204 chunks with onnx:m in 3.1 s, 100 of them known from before; on cpu: no GPU; "
        "the others are in files that changed: codelode index"
    )


def test_moment():
    noon = time.mktime((2026, 11, 21, 12, 0, 0, 0, 0, -1))
    assert report.moment(noon, noon + 190) == "2026-11-21 12:00:00 (3 min 10 s ago)"
    assert report.moment(noon, noon + 0.5) == "2026-11-21 12:00:00 (just now)"
    assert report.moment(noon, noon - 9) == "2026-11-21 12:00:00 (just now)"
    assert report.moment(None, noon) == report.moment(0.0, noon) == "never"


def test_reasons_most_frequent_first():
    assert report.by_number({"a": 1, "b": 3, "c": 0, "d": 3}) == [("b", 3), ("d", 3), ("a", 1)]


def test_timings() -> None:
    rows = (
        Timing("build", 1, 0, 12_345.678, 12_345.678, 12_345.678, 12_345.678),
        Timing("exact", 997, 3, 4.5, 3.25, 12.5, 99.96),
        Timing("words", 0, 2, None, None, None, None),
        Timing("cached", 5, 0, 0.071, 0.07, 0.09, 0.1),
    )
    told = Metrics(rows, 0.005, CacheCounts(), ({"query": "q"},), "/index/metrics: Permission denied")
    assert list(report.timings(told, 1000)) == [
        "kind               count      cached  average ms         p50         p95         p99\n",
        "build                  1                12,345.7    12,345.7    12,345.7    12,345.7\n",
        "exact                997           3        4.50        3.25        12.5       100.0\n",
        "words                  0           2\n",
        "cached                 5                    0.07        0.07        0.09        0.10\n",
        "0% of the questions to living processes were answered from their caches\n",
        "1 slow question (codelode status --slow)\n",
        "kept in memory only: /index/metrics: Permission denied\n",
    ]
    assert list(report.timings(Metrics((), None, CacheCounts(), (), ""), 0)) == [
        "nothing was asked yet\n",
        "slow questions are not noted: slow_query_ms is 0\n",
    ]


def test_slow_questions() -> None:
    told = {
        "at": 1_795_282_802.9,
        "query": "retry\n  the request",
        "mode": "hybrid",
        "options": {"mode": "hybrid", "limit": 5, "languages": ["c"]},
        "ms": 1234.5,
        "stages": {"read": 200.0, "rank": 1000.25},
        "candidates": 1,
        "files_read": 4_242,
        "bytes_read": 129_132_365,
        "hits": 5,
        "partial": True,
    }
    first, second = report.slow([told], 1000)
    assert list(report.slow([], 1000)) == ["no question took 1,000 ms\n"]
    assert list(report.slow([], 0)) == ["slow questions are not noted: slow_query_ms is 0\n"]
    assert first.split(maxsplit=2)[2] == "1.2 s  hybrid    retry the request\n"
    assert second.strip() == (
        "rank 1.0 s, read 0.20 s, 1 candidate, 4,242 files read (129 MB), 5 hits, limit=5, languages=c, partial"
    )
