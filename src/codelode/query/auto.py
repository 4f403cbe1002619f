"""Mode auto: what kind of question a query is, by the look of it."""

from __future__ import annotations

import re

from codelode.errors import PatternError
from codelode.model import Mode

# A regular expression shows by what hardly occurs in code or prose: .* .+ .? \w-like escapes, classes with a
# range or a repetition, counts.
_REGEX_SIGNS = re.compile(
    r"\.[*+?]|\\[wWdDsSbBpPAz.()\[\]{}*+?|^$\\]|\[\^|\[[^\]\s]*\w-\w[^\]\s]*\]|\[[^\]\s]+\][*+?{]|[\w)\]]\{\d+(?:,\d*)?\}|\(\?[:iPms<]|\)[*+?]"
)
_ANCHORED = re.compile(r"\^[\w#<@/\\({\[\"' ].*|[^\s$].*\$", re.DOTALL)
_BRANCHES = re.compile(r"[\w.]+(?:\|[\w.]+)+")
_CAMEL = re.compile(r"[a-z0-9][A-Z]|[A-Z]{2}[a-z]")
_CODE_TOKEN = re.compile(r"::|->|[_.;(){}\[\]<>=&#@/\\+*%!$~^|]|\w:\w")
_CODE_PHRASE = re.compile(r"::|->|=>|[=!<>]=|\w\(|\(\)|[;{}]|\s(?:[=+*%|<>]|&&|\|\|)\s|\s-[A-Z]|\[\w*\]|^#\w")

_MAY_BE_QUERY = re.compile(r"[:\"~*?/]|(?:^|\s)-|AND|OR|NOT|NEAR|near/")
"""What every sign of the query language has: to look at signs closely, its parser is loaded, 15 ms of a new process"""

SYMBOL_PREFIX = "sym:"
_NO_NAME = re.compile(r"^[/\"(]|[*?^]")
"""what a value of ``sym:`` has that is a pattern, a glob, a group or boosted"""
_BETWEEN_PHRASES = re.compile(r'"(?:~\d+)?(?:\^[\d.]+)?\s(?:.*\s)?[-(~]*"', re.DOTALL)
"""between two phrases; ``"say "x" twice"`` is one text"""


def choose_mode(query: str) -> tuple[Mode, str, str]:
    """The mode for `query`, the pattern to give it, and why, in words for the user.  Never raises.

    ``"..."`` is exact, ``/.../`` a regular expression and ``sym:name`` the name of a definition, whatever is inside;
    what has a sign of the query language is in that language.
    """
    text = query.strip()
    if _is_name(text) and (name := text.removeprefix(SYMBOL_PREFIX).strip()):
        return Mode.SYMBOL, name, f"it begins with {SYMBOL_PREFIX}"
    if len(text) > 2 and text[0] == text[-1] == '"' and not _BETWEEN_PHRASES.search(text[1:-1]):
        return Mode.EXACT, text[1:-1], "it is in quotes"
    if len(text) > 2 and text[0] == text[-1] == "/" and "/ " not in text[1:-1] and _parses(text[1:-1]):
        return Mode.REGEX, text[1:-1], "it is between slashes"
    in_a_line = "\n" not in text
    is_code = in_a_line and _looks_like_code(text)
    is_phrase = len(text.split()) > 1 and is_code
    may_be_query = in_a_line and _MAY_BE_QUERY.search(text) is not None
    sign = _strong_sign(text, quoted=not is_phrase) if may_be_query else ""
    if not sign and _looks_like_regex(text) and _parses(text):
        return Mode.REGEX, text, "it has the signs of a regular expression"
    if sign or (may_be_query and not is_phrase and (sign := _faint_sign(text))):
        return Mode.QUERY, text, f"it has {sign} of the query language"
    if is_code:
        return Mode.EXACT, text, "it looks like code"
    return Mode.HYBRID, query, "it looks like words"


def _is_name(text: str) -> bool:
    """Whether `text` is ``sym:`` and a name, without more of the query language."""
    name = text.removeprefix(SYMBOL_PREFIX)
    if name == text or _NO_NAME.search(name):
        return False
    return not (" " in name.strip() and (_strong_sign(name, quoted=True) or _faint_sign(name)))


def _strong_sign(text: str, *, quoted: bool) -> str:
    """A clear sign of the query language, or with `quoted` one in quotes; "" if there is none."""
    from codelode.query.signs import clear_sign, quoted_sign

    return clear_sign(text) or (quoted_sign(text) if quoted else "")


def _faint_sign(text: str) -> str:
    from codelode.query.signs import faint_sign

    return faint_sign(text)


def _parses(pattern: str) -> bool:
    from codelode.query.regex import parse

    try:
        parse(pattern)
    except PatternError:
        return False
    return True


def _looks_like_regex(text: str) -> bool:
    if _REGEX_SIGNS.search(text) or _BRANCHES.fullmatch(text):
        return True
    # An anchor: ^foo, foo$; but "$", "a $b" and "x ^ y" are not.
    return len(text) > 1 and _ANCHORED.fullmatch(text) is not None


def _looks_like_code(text: str) -> bool:
    tokens = text.split()
    if len(tokens) == 1:
        return bool(_CODE_TOKEN.search(text.rstrip(".?!,:")) or _CAMEL.search(text))
    return _CODE_PHRASE.search(text) is not None
