"""Printing the answer of a search: in its format, within its budget, with what is to be said beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from codelode.model import Hit, Mode, Page, SearchStats
from codelode.surfaces import budget, explaining, figures, jsonforms, render
from codelode.surfaces.answering import FOUND, NOTHING, note
from codelode.surfaces.formats import Format, Layout
from codelode.surfaces.output import Look, Output

FATES = {
    "same": "its file was written since the first page; these lines are as they were",
    "moved": "its file was written since the first page; its lines have moved here",
    "gone": "its file was written since the first page; its lines are gone",
}
"""What became of the lines of a hit on a later page"""

SLACK = 40
"""Characters of JSON that are known only when it is printed: digits of milliseconds, the mark on a stale hit"""

COPIES_TOLD = 3
"""Hits whose copies are counted one by one in a note"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found."""

    query: str
    mode: Mode
    why: str
    root: str
    hits: Iterable[Hit]
    """asked for once"""
    stats: SearchStats
    """complete when the hits were taken"""
    page: Page | None = None
    """which part the hits are of an answer in pages"""

    several: Mapping[str, Any] = field(default_factory=dict)
    """of a search of several indexes, what JSON says about them"""

    @property
    def fates(self) -> Mapping[int, str]:
        """What became of the lines of hits, by place, whose files were written since the first page."""
        return self.page.fates if self.page else {}

    @property
    def head(self) -> jsonforms.Fields:
        """What comes before the hits in JSON."""
        asked = {"query": self.query, "mode": self.mode.value, "why": self.why}
        return {**asked, "root": self.root, **self.several}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted beside the hits."""

    began: float
    """when the command began, by `perf_counter`"""
    before: Mapping[str, float] = field(default_factory=dict)
    """milliseconds of what went before the search"""
    tokens: int | None = None
    """the budget"""
    profile: bool = False


def show(answer: Answer, layout: Layout, wishes: Wishes) -> int:
    """Print `answer`; the exit status.  Raises OutputClosedError and OutputFailedError."""
    watch = _Watch(wishes)
    if layout.form.is_json:
        _show_json(answer, layout, watch)
    else:
        _show_text(answer, layout, watch)
    return FOUND if watch.count else NOTHING


class _Watch:
    """Looks at hits on their way to the output, and at the clock."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.count = 0
        self.copied: list[Hit] = []
        self._began = perf_counter()
        self._waited = 0.0

    def over(self, hits: Iterable[Hit]) -> Iterator[Hit]:
        """`hits`, noted as they pass."""
        for hit in self._timed(hits) if self.wishes.profile else hits:
            self.count += 1
            if hit.copies:
                self.copied.append(hit)
            yield hit

    def _timed(self, hits: Iterable[Hit]) -> Iterator[Hit]:
        source = iter(hits)
        while True:
            began = perf_counter()
            hit = next(source, None)
            self._waited += perf_counter() - began
            if hit is None:
                return
            yield hit

    def finished(self, stats: SearchStats) -> SearchStats:
        """`stats` with the stages before and behind the search, too."""
        render = (perf_counter() - self._began - self._waited) * 1000
        stages = dict(self.wishes.before)
        for name, spent in [*stats.stages.items(), ("render", render)]:
            stages[name] = stages.get(name, 0.0) + spent
        return replace(stats, stages=explaining.ordered(stages))

    @property
    def total(self) -> float:
        """Milliseconds since the command began."""
        return (perf_counter() - self.wishes.began) * 1000


def _show_text(answer: Answer, layout: Layout, watch: _Watch) -> None:
    output = Output(eager=layout.look.terminal)
    hits, given_up = answer.hits, ""
    if watch.wishes.tokens is not None:
        fitted = _fit_text(tuple(hits), layout, watch.wishes.tokens)
        hits = fitted.hits
        if fitted.dropped:
            noun = "hit does" if fitted.dropped == 1 else "hits do"
            given_up = f"{fitted.dropped} more {noun} not fit the budget"
    marked: list[tuple[Hit, str]] = []
    if not layout.every and (answer.stats.explain is not None or answer.fates):
        hits = tuple(hits)
        marked = [
            (hit, FATES[answer.fates[place]]) for place, hit in enumerate(hits) if place in answer.fates
        ]
        layout = replace(layout, beside=_beside(answer.stats, marked))
    output.lines(layout.lines(watch.over(hits)))
    output.flush()
    stats = watch.finished(answer.stats)
    total = watch.total
    if given_up:
        note(given_up)
    for told in stats.notes:
        note(told)
    beside = layout.look.terminal and layout.form is Format.SCREEN
    if not beside:
        _note_copies(watch.copied, layout)
        for hit, fate in marked:
            note(f"{layout.shown(hit.path)}:{hit.start_line}: {fate}")
    if stats.explain is not None:
        _say(explaining.explanation(stats.explain, () if beside or layout.every else hits, layout.shown))
    if watch.wishes.profile:
        _say(explaining.profile(stats.stages, total, bars=sys.stderr.isatty()))
    _closing(answer, stats, layout, watch.count)
    if answer.page and (token := answer.page.after(watch.count)):
        _say([f"next: {token}\n"])


def _beside(stats: SearchStats, marked: Iterable[tuple[Hit, str]]) -> render.Beside:
    """What is to say of each hit: what made its score, and what became of its lines."""
    signals = explaining.signals(stats.explain or {})
    fates = {(hit.path, hit.start_line): fate for hit, fate in marked}

    def beside(hit: Hit) -> str:
        place = hit.path, hit.start_line
        return "; ".join(told for told in (signals.get(place, ""), fates.get(place, "")) if told)

    return beside


def _note_copies(copied: list[Hit], layout: Layout) -> None:
    """A note on the copies that hits stand for: in a pipe each line is a match, so they have no place there."""
    if not copied:
        return
    for hit in copied[:COPIES_TOLD]:
        places = figures.count(len(hit.copies), "more place")
        note(f"{layout.shown(hit.path)}:{hit.start_line} is also in {places}")
    if len(copied) > COPIES_TOLD:
        note(f"{len(copied) - COPIES_TOLD} more hits are in several places (--json names them)")


def _closing(answer: Answer, stats: SearchStats, layout: Layout, count: int) -> None:
    """The last line on a terminal; elsewhere only what one must know."""
    if layout.look.terminal and sys.stderr.isatty():
        line = render.closing(answer.mode.value, answer.why, count, stats)
        print(layout.look.paint(render.DIM, line), file=sys.stderr)
    elif stats.partial:
        note("this answer is incomplete")


def _say(lines: Iterable[str]) -> None:
    """Write `lines` to the standard error, where names of files and text of queries must send no commands."""
    clean = Look(terminal=True).clean
    sys.stderr.writelines(clean(line[:-1]) + "\n" for line in lines)


def _fit_text(hits: tuple[Hit, ...], layout: Layout, tokens: int) -> budget.Fitted:
    """As many of `hits` as fit when they are printed by `layout`."""
    plain = layout.plain  # colours cost no tokens: nobody reads them

    def cost(hit: Hit) -> int:
        return sum(map(len, plain.lines([hit])))

    if layout.form in (Format.PATHS, Format.COUNT):
        return budget.fit_files(hits, tokens, cost)
    between = len("--\n") if plain.spans or plain.context else 0
    return budget.fit(hits, tokens, lambda hit: cost(hit) + between)


def _show_json(answer: Answer, layout: Layout, watch: _Watch) -> None:
    output = Output()
    hits, spent = answer.hits, dict[str, dict[str, object]]()
    if watch.wishes.tokens is not None:
        tokens, hits = watch.wishes.tokens, tuple(hits)
        most = {"tokens": tokens, "narrowed": len(hits), "dropped": len(hits), "cut": False}
        tail = _tail(answer, watch, 0) | {"budget": most}
        around = jsonforms.overhead(layout.form, answer.head, tail) + SLACK + SLACK * len(answer.fates)
        fitted = budget.fit(hits, tokens, lambda hit: jsonforms.cost(hit.to_json()), around)
        hits = fitted.hits
        gone = {"narrowed": fitted.narrowed, "dropped": fitted.dropped, "cut": fitted.cut}
        spent = {"budget": {"tokens": tokens, **gone}}
    rows = (
        jsonforms.hit_fields(hit, answer.fates.get(place, "")) for place, hit in enumerate(watch.over(hits))
    )
    output.lines(
        jsonforms.pieces(
            layout.form,
            answer.head,
            rows,
            lambda: _tail(answer, watch, watch.count) | spent,
            streamed=layout.every,
        )
    )
    output.flush()


def _tail(answer: Answer, watch: _Watch, count: int) -> jsonforms.Fields:
    """What comes behind `count` hits in JSON."""
    stats = watch.finished(answer.stats).to_json()
    if watch.wishes.tokens is not None and not watch.wishes.profile:
        del stats["stages"]  # who pays for each token did not ask for them
    tail: jsonforms.Fields = {"stats": stats}
    if answer.page:
        tail["cursor"] = answer.page.after(count)
    return tail
