from collections.abc import Iterator
from pathlib import Path

import pytest
from ast_grep_py import SgRoot
from trees import write_tree

from codelode.app import Index
from codelode.errors import QueryError
from codelode.search import structural
from codelode.search.structural import compile_structure

MAIN = """\
class Reader:
    def read(self, path):
        with open(path) as file:
            return file.read()


def main():
    open("one"); open("two")
    for name in ["a"]:
        open(name)
        print(name)
    open(
        "three",
    )
"""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    files = {
        "main.py": MAIN,
        "deep/er/open.py": "open(1)\n",
        "deep/er/other.py": "open(2)\n",
        "tests/test_open.py": "open(3)\n",
        "page.html": "<p>open(4)</p>\n",
    }
    with Index(write_tree(tmp_path / "tree", files), index_dir=str(tmp_path / "index")) as index:
        index.refresh()
        yield index


def test_hits_are_lines_with_their_matches_and_definition(index: Index) -> None:
    hits = index.search(
        "open($A)", mode="ast", languages=["python"], all_matches=True, under=[b"main.py"]
    ).hits
    assert [(hit.start_line, hit.end_line, hit.symbol, [tuple(m) for m in hit.matches]) for hit in hits] == [
        (3, 3, "Reader.read", [(3, 14, 10)]),
        (8, 8, "main", [(8, 5, 11), (8, 18, 11)]),
        (10, 10, "main", [(10, 9, 10)]),
        (12, 14, "main", [(12, 5, len('open(\n        "three",\n    )'))]),
    ]
    assert hits[3].text == '    open(\n        "three",\n    )'


def test_context_joins_hits_that_touch(index: Index) -> None:
    result = index.search(
        "open($A)", mode="ast", languages=["python"], all_matches=True, context=1, under=[b"main.py"]
    )
    assert [(hit.start_line, hit.end_line) for hit in result.hits] == [(2, 4), (7, 14)]
    assert result.hits[1].text == "\n".join(MAIN.split("\n")[6:14])


def test_best_first_own_code_before_tests_and_no_file_takes_all(index: Index) -> None:
    best = index.search("open($A)", mode="ast", languages=["python"]).hits
    assert [(hit.path, hit.start_line) for hit in best] == [
        ("deep/er/open.py", 1),
        ("main.py", 3),
        ("main.py", 8),
        ("main.py", 10),
        ("deep/er/other.py", 1),
        ("tests/test_open.py", 1),
        ("main.py", 12),
    ]
    assert len(index.search("open($A)", mode="ast", languages=["python"], limit=2).hits) == 2


def test_what_changed_since_is_shown_as_it_is(index: Index) -> None:
    Path(index.root, "main.py").write_text("# moved\n\n\ndef other():\n    open(5)\n")
    result = index.search("open($A)", mode="ast", languages=["python"], all_matches=True, under=[b"main.py"])
    assert [(hit.start_line, hit.symbol) for hit in result.hits] == [(5, "other")]
    assert result.stats.stale == 1


def test_work_is_bounded_and_large_files_are_counted(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structural, "RANKED_BYTES", 5)
    result = index.search("open($A)", mode="ast", languages=["python"])
    assert result.stats.partial
    assert len(result.hits) < 7
    monkeypatch.setattr(structural, "LARGEST", 100)
    result = index.search("open($A)", mode="ast", languages=["python"], all_matches=True)
    assert result.stats.skipped["too_large_to_parse"] == 1
    assert result.stats.matched_files == 3


def test_candidates_are_files_with_all_words(index: Index) -> None:
    result = index.search("for $A in $B: $$$", mode="ast", languages=["python"], explain=True)
    assert result.stats.explain is not None
    assert result.stats.explain["words"] == ["for", "in"]
    assert result.stats.candidates == result.stats.explain["candidates"] == 1


@pytest.mark.parametrize(
    ("pattern", "language", "message"),
    [
        ("f(", "c", r"the pattern is no c: 'f\(' does not parse; a pattern is one whole piece"),
        ("except: $$$", "python", "the pattern is no python: 'except:' does not parse"),
        ("a; $B;", "c", r"the pattern is 2 pieces of code \('a;', '\$B;'\); a pattern is one whole piece"),
        ("$$$A", "python", r"'\$\$\$A' alone matches everything"),
        ("f($A)", "sql", "mode ast cannot parse sql; it can parse bash, c, cpp"),
        ("f($A)", "", "mode ast needs one language"),
        ("f($A)", "c cpp", "mode ast needs one language"),
    ],
)
def test_bad_patterns(pattern: str, language: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        compile_structure(pattern, frozenset(language.split()))


@pytest.mark.parametrize(
    ("pattern", "language", "kind"),
    [
        ("f($A)", "c", "call_expression"),
        ("f($A);", "c", "expression_statement"),
        ("$A < $B", "cpp", "binary_expression"),
        ("std::move($X)", "cpp", "call_expression"),
        ("#define $A $B", "c", "preproc_def"),
        ("static int $F($$$ARGS) { $$$BODY }", "c", "function_definition"),
        ("fmt.Println($A)", "go", "call_expression"),
        ("f($A)", "dart", "call_expression"),
        ("f($A)", "solidity", "call_expression"),
        ("class $A { $$$BODY }", "java", "class_declaration"),
        ('resource "aws" $N {}', "terraform", "block"),
    ],
)
def test_what_a_pattern_stands_for(pattern: str, language: str, kind: str) -> None:
    assert compile_structure(pattern, frozenset({language})).kind == kind


@pytest.mark.parametrize("language", sorted(structural._NAMES))
def test_every_language_parses(language: str) -> None:
    assert compile_structure("$A", frozenset({language})).language == language
    name = structural._NAMES[language]
    with pytest.raises(RuntimeError) as refused:
        SgRoot("", name).root().find(pattern="$$$A")
    stand_in = structural._STAND_INS.get(name, "$")
    assert f"`{stand_in * 3}A`" in str(refused.value)
