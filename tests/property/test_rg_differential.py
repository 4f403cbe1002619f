"""Every match, as ripgrep has it: thousands of generated patterns over a corpus of hard lines."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pattern_maker import literal, pattern, texts

from codelode.model import Case
from codelode.query.regex import parse
from codelode.search.lines import group_lines
from codelode.search.patterns import compile_literal, compile_pattern

FLAGS = {Case.SENSITIVE: "-s", Case.IGNORE: "-i", Case.SMART: "-S"}
CASES = (Case.SMART, Case.SENSITIVE, Case.IGNORE)

# {file: {line: [(start, end), ...]}}
Answer = dict[str, dict[int, list[tuple[int, int]]]]


@pytest.fixture(scope="module")
def rg() -> str:
    found = shutil.which("rg", path=str(Path(sys.executable).parent)) or shutil.which("rg")
    assert found, "ripgrep is a development dependency"
    return found


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    folder = tmp_path_factory.mktemp("corpus")
    files = texts(seed=1)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder, files


def ask_rg(rg: str, folder: Path, source: str, case: Case, *flags: str) -> Answer:
    run = subprocess.run(
        [rg, "--no-config", "--json", "--encoding=none", "-uu", FLAGS[case], *flags, "-e", source, "."],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert run.returncode in (0, 1), (source, run.stderr.decode())
    answer: Answer = {}
    for row in run.stdout.splitlines():
        event = json.loads(row)
        if event["type"] == "match":
            data = event["data"]
            spans = [(match["start"], match["end"]) for match in data["submatches"]]
            answer.setdefault(Path(data["path"]["text"]).name, {})[data["line_number"]] = spans
    return answer


def crosses_lines(source: str) -> bool:
    """Whether tests/property/test_rg_multiline.py has to do with it."""
    return parse(source).multiline


def ask_codelode(files: dict[str, bytes], source: str, case: Case, *, regex: bool) -> Answer:
    matcher = (compile_pattern if regex else compile_literal)(source, case).matcher
    answer: Answer = {}
    for name, text in files.items():
        spans = matcher.find_all(text)
        assert matcher.matches(text) == bool(spans), (source, name)
        for line in group_lines(text, spans):
            answer.setdefault(name, {})[line.number] = line.spans
    return answer


def comparable(answer: Answer, files: dict[str, bytes], *, empty: bool) -> Answer:
    """Without the empty matches on which the two differ by intent.

    ripgrep reports empty matches inside a character, which have no column, and forgets one at the end of a
    last line without a newline.  Both still name the same lines.
    """
    kept: Answer = {}
    for name, lines in answer.items():
        text = files[name].split(b"\n")
        for number, spans in lines.items():
            line = text[number - 1]
            last = number == len(text)
            kept.setdefault(name, {})[number] = [
                (start, end)
                for start, end in spans
                if start < end
                or (
                    empty
                    and not (last and start == len(line))
                    and (start == len(line) or line[start] & 0xC0 != 0x80)
                )
            ]
    return kept


def check(rg: str, corpus: tuple[Path, dict[str, bytes]], source: str, case: Case, *, regex: bool) -> int:
    folder, files = corpus
    flags = () if regex else ("-F",)
    theirs = comparable(ask_rg(rg, folder, source, case, *flags), files, empty=True)
    ours = comparable(ask_codelode(files, source, case, regex=regex), files, empty=True)
    assert ours == theirs, (source, case)
    return sum(map(len, ours.values()))


@pytest.mark.parametrize("seed", range(6))
def test_patterns(rg: str, corpus: tuple[Path, dict[str, bytes]], seed: int) -> None:
    rng = random.Random(seed)
    sources = (source for source in iter(lambda: pattern(rng), None) if not crosses_lines(source))
    found = [check(rg, corpus, next(sources), CASES[i % 3], regex=True) for i in range(250)]
    assert sum(map(bool, found)) > 60  # the patterns do find something


@pytest.mark.parametrize("seed", range(2))
def test_literals(rg: str, corpus: tuple[Path, dict[str, bytes]], seed: int) -> None:
    rng = random.Random(seed)
    found = [check(rg, corpus, literal(rng), CASES[i % 3], regex=False) for i in range(120)]
    assert sum(map(bool, found)) > 60


@pytest.mark.parametrize(
    "source",
    [
        "",
        "a|",
        "|a",
        "x*",
        "$",
        "^",
        r"\b",
        r"\B",
        "(?:)",
        "(|a)+",
        "(a|b*)*",
        "(?:a*)+",
        "o*?",
        "^$",
        r"\S*$",
        "foo|",
        r"\bé",
        r"été\b",
        r"\B\w",
        r"\w\b.",
        r"\bΣ",
        r"(?i)\bk",
        r"s\b",
        r"\b\w{2}\b",
        r"(?i)(?-i:K)",
        "(?i)ß",
        r"(?U)f.*o",
        r"(?U)f.*?o",
        "[a[:digit:]]",
        r"\x{20ac}",
        r"\t",
        r"(?i)[k-l]",
        r"(?i)[^k]",
        r"(?i)\p{Lu}",
        r"(?i)\P{Lu}",
        r"(?i)[^\P{Lu}x]",
        r"(?i)[[:^upper:]]",
        r"[^[:^alpha:]]",
        "a{0}",
        "(?:a|b){0}foo",
        "(?i)ς",
        r"[^\x00-\x{10ffff}]",
        r"[^\s\S]",
        "é?",
        r"(foo|bar)(?:\b|é)",
        "foo(?i)BAR|TASK",
    ],
)
@pytest.mark.parametrize("case", CASES)
def test_chosen(rg: str, corpus: tuple[Path, dict[str, bytes]], source: str, case: Case) -> None:
    check(rg, corpus, source, case, regex=True)


@pytest.mark.parametrize("source", [r"\Afoo", r"foo\z", r"(?-m)^foo", r"(?-m)é$", r"\A", r"\z", r"\A\w+|o\z"])
def test_text_anchors_are_line_anchors(rg: str, corpus: tuple[Path, dict[str, bytes]], source: str) -> None:
    """ripgrep searches line by line then: it names every line, and the place in the first one only."""
    folder, files = corpus
    theirs = ask_rg(rg, folder, source, Case.SENSITIVE)
    ours = ask_codelode(files, source, Case.SENSITIVE, regex=True)
    assert {name: set(lines) for name, lines in ours.items()} == {
        name: set(lines) for name, lines in theirs.items()
    }


@pytest.mark.parametrize("source", ["(a", "a)", "*a", "(?P=n)", "[b-a]", r"\q", "(?P<1>a)"])
def test_both_refuse(rg: str, corpus: tuple[Path, dict[str, bytes]], source: str) -> None:
    from codelode.errors import PatternError

    run = subprocess.run(
        [rg, "--no-config", "-e", source, "."], cwd=corpus[0], capture_output=True, check=False
    )
    assert run.returncode == 2
    with pytest.raises(PatternError):
        compile_pattern(source, Case.SMART)
