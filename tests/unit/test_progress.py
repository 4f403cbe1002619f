"""The progress line: what it says, how often it is drawn, and that pipes stay quiet."""

from __future__ import annotations

import io

import pytest

from codelode.surfaces.progress import TerminalProgress, describe


class Screen(io.StringIO):
    """One terminal line: carriage returns overwrite."""

    def __init__(self, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal
        self.drawings = 0

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> int:
        self.drawings += 1
        return super().write(text)

    @property
    def line(self) -> str:
        cells: list[str] = []
        for part in self.getvalue().split("\r"):
            cells[: len(part)] = part
        return "".join(cells).rstrip()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watched():
    screen, clock = Screen(), Clock()
    return screen, clock, TerminalProgress(screen, clock=clock, width=lambda: 80)


MB = 10**6


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("scan", 78_579, 0, 0, 0, 0.2), "scan     78,579 files"),
        (("scan", 0, 0, 0, 0, 0.2), "scan"),
        (
            ("build", 45_000, 78_579, 639 * MB, 947 * MB, 9.0),
            "build    45,000/78,579 files  71 MB/s  4 s left",
        ),
        (("build", 1, 1, MB, 2 * MB, 0.4), "build    1/1 file"),
        (("build", 3, 3, 2 * MB, 2 * MB, 1.0), "build    3/3 files  2.0 MB/s"),
        (("build", 1, 9000, MB, 9000 * MB, 1.0), "build    1/9,000 files  1.0 MB/s  149 min left"),
        (("publish", 0, 0, 0, 0, 0.0), "publish"),
        (("wait", 0, 0, 0, 0, 0.0), "process unknown is building this index; waiting for it"),
        (("wait", 4711, 0, 0, 0, 0.0), "process 4711 is building this index; waiting for it"),
    ],
)
def test_what_the_line_says(arguments, line):
    assert describe(*arguments) == line


def test_a_stage_is_drawn_and_cleared(watched):
    screen, clock, progress = watched
    with progress:
        clock.now += 1
        progress("scan", 5, 0, 0, 0)
        assert screen.line == "scan     5 files"
        clock.now += 1
        progress("build", 10, 20, MB, 3 * MB)
        assert screen.line == "build    10/20 files"
        clock.now += 1
        progress("build", 15, 20, 2 * MB, 3 * MB)
        assert screen.line == "build    15/20 files  2.0 MB/s  1 s left"
        progress("publish", 0, 0, 0, 0)
        assert screen.line == "publish"
    assert screen.line == ""
    assert screen.getvalue().endswith("\r")


def test_nothing_is_drawn_for_work_that_ends_soon(watched):
    screen, clock, progress = watched
    with progress:
        progress("scan", 5, 0, 0, 0)
        clock.now += 0.2
        progress("build", 5, 5, 0, 0)
    assert screen.getvalue() == ""


def test_at_most_ten_drawings_a_second(watched):
    screen, clock, progress = watched
    clock.now += 1
    for step in range(3000):
        clock.now += 0.001
        progress("build", step, 3000, 0, 0)
    assert 25 <= screen.drawings <= 31


def test_a_line_never_wraps():
    screen, clock = Screen(), Clock()
    progress = TerminalProgress(screen, clock=clock, width=lambda: 20)
    clock.now += 1
    progress("build", 45_000, 78_579, 0, 0)
    assert screen.line == "build    45,000/78,579 files"[:19]


def test_rates_count_from_the_start_of_their_stage(watched):
    screen, clock, progress = watched
    progress("scan", 1, 0, 0, 0)
    clock.now += 60
    progress("build", 0, 4, 0, 4 * MB)
    clock.now += 2
    progress("build", 2, 4, 2 * MB, 4 * MB)
    assert screen.line == "build    2/4 files  1.0 MB/s  2 s left"


def test_a_pipe_hears_only_that_it_waits_and_once():
    screen, clock = Screen(terminal=False), Clock()
    with TerminalProgress(screen, clock=clock) as progress:
        for stage in ("scan", "wait", "wait", "scan", "build", "publish"):
            clock.now += 1
            progress(stage, 1, 2, 3, 4)
    assert screen.getvalue() == "codelode: process 1 is building this index; waiting for it\n"


def test_waiting_for_another_embedder_is_said_too():
    screen = Screen(terminal=False)
    with TerminalProgress(screen, clock=Clock()) as progress:
        progress("wait to embed", 7, 0, 0, 0)
        progress("embed", 1, 2, 0, 0)
    assert screen.getvalue() == "codelode: process 7 is embedding this index; waiting for it\n"


def test_embedding_counts_chunks():
    assert describe("embed", 1200, 3600, 0, 0, 0.1) == "embed    1,200/3,600 chunks"
    assert describe("embed", 1200, 3600, 0, 0, 300.0) == "embed    1,200/3,600 chunks  10 min left"
    assert describe("embed", 1, 1, 0, 0, 300.0) == "embed    1/1 chunk"


def test_waiting_is_said_at_once_on_a_terminal(watched):
    screen, _, progress = watched
    progress("wait", 0, 0, 0, 0)
    assert "waiting" in screen.line
