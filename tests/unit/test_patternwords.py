import pytest

from codelode.query.patternwords import pattern_words
from codelode.query.regex import parse


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"struct\s+local_\w+", ["struct", "local_"]),
        (r"\w+ing", []),
        (r"kmalloc\(.*GFP_ATOMIC", ["kmalloc(", "_ATOMIC"]),
        (r"\bmutex_(lock|unlock)\b", ["mutex_"]),
        (r"^static (int|void) probe$", ["static ", " probe"]),
        (r"(retry backoff)+", ["retry backoff"]),
        (r"a|b", []),
        (r"x*", []),
        (r"foo[a-z]bar", []),
    ],
)
def test_words_of_patterns(pattern: str, words: list[str]) -> None:
    assert pattern_words(parse(pattern).root) == words
