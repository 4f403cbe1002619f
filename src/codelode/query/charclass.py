"""Character classes of a pattern: ``[...]``, POSIX names, Perl letters and Unicode properties."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codelode.errors import PatternError
from codelode.query.escapes import read_escape
from codelode.query.syntax import MAX_CODE_POINT, CharClass, ClassItem, Perl, Property, Range

_POSIX = {
    "alnum": "09AZaz",
    "alpha": "AZaz",
    "ascii": "\x00\x7f",
    "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "\t\r  ",
    "upper": "AZ",
    "word": "09AZ__az",
    "xdigit": "09AFaf",
}
_CATEGORIES = {
    "letter": "L",
    "uppercase_letter": "Lu",
    "lowercase_letter": "Ll",
    "titlecase_letter": "Lt",
    "modifier_letter": "Lm",
    "other_letter": "Lo",
    "mark": "M",
    "nonspacing_mark": "Mn",
    "spacing_mark": "Mc",
    "enclosing_mark": "Me",
    "number": "N",
    "decimal_number": "Nd",
    "digit": "Nd",
    "letter_number": "Nl",
    "other_number": "No",
    "punctuation": "P",
    "punct": "P",
    "connector_punctuation": "Pc",
    "dash_punctuation": "Pd",
    "open_punctuation": "Ps",
    "close_punctuation": "Pe",
    "initial_punctuation": "Pi",
    "final_punctuation": "Pf",
    "other_punctuation": "Po",
    "symbol": "S",
    "math_symbol": "Sm",
    "currency_symbol": "Sc",
    "modifier_symbol": "Sk",
    "other_symbol": "So",
    "separator": "Z",
    "space_separator": "Zs",
    "line_separator": "Zl",
    "paragraph_separator": "Zp",
    "other": "C",
    "control": "Cc",
    "cntrl": "Cc",
    "format": "Cf",
    "private_use": "Co",
    "any": "Any",
}
_HORIZONTAL = (0x9, 0x20, 0xA0, 0x1680, 0x180E, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_PROPERTY = re.compile(r"\\[pP](?:\{(\^?)([^}]*)\}|([A-Za-z]))")


@dataclass(frozen=True, slots=True)
class ParsedClass:
    """A bracketed class, where it ends in the source, and the characters named in it one by one."""

    node: CharClass
    end: int
    literals: str


def perl_class(letter: str) -> Perl:
    """The class of ``\\d``, ``\\D``, ``\\s`` and so on, by its letter."""
    return Perl(letter.lower(), letter.isupper())


def horizontal_space(letter: str) -> list[Range]:
    """``\\h``, spaces and tabs; or ``\\H``, the rest."""
    spans = [Range(code, code) for code in _HORIZONTAL]
    return spans if letter == "h" else complement(spans)


def parse_property(source: str, at: int) -> tuple[Property, int]:
    """The ``\\p`` or ``\\P`` class whose backslash is at `source[at]`, and where it ends."""
    found = _PROPERTY.match(source, at)
    if not found:
        raise PatternError(
            f"{source[at : at + 2]} at position {at + 1}: "
            "write \\pL or \\p{Greek}, a general category or a script"
        )
    name = _property_name(found[2] if found[3] is None else found[3])
    negated = (source[at + 1] == "P") != (found[1] == "^")
    return Property(name, negated), found.end()


def _property_name(name: str) -> str:
    """RE2's spelling of a name that ripgrep takes: ``gc=lowercase_letter`` is Ll, ``sc=greek`` is Greek."""
    plain = name.rpartition("=")[2].rpartition(":")[2].strip().replace(" ", "_").replace("-", "_")
    if plain.lower() in _CATEGORIES:
        return _CATEGORIES[plain.lower()]
    if len(plain) <= 2:
        return plain.capitalize()
    return "_".join(part.capitalize() for part in plain.split("_"))


def parse_class(source: str, start: int, *, fold: bool) -> ParsedClass:
    """The class whose ``[`` is at `source[start]`.  Raises PatternError with a position."""
    at = start + 1
    negated = source.startswith("^", at)
    at += negated
    items: list[ClassItem] = []
    literals: list[str] = []
    first = True
    while first or not source.startswith("]", at):
        if at >= len(source):
            raise PatternError(
                f"class [ that is never closed at position {start + 1}: add ], or write \\[ for the character"
            )
        first = False
        if source.startswith(("&&", "~~"), at):
            raise PatternError(
                f"class operator {source[at : at + 2]} at position {at + 1}: classes have none; "
                f"use a lookahead, as in (?!b)[a-z], or write \\{source[at]} for the character"
            )
        if source.startswith("[:", at) and (end := source.find(":]", at + 2)) >= 0:
            items.extend(_posix(source[at + 2 : end], at, fold))
            at = end + 2
        elif source[at] == "\\" and source[at + 1 : at + 2] in ("p", "P"):
            item, at = parse_property(source, at)
            items.append(item)
        elif source[at] == "\\" and source[at + 1 : at + 2] in tuple("dDsSwW"):
            items.append(perl_class(source[at + 1]))
            at += 2
        elif source[at] == "\\" and source[at + 1 : at + 2] in ("h", "H"):
            items.extend(horizontal_space(source[at + 1]))
            at += 2
        else:
            span, at = _range(source, at)
            items.append(span)
            literals.append(chr(span.first))
            literals.append(chr(span.last))
    return ParsedClass(CharClass(tuple(items), negated, fold), at + 1, "".join(literals))


def _character(source: str, at: int) -> tuple[str, int]:
    if source[at] == "\\":
        return read_escape(source, at)
    return source[at], at + 1


def _range(source: str, at: int) -> tuple[Range, int]:
    low, end = _character(source, at)
    high = low
    if source.startswith("-", end) and end + 1 < len(source) and source[end + 1] != "]":
        high, end = _character(source, end + 1)
        if high < low:
            raise PatternError(
                f"range {source[at:end]} at position {at + 1}: its end comes before its start; "
                "swap them, or write \\- for the character"
            )
    return Range(ord(low), ord(high)), end


def _posix(name: str, at: int, fold: bool) -> list[ClassItem]:
    bounds = _POSIX.get(name.removeprefix("^"))
    if bounds is None:
        raise PatternError(
            f"class [:{name}:] at position {at + 1}: no such POSIX class; known are {', '.join(_POSIX)}"
        )
    spans = [Range(ord(bounds[i]), ord(bounds[i + 1])) for i in range(0, len(bounds), 2)]
    if not name.startswith("^"):
        return list(spans)
    if fold and name != "^ascii":
        spans = _folded(spans)
    return list(complement(spans))


def _folded(spans: list[Range]) -> list[Range]:
    """ASCII `spans` with both cases, the Kelvin sign and the long s: folding comes before negation."""
    chars = {chr(code) for span in spans for code in range(span.first, span.last + 1)}
    chars |= {char.swapcase() for char in chars}
    chars |= {"\u212a"} if "k" in chars else set()
    chars |= {"\u017f"} if "s" in chars else set()
    return [Range(ord(char), ord(char)) for char in sorted(chars)]


def complement(spans: list[Range]) -> list[Range]:
    """The code points in none of `spans` (in any order), as ascending ranges."""
    gaps: list[Range] = []
    following = 0
    for span in sorted(spans, key=lambda span: span.first):
        if span.first > following:
            gaps.append(Range(following, span.first - 1))
        following = max(following, span.last + 1)
    if following <= MAX_CODE_POINT:
        gaps.append(Range(following, MAX_CODE_POINT))
    return gaps
