"""docs/query_syntax.md: every query in it is run, on the files it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from trees import environment, write_tree

from codelode.app import Index
from codelode.errors import QuerySyntaxError
from codelode.model import Mode
from codelode.query.auto import choose_mode
from codelode.query.fieldnames import FIELDS
from codelode.search.vocabulary import parse
from codelode.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "query_syntax.md").read_text("utf-8")
FILES = dict(re.findall(r"^\*\*([\w/.]+)\*\*\n\n```\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


class Row(NamedTuple):
    """A row of a table, `cells` in order, without the marks of code around a whole cell."""

    heading: str
    cells: list[str]


def rows() -> list[Row]:
    found = []
    heading = ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("|") and not line.startswith(("| ---", "| Query", "| From")):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            found.append(Row(heading, [re.sub(r"^`(.*)`$", r"\1", cell) for cell in cells]))
    return found


ROWS = rows()
EXAMPLES = [row.cells for row in ROWS if len(row.cells) == 3 and row.heading != "Coming from"]
MODES = [row.cells for row in ROWS if row.heading.startswith("When is")]
MISTAKES = [row.cells for row in ROWS if row.heading.startswith("When something")]
ELSEWHERE = [row.cells for row in ROWS if row.heading == "Coming from"]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tree(tmp_path_factory.mktemp("page") / "examples", FILES)


@pytest.fixture(scope="module")
def index(examples: Path) -> Index:
    index = Index(examples, Settings(), index_dir=str(examples.parent / "index"))
    index.refresh()
    return index


@pytest.mark.parametrize(("query", "finds"), [(query, finds) for query, _, finds in EXAMPLES])
def test_examples(index: Index, query: str, finds: str) -> None:
    hits = index.search(query, mode="query", all_matches=True).hits
    assert hits
    if finds:
        wanted = sorted(FILES) if finds == "all" else finds.split(", ")
        assert sorted({hit.path for hit in hits}) == wanted


@pytest.mark.parametrize(("query", "mode"), MODES)
def test_modes(query: str, mode: str) -> None:
    assert choose_mode(query)[0].value == mode


def test_what_was_perhaps_no_query_is_searched_as_words(index: Index) -> None:
    perhaps = index.search('"no such phrase" attempt')
    assert (perhaps.mode, perhaps.hits[0].path) == (Mode.WORDS, "src/retry.py")
    clearly = index.search('"no such phrase" OR nothing')
    assert (clearly.mode, clearly.hits) == (Mode.QUERY, ())


@pytest.mark.parametrize(("query", "message"), MISTAKES)
def test_mistakes(query: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(query)
    assert str(caught.value) == message


@pytest.mark.parametrize("query", [here for *_, here in ELSEWHERE])
def test_queries_of_others(query: str) -> None:
    parse(query)


def test_what_is_said_beside_the_examples_is_right() -> None:
    prose = PAGE.replace("\\|", "|").partition("## When something")[0]
    said = re.findall(r"`([a-z]+:[^`\s]*[^`:\s])`", prose)
    assert len(said) > 25
    for query in said:
        parse(f"retry {query}")


def test_all_of_it_is_shown() -> None:
    assert len(EXAMPLES) > 35
    assert len(MODES) > 10
    assert len(MISTAKES) > 5
    for field in FIELDS:
        assert f"`{field}:" in PAGE or f"{field}:" in "".join(query for query, *_ in EXAMPLES), field


def codelode(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "codelode", *words],
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_query_on_the_command_line(examples: Path, tmp_path: Path) -> None:
    env = environment(tmp_path)
    done = codelode("search", "retry -attempt lang:go", str(examples), env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "client.go:9:" in done.stdout
    wrong = codelode("search", "land:go retry", str(examples), env=env)
    message = next(message for query, message in MISTAKES if query == "land:go retry")
    assert (wrong.returncode, wrong.stderr) == (2, f"codelode: {message}\n")


def test_help(tmp_path: Path) -> None:
    env = environment(tmp_path)
    assert codelode("help", "query", env=env).stdout == PAGE
    assert codelode("help", env=env).stdout == codelode("--help", env=env).stdout
    assert codelode("help", "search", env=env).stdout == codelode("search", "--help", env=env).stdout
    wrong = codelode("help", "serch", env=env)
    assert (wrong.returncode, wrong.stderr) == (2, "codelode: no help on 'serch'; did you mean 'search'?\n")
    assert codelode("help", "query", "x", env=env).returncode == 2
