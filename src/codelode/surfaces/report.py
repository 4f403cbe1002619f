"""What the commands about indexes say, as text: pure, values in, lines out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from codelode.model import SkipReason
from codelode.surfaces import figures

if TYPE_CHECKING:
    from codelode.embeddings import EmbeddingState
    from codelode.ingest.embedding import EmbedReport
    from codelode.ingest.report import RunReport
    from codelode.metrics import Metrics
    from codelode.status import Status


def summary(run: RunReport, root: str = "") -> str:
    """One line about a finished run; `root` is named when it is not what the user gave.

    ``indexed 75,012 files, 947 MB in 12.9 s (73 MB/s), 3,567 skipped`` for a build from nothing,
    ``refreshed 75,012 files: 3 added, 1 changed, 2 deleted in 0.61 s, 3,567 skipped`` else.
    """
    took = figures.duration(run.seconds)
    files = figures.count(run.files, "file")
    if not run.from_nothing:
        changes = [
            f"{number:,} {what}"
            for what, number in (("added", run.added), ("changed", run.changed), ("deleted", run.deleted))
            if number
        ]
        line = f"refreshed {files}: {', '.join(changes) or 'no change'} in {took}"
    else:
        speed = figures.rate(run.read_bytes, run.seconds)
        line = f"indexed {files}, {figures.size(run.indexed_bytes)} in {took}{f' ({speed})' if speed else ''}"
        if run.adopted:
            line += f", {run.adopted:,} of them finished by a run that was stopped"
    line += f", {sum(run.skipped.values()):,} skipped"
    if run.rebuild_reason:
        line += f"; built anew: {run.rebuild_reason}"
    return f"{line}; in {root}" if root else line


def embedded(done: EmbedReport, embedder: str) -> str:
    """One line about a finished job: ``embedded 1,204 of 1,204 chunks in 3.1 s, 17 of them from the cache``."""
    chunks = figures.count(done.chunks, "chunk")
    if not done.chunks:
        return f"all chunks have vectors by {embedder}"
    line = f"embedded {done.embedded:,} of {chunks} with {embedder} in {figures.duration(done.seconds)}"
    if known := done.embedded - done.computed:
        line += f", {known:,} of them known from before"
    if done.device:
        line += f"; on {done.device}{f': {done.why}' if done.why else ''}"
    if done.embedded < done.chunks:
        line += "; the others are in files that changed: codelode index"
    return line


def vectors(state: EmbeddingState) -> str:
    """How far the vectors are, in one line; "" without an embedder."""
    if state.embedder == "none":
        return ""
    line = f"{state.embedded:,} of {figures.count(state.chunks, 'chunk')} by {state.embedder}"
    if state.job:
        line += f"; process {state.job} makes more"
    elif state.embedded < state.chunks and not state.trouble:
        line += "; codelode embed makes the rest"
    return line


def status(status: Status, state: EmbeddingState, now: float) -> Iterator[str]:
    """The lines of ``codelode status``; `now` in seconds since 1970."""
    size = f"{figures.size(status.bytes_on_disk)} in {figures.count(status.segments, 'segment')}"
    dead = f", {figures.count(status.tombstones, 'tombstone')}" if status.tombstones else ""
    left_out = by_number(status.skipped)
    rows = [
        ("root", status.root),
        ("index", status.location),
        ("size", f"{size}{dead}, format {status.format_version}"),
        ("files", f"{status.files:,}, {figures.size(status.indexed_bytes)} of text"),
        ("exact only", f"{status.exact_only:,} (too large or minified to rank)" if status.exact_only else ""),
        ("skipped", f"{sum(status.skipped.values()):,}"),
        *(("", f"{number:>9,}  {reason}") for reason, number in left_out),
        ("vectors", vectors(state)),
        ("", state.trouble),
        ("refreshed", moment(status.last_refresh, now)),
    ]
    yield from (f"{name:<10}  {value}\n" for name, value in rows if value)


def timings(metrics: Metrics, slow_ms: int) -> Iterator[str]:
    """The lines of ``codelode status --metrics``; questions that take `slow_ms` count as slow."""
    heads = ("count", "cached", "average ms", "p50", "p95", "p99")
    if metrics.timings:
        yield f"{'kind':<12}" + "".join(f"{head:>12}" for head in heads) + "\n"
    else:
        yield "nothing was asked yet\n"
    for row in metrics.timings:
        cells = [f"{row.count:,}", f"{row.cached:,}" if row.cached else ""]
        cells += [_milliseconds(time) for time in (row.average_ms, row.p50_ms, row.p95_ms, row.p99_ms)]
        yield (f"{row.kind:<12}" + "".join(f"{cell:>12}" for cell in cells)).rstrip() + "\n"
    if metrics.hit_rate is not None:
        yield f"{metrics.hit_rate:.0%} of the questions to living processes were answered from their caches\n"
    if metrics.slow:
        yield f"{figures.count(len(metrics.slow), 'slow question')} (codelode status --slow)\n"
    if not slow_ms:
        yield _NOT_NOTED
    if metrics.trouble:
        yield f"kept in memory only: {metrics.trouble}\n"


_NOT_NOTED = "slow questions are not noted: slow_query_ms is 0\n"


def _milliseconds(time: float | None) -> str:
    return "" if time is None else f"{time:,.2f}" if time < 10 else f"{time:,.1f}"


def slow(questions: Sequence[Mapping[str, Any]], slow_ms: int) -> Iterator[str]:
    """The lines of ``codelode status --slow``: two for each question, the latest last; `slow_ms` as for `timings`."""
    if not questions:
        yield f"no question took {slow_ms:,} ms\n" if slow_ms else _NOT_NOTED
    for told in questions:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(told["at"]))
        query = " ".join(told["query"].split())
        yield f"{when}  {figures.duration(told['ms'] / 1000):>9}  {told['mode']:<8}  {query}\n"
        stages = sorted(told["stages"].items(), key=lambda stage: -stage[1])
        facts = [f"{name} {figures.duration(spent / 1000)}" for name, spent in stages]
        facts += [
            figures.count(told["candidates"], "candidate"),
            f"{figures.count(told['files_read'], 'file')} read ({figures.size(told['bytes_read'])})",
            figures.count(told["hits"], "hit"),
            *(
                f"{name}={','.join(value) if isinstance(value, list) else value}"
                for name, value in told["options"].items()
                if name != "mode"
            ),
        ]
        yield f"{'':<21}{', '.join(facts)}{', partial' if told['partial'] else ''}\n"


def skipped(rows: Iterable[tuple[str, str, str]], *, aligned: bool) -> Iterator[str]:
    """(path, reason, detail) as lines, one at a time: there may be very many.

    For people the reason first, in a column; for programs path, reason, detail between tabs.
    """
    width = max(len(reason.value) for reason in SkipReason)
    for path, reason, detail in rows:
        if aligned:
            yield f"{reason:<{width}}  {path}{f'  ({detail})' if detail else ''}\n"
        else:
            yield f"{path}\t{reason}\t{detail}\n"


def indexes(rows: Iterable[Status], now: float, *, aligned: bool) -> Iterator[str]:
    """The lines of ``codelode list``: files, size, last refresh, root; a root that is gone is marked."""
    for row in rows:
        mark = "" if row.root_exists else "(missing)"
        if aligned:
            refreshed = moment(row.last_refresh, now).partition(" (")[0]
            facts = f"{row.files:>11,} files  {figures.size(row.bytes_on_disk):>9}  {refreshed:<19}"
            yield f"{facts}  {row.root}{f'  {mark}' if mark else ''}\n"
        else:
            yield f"{row.root}\t{row.files}\t{row.bytes_on_disk}\t{int(row.last_refresh or 0)}\t{mark}\n"


def by_number(skipped: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons and how many files they hold back, the most frequent first."""
    return sorted(
        ((reason, number) for reason, number in skipped.items() if number), key=lambda r: (-r[1], r[0])
    )


def moment(when: float | None, now: float) -> str:
    """``2026-11-21 07:05:04 (3 min 10 s ago)``, in local time."""
    if not when:
        return "never"
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
    return f"{stamp} ({figures.duration(now - when)} ago)" if now - when >= 1 else f"{stamp} (just now)"
