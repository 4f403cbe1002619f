"""Signatures and documentation of definitions, in the comment styles of many languages."""

from __future__ import annotations

import pytest

from codelode.model import Symbol
from codelode.search.describe import DOC_CHARS, SIGNATURE_CHARS, Place, describe, found_places
from codelode.structure.extract import extract
from codelode.structure.rules import KINDS


def symbols(text: str, language: str) -> list[Symbol]:
    coded = text.encode()
    found = extract(language, "", coded, 1 << 20)[1]
    return [describe(place, coded, b"a", language) for place in found_places(found, coded)]


def shown(before: str, definition: str = "f(a) {", body: str = " }", kind: str = "function") -> Symbol:
    """What is shown of a definition of `f` with these texts around it."""
    start, body_start = len(before.encode()), len((before + definition).encode()) - 1
    text = (before + definition + body).encode()
    name = text.index(b"f", start)
    place = Place(
        name=b"f", kind=KINDS.index(kind), visibility=0, lead=0, start=start, end=len(text), body=body_start,
        name_start=name, name_end=name + 1, line=1, name_line=1, end_line=1, qualifiers=(), depth=0,
    )  # fmt: skip
    return describe(place, text, b"a", "")


@pytest.mark.parametrize(
    "comment",
    [
        "/** First.\n *\n * Second. */\n",
        "/*\n * First.\n *\n * Second.\n */\n",
        "/**********\n * First.\n\n * Second.\n **********/\n",
        "// First.\n//\n// Second.\n",
        "/// First.\n///\n/// Second.\n#[inline]\n",
        "//! First.\n//!\n//! Second.\n",
        "# First.\n#\n# Second.\n",
        "#' First.\n#'\n#' Second.\n",
        "-- | First.\n--\n-- Second.\n",
        ";; First.\n;;\n;; Second.\n",
        "%% First.\n%%\n%% Second.\n",
        "(** First.\n\n    Second. *)\n",
        "{- First.\n\n   Second. -}\n",
        "--[[ First.\n\nSecond. ]]\n",
        "=begin\nFirst.\n\nSecond.\n=end\n",
        '/** First.\n *\n * Second. */\n@Override\n@Named("x")\n',
    ],
)
def test_comments_lose_their_marks(comment: str) -> None:
    assert shown(comment).doc == "First.\n\nSecond."


def test_what_is_no_comment_is_no_documentation() -> None:
    assert shown("@Override\n#[derive(Clone)]\n").doc == ""


@pytest.mark.parametrize(
    ("definition", "signature"),
    [
        ("int  f(int a,\n\t int b)\n{", "int f(int a, int b)"),
        ("def f(a) -> int:\n  x", "def f(a) -> int"),
        ("let f = (a) => {", "let f = (a)"),
        ("def f(a) do\n", "def f(a)"),
        ("def f: Int = x", "def f: Int"),
        ("bool f(T a, T b = {})  {", "bool f(T a, T b = {})"),
    ],
)
def test_signatures(definition: str, signature: str) -> None:
    assert shown("", definition).signature == signature


def test_what_is_long_is_cut() -> None:
    long = shown("# " + "word " * 900 + "\n", "f(" + "a, " * 900 + "b) {")
    assert len(long.signature) == SIGNATURE_CHARS
    assert len(long.doc) == DOC_CHARS
    assert long.signature.endswith("…")


def test_docstrings() -> None:
    text = '''\
class A:
    # not this
    r"""Of the class.

        Indented.
    """
    x = "no documentation"

    def f(self): 'It\\'s f.'

    def g(self):
        return "no documentation"

# Before h.
def h(): ...
'''
    found = {symbol.qualified: symbol.doc for symbol in symbols(text, "python")}
    assert found == {
        "A": "Of the class.\n\nIndented.",
        "A.x": "",
        "A.f": "It\\'s f.",
        "A.g": "",
        "h": "Before h.",
    }


def test_places_in_a_text_of_several_bytes_a_character() -> None:
    text = "# é\nclass Straße:\n    ä = 1; größe = 2\n    def f(self):\n        pass\n"
    found = {symbol.qualified: symbol for symbol in symbols(text, "python")}
    assert (found["Straße.größe"].line, found["Straße.größe"].column) == (3, 12)
    assert (found["Straße"].start_line, found["Straße"].end_line, found["Straße"].doc) == (2, 5, "é")
    assert (found["Straße.f"].depth, found["Straße.f"].parent) == (1, "Straße")
