"""Which exact matches come first."""

from __future__ import annotations

import pytest

from codelode.search.judge import Judge


def score(line: bytes, name: bytes = b"parse_config") -> float:
    start = line.index(name)
    return Judge(name.decode()).line_score(line, (start, start + len(name)))


@pytest.mark.parametrize(
    "line",
    [
        b"def parse_config(path):",
        b"    async def parse_config(self):",
        b"static int parse_config(struct file *f)",
        b"pub(crate) fn parse_config() -> Config {",
        b"#define parse_config(x) other(x)",
        b"# define parse_config(x) other(x)",
        b"export default function parse_config() {",
        b"const parse_config = () => {}",
        b"class parse_config:",
    ],
)
def test_a_definition_comes_before_a_use(line: bytes) -> None:
    assert score(line) > score(b"    value = parse_config(path);")


def test_a_whole_word_comes_before_a_part_and_code_before_a_comment() -> None:
    whole = score(b"    x = parse_config(y)")
    assert whole > score(b"    x = reparse_config(y)") > score(b"    x = reparse_configs(y)")
    assert whole > score(b"    // see parse_config(y)")
    assert whole > score(b" * parse_config does it")


def test_a_prototype_and_a_call_are_no_definitions() -> None:
    use = score(b"    x = parse_config(y)")
    assert score(b"int parse_config(struct file *f);") == use
    assert score(b"if (parse_config(f))") == use


def test_a_query_with_its_parenthesis_still_finds_the_definition() -> None:
    assert score(b"int parse_config(int x)", b"parse_config(") > score(b"  parse_config(x)", b"parse_config(")


def test_a_file_named_like_the_query_counts_for_its_lines() -> None:
    judge = Judge("parseConfig")
    assert judge.file_score(b"src/parse_config.py", 1) > judge.file_score(b"src/main.py", 1)
    assert judge.file_score(b"src/main.py", 9) > judge.file_score(b"src/main.py", 1)
    assert Judge("(").file_score(b"a.py", 1) == pytest.approx(0.2)
