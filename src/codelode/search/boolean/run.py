"""Mode query: a query of the language over a snapshot, the best hits or all of them.

The best are looked for where they are likely: the word index proposes chunks for the whole query, and only if too few
of their files hold it does the trigram index name every file that may.
"""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from codelode.index.terms import BODY
from codelode.model import Hit, SearchOptions, SearchStats, sort_key
from codelode.query.ast import Query, Results
from codelode.query.rewrite import simplify
from codelode.search.boolean.asked import with_options
from codelode.search.boolean.atoms import MeaningNode, TextAtom
from codelode.search.boolean.compile import Compiled, Compiler
from codelode.search.boolean.explain import explanation
from codelode.search.boolean.files import File, by_path, by_standing, filtered, needed
from codelode.search.boolean.hits import chunk_spans, file_hit, line_hits, row_hit
from codelode.search.boolean.ranking import FIRST_ROWS, Row, rank_file
from codelode.search.boolean.subject import Subject
from codelode.search.boolean.tree import Mark
from codelode.search.budget import Budget
from codelode.search.candidates import FileFilter
from codelode.search.judge import Judge
from codelode.search.meaning import Meaning, note_missing
from codelode.search.proposals import best_of
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.search.source import Sources
from codelode.search.spans import Span
from codelode.search.vocabulary import parse

PROPOSED = 48
"""Chunks that are proposed at least"""

SPREAD = 8
"""So many times more for wildcards and typos: what has no score comes chunk by chunk, many of one file"""

ENOUGH = 50
"""Files that hold a query and compete for the ranked hits, at least: they come in the order of what the index
knows of them, so that those behind hardly win"""

MORE_BYTES = 24 << 20
"""Text that is read for more hits when some were found at once: 40 ms"""

SCANNED_BYTES = 64 << 20
"""Text that a ranked search reads at most, 0.15 s of it; `stats.partial` says when there was more"""

FEW_LEFT = 256
"""Files that are all read rather than put in order by the word index"""


class QuerySearch:
    """One query over one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        text: str,
        options: SearchOptions,
        sources: Sources,
        stats: SearchStats,
        meaning: Meaning,
        budget: Budget,
    ) -> None:
        """Raises QueryError for what is no query, or cannot be run."""
        self._began = time.perf_counter()
        self._snapshot = snapshot
        self._options = options
        self._sources = sources
        self._stats = stats
        self._budget = budget
        with stats.stage("parse"):
            self.query: Query = simplify(with_options(parse(text), options))
        with stats.stage("filters"):
            accept = FileFilter(options)
            masks = [accept.mask(part) for part in snapshot.segments]
            compiler = Compiler(snapshot, self.query, options, meaning, budget, time.time())
            self._compiled: Compiled = compiler.run()
            root = self._compiled.root
            self._needed = [node for node in needed(root) if isinstance(node, TextAtom)]
            """without one of these a file does not hold the query"""
            self._masks = filtered(snapshot, root, masks, before=MeaningNode.rank)
            for node in self._compiled.meanings:
                node.look(snapshot.segments, self._masks)
            if self._compiled.meanings:
                note_missing(snapshot, stats)
                self._masks = filtered(snapshot, root, self._masks, before=MeaningNode.rank + 1)
        self._judge = Judge(self._compiled.words)
        self._rows: list[Row] = []
        self._found: list[tuple[Subject, list[Mark]]] = []
        """files that hold the query, with what marks them"""
        self._proposed: dict[File, list[int]] = {}
        """chunks that the word index proposed, by file"""
        self._matched = 0
        self._most_bytes = SCANNED_BYTES
        self._shown: set[tuple[OpenSegment, int]] = set()

    # ---- the best ----------------------------------------------------------------------------------------

    def best(self) -> list[Hit]:
        """The `options.limit` best hits, best first; files that only filters chose, and roots, in path order."""
        if self._compiled.shows_text and self.query.results is not Results.REPOSITORIES:
            hits = self._ranked()
            self._budget.report(self._stats)
            return hits
        return list(islice(self.all(), self._options.limit))

    def _ranked(self) -> list[Hit]:
        wanted = self._options.limit
        asked: set[File] = set()
        for files, enough in self._rounds(wanted):
            for file in files:
                if self._matched >= enough or self._is_over() or self._has_read_enough(wanted):
                    break
                if file not in asked:
                    asked.add(file)
                    self._matched += self._rank(file)
            if self._stats.partial or self._has_read_enough(wanted):
                break
        self._stats.candidates = max(self._stats.candidates, len(asked))
        self._stats.matched_files = self._matched
        with self._stats.stage("rank"):
            if len(self._rows) < wanted or wanted > FIRST_ROWS * self._matched:
                self._rows = [
                    row
                    for subject, marks in self._found
                    for row in rank_file(subject, marks, self._judge, wanted)
                ]
            self._rows.sort(key=lambda row: (-row.score, sort_key(row.subject.path), row.start))
            chosen = list(islice(self._bounded(self._rows), wanted))
        with self._stats.stage("render"):
            return self._hits(chosen)

    def _rounds(self, wanted: int) -> Iterator[tuple[Iterable[File], int]]:
        """Files in the order they are worth a look, and how many that hold the query are enough."""
        proposed = max(PROPOSED, 4 * wanted) * (SPREAD if self._compiled.unscored else 1)
        # The best of so few files would be looked for among all chunks.
        few = sum(int(mask.sum()) for mask in self._masks) <= FEW_LEFT
        if self._compiled.wanted is not None and not few:
            with self._stats.stage("candidates"):
                chunks = best_of(self._snapshot, BODY, self._compiled.wanted, self._masks, proposed)
            yield self._files_of(chunks), wanted + wanted // 2
            # The best of those that have everything in one chunk are the best there are.
            if self._matched >= wanted:
                return
            if self._matched:
                self._most_bytes = self._stats.bytes_read + MORE_BYTES
        snapshot = self._snapshot
        with self._stats.stage("candidates"):
            candidates = self._candidates()
            likely: list[File] = []
            if self._compiled.loosely is not None and self._stats.candidates > FEW_LEFT:
                chunks = best_of(self._snapshot, BODY, self._compiled.loosely, candidates, proposed)
                likely = self._files_of(chunks)
            first = [
                self._compiled.root.likely(part, mask)
                for part, mask in zip(self._snapshot.segments, candidates, strict=True)
            ]
            rest = [mask & ~own for mask, own in zip(candidates, first, strict=True)]
        files = itertools.chain(likely, by_standing(snapshot, first), by_standing(snapshot, rest))
        # What was found already was likelier, and what must be parsed costs too much, to look for more than is shown.
        few_more = self._matched or self._compiled.root.rank >= TextAtom.PARSED
        yield files, 2 * wanted if few_more else max(ENOUGH, 2 * wanted)

    def _bounded(self, rows: Iterable[Row]) -> Iterator[Row]:
        """`rows` without those of a file that has had all its hits."""
        most = 1 if self.query.results is Results.FILES else self._options.max_per_file
        seen: Counter[bytes] = Counter()
        for row in rows:
            seen[row.subject.path] += 1
            if most is None or seen[row.subject.path] <= most:
                yield row

    def _hits(self, rows: Sequence[Row]) -> list[Hit]:
        if self.query.results is Results.FILES:
            hits = [_whole_file(row.subject, row.score) for row in rows]
        elif self.query.results is Results.SYMBOLS:
            spans = ((row.subject, row.spans, row.score) for row in self._rows)
            hits = list(islice(self._definitions(spans), self._options.limit))
        else:
            hits = [row_hit(row, self._options.context) for row in rows]
        if self._options.explain:
            asked = self._stats.candidates
            self._candidates()  # what the index lets through is not known of a query that was answered without
            self._stats.candidates = asked
            self._stats.explain = explanation(self.query, self._compiled, hits, rows)
        return hits

    # ---- all of them -------------------------------------------------------------------------------------

    def all(self) -> Iterator[Hit]:
        """Every hit in path and line order, found while it is asked for; the index is asked before the first."""
        with self._stats.stage("candidates"):
            files = by_path(self._snapshot, self._candidates())
        if self.query.results is Results.REPOSITORIES:
            return self._repositories(files)
        return self._matching(files) if self._compiled.shows_text else iter(self._listed(files))

    def _matching(self, files: Sequence[File]) -> Iterator[Hit]:
        for file in files:
            if self._is_over():
                break
            subject = self._subject(file)
            if subject is None or not self._holds(subject):
                continue
            self._stats.matched_files += 1
            spans = [span for mark in self._marks(subject) for span in mark.spans] + chunk_spans(subject)
            if self.query.results is Results.FILES:
                yield _whole_file(subject, 0.0)
            elif self.query.results is Results.SYMBOLS:
                yield from self._definitions([(subject, sorted(spans), 0.0)])
            else:
                yield from line_hits(subject, spans, self._options.context)
        self._finish()

    def _listed(self, files: Sequence[File]) -> list[Hit]:
        """Files that filters alone choose: none is opened."""
        self._stats.matched_files = len(files)
        if not self._options.all_matches:
            files = files[: self._options.limit]
        with self._stats.stage("render"):
            tables = [part.files for part in self._snapshot.segments]
            hits = [
                file_hit(tables[index].path(ordinal), tables[index].language(ordinal))
                for index, ordinal in files
            ]
        if self._options.explain:
            self._stats.explain = explanation(self.query, self._compiled, hits, ())
        return hits

    def _repositories(self, files: Sequence[File]) -> Iterator[Hit]:
        """The roots of those of `files` that hold the query."""
        seen: set[bytes] = set()
        for file in files:
            part = self._snapshot.segments[file[0]]
            if part.root in seen or self._is_over():
                continue
            if self._compiled.root.reads:
                subject = self._subject(file)
                if subject is None or not self._holds(subject):
                    continue
            seen.add(part.root)
            yield file_hit(part.files.prefix.rstrip(b"/") or b".", "")
        self._finish()

    def _definitions(self, found: Iterable[tuple[Subject, Sequence[Span], float]]) -> Iterator[Hit]:
        """The innermost definitions around the spans, each once: for the name of one, the definition itself."""
        from codelode.search.definition import DefinitionReader  # parsers, for definitions only

        reader = DefinitionReader(self._sources)
        for subject, spans, score in found:
            if not subject.fresh:
                continue
            rows = [subject.part.symbols.enclosing_byte(subject.ordinal, start) for start, _ in spans]
            for row in dict.fromkeys(row for row in rows if row >= 0):
                hit = reader.hit(subject.part, row, score)
                if hit is not None and (subject.part, row) not in self._shown:
                    self._shown.add((subject.part, row))
                    yield hit

    # ---- one file ----------------------------------------------------------------------------------------

    def _rank(self, file: File) -> bool:
        """Whether the file holds the query; if so its chunks compete."""
        subject = self._subject(file)
        if subject is None or not self._holds(subject):
            return False
        marks = self._marks(subject)
        with self._stats.stage("rank"):
            self._found.append((subject, marks))
            self._rows += rank_file(subject, marks, self._judge, FIRST_ROWS)
        return True

    def _subject(self, file: File) -> Subject | None:
        index, ordinal = file
        part = self._snapshot.segments[index]
        path = part.files.path(ordinal)
        with self._stats.stage("match"):
            if any(atom.is_missed(part, ordinal, self._sources) for atom in self._needed):
                return None
        with self._stats.stage("read"):
            text = self._sources.text(path, part, ordinal)
        if text is None:
            return None
        subject = Subject(part, ordinal, path, text)
        subject.fresh = path not in self._sources.changed
        if subject.fresh and file in self._proposed:
            spans = (part.chunks.span(chunk) for chunk in self._proposed[file])
            subject.proposed = [(start, len(text) if end is None else end) for _, _, start, end in spans]
        return subject

    def _holds(self, subject: Subject) -> bool:
        with self._stats.stage("match"):
            return self._compiled.root.holds(subject)

    def _marks(self, subject: Subject) -> list[Mark]:
        marks: list[Mark] = []
        with self._stats.stage("match"):
            self._compiled.root.mark(subject, marks)
        self._stats.matches += sum(len(mark.spans) for mark in marks)
        return marks

    # ---- candidates --------------------------------------------------------------------------------------

    def _candidates(self) -> list[Mask]:
        """For each segment the files that may hold the query."""
        found = []
        for part, within in zip(self._snapshot.segments, self._masks, strict=True):
            if not within.any() or self._is_over():
                found.append(np.zeros_like(within))
            else:
                found.append(self._compiled.root.masks(part, within).maybe & within)
        self._stats.candidates = sum(int(mask.sum()) for mask in found)
        return found

    def _files_of(self, chunks: Sequence[tuple[int, int]]) -> list[File]:
        """The files of proposed chunks, which are looked at wherever they lie in them."""
        files: dict[File, None] = {}
        for index, chunk in chunks:
            file = index, int(self._snapshot.segments[index].chunks.files[chunk])
            files[file] = None
            self._proposed.setdefault(file, []).append(chunk)
        return list(files)

    def _is_over(self) -> bool:
        """Whether time is up, which `stats` then says."""
        stats, options = self._stats, self._options
        if options.timeout_ms is not None and self._spent_ms() > options.timeout_ms:
            if not stats.partial:
                stats.notes.append(
                    f"stopped after {options.timeout_ms} ms: files that were not reached are missing"
                )
            stats.partial = True
        return stats.partial

    def _has_read_enough(self, wanted: int) -> bool:
        """Whether as much text was read as hits are worth; `stats` says so when there are fewer than wanted."""
        stats = self._stats
        if stats.bytes_read <= self._most_bytes:
            return False
        if self._matched < wanted and not stats.partial:
            stats.partial = True
            stats.notes.append(
                f"stopped after {stats.bytes_read >> 20} MB of text in {stats.files_read:,} of {stats.candidates:,} "
                "candidates: the query hardly narrows them; a longer word does, and --all reads everything"
            )
        return True

    def _spent_ms(self) -> float:
        return (time.perf_counter() - self._began) * 1000

    def _finish(self) -> None:
        """Say what is to be said of a search for everything."""
        self._budget.report(self._stats)
        if self._options.explain:
            self._stats.explain = explanation(self.query, self._compiled, (), ())


def _whole_file(subject: Subject, score: float) -> Hit:
    return file_hit(subject.path, subject.part.files.language(subject.ordinal), score)
