"""Mode auto: what kind of question a query is, by the look of it."""

from __future__ import annotations

import re

from codelode.errors import PatternError
from codelode.model import Mode
from codelode.query.regex import parse

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

SYMBOL_PREFIX = "sym:"


def choose_mode(query: str) -> tuple[Mode, str, str]:
    """The mode for `query`, the pattern to give it, and why, in words for the user.  Never raises.

    ``"..."`` is exact, ``/.../`` a regular expression and ``sym:...`` the name of a definition, whatever is inside.
    """
    text = query.strip()
    if text.startswith(SYMBOL_PREFIX) and (name := text.removeprefix(SYMBOL_PREFIX).strip()):
        return Mode.SYMBOL, name, f"it begins with {SYMBOL_PREFIX}"
    if len(text) > 2 and text[0] == text[-1] == '"':
        return Mode.EXACT, text[1:-1], "it is in quotes"
    if len(text) > 2 and text[0] == text[-1] == "/" and _parses(text[1:-1]):
        return Mode.REGEX, text[1:-1], "it is between slashes"
    if _looks_like_regex(text) and _parses(text):
        return Mode.REGEX, text, "it has the signs of a regular expression"
    if _looks_like_code(text) and "\n" not in text:
        return Mode.EXACT, text, "it looks like code"
    return Mode.HYBRID, query, "it looks like words"


def _parses(pattern: str) -> bool:
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
