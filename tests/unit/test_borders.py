from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.text import tokens
from codelode.text.borders import is_border

CHARACTERS = list("abxABX0129_-. é\u201d\u3042ſ")


def _borders(text: str) -> set[int]:
    """By the words of the whole text: every offset inside no word."""
    raw = text.encode()
    inside: set[int] = set()
    for word in tokens.WORD.finditer(text):
        first, last = len(text[: word.start()].encode()), len(text[: word.end()].encode())
        inside.update(range(first + 1, last))
    inside -= set(tokens.split_positions(raw).tolist())
    return set(range(len(raw) + 1)) - inside


@given(st.text(st.sampled_from(CHARACTERS), max_size=40))
@settings(max_examples=500)
def test_as_the_words_of_the_whole_text_have_it(text: str) -> None:
    raw = text.encode()
    starts = [len(text[:at].encode()) for at in range(len(text) + 1)]
    assert {at for at in starts if is_border(raw, at)} == _borders(text) & set(starts)


def test_identifiers() -> None:
    for text, parts in [
        ("getUserName", ["get", "User", "Name"]),
        ("HTTPServer", ["HTTP", "Server"]),
        ("sha256sum", ["sha", "256", "sum"]),
        ("0xFF", ["0xFF"]),
        ("x86_64", ["x86", "_", "64"]),
    ]:
        raw = text.encode()
        cuts = [at for at in range(len(raw) + 1) if is_border(raw, at)]
        assert [text[a:b] for a, b in zip(cuts, cuts[1:], strict=False)] == parts
