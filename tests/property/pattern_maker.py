"""Random patterns that RE2 and ripgrep both accept, and a corpus in which they have something to find."""

from __future__ import annotations

import itertools
import random

WORDS = (
    "foo",
    "bar",
    "Foo",
    "task",
    "kiss",
    "mutex_lock",
    "is",
    "x",
    "été",
    "Été",
    "straße",
    "STRASSE",
    "ΣΑΣ",
    "σας",
    "привет",
    "ПРИВЕТ",
    "İstanbul",
    "ısı",
    "k\u212ak",
    "S\u017fs",
    "a\u0301b",
    "日本",
    "v١٢",
    "12",
    "a\u200db",
    "ǅ",
    "ⓐⒷ",
)
GLUE = (
    " ",
    "  ",
    "\t",
    ".",
    "(",
    ")",
    "-",
    "_",
    ",",
    "\u00a0",
    "\u2028",
    "€",
    "\r",
    "\x0b",
    "=",
    "!",
    "$",
    "^",
    "\\",
    "*",
)

LITERALS = "aabcfoxksKSTF019_ éÉßσςΣпПİıiI\u212a\u017f日\u0301\t=-"
CLASSES = (
    r"\w",
    r"\W",
    r"\d",
    r"\D",
    r"\s",
    r"\S",
    ".",
    "[a-f]",
    "[^a-f]",
    "[0-9]",
    "[k-s]",
    "[^ks]",
    "[éÉß]",
    "[^é]",
    r"[\w-]",
    r"[\W_]",
    r"[^\W\d_]",
    r"[\s\S]",
    r"[^\S\t]",
    r"[\d.]",
    r"[^\D1]",
    "[[:alpha:]]",
    "[[:^alpha:]]",
    "[[:upper:]_]",
    "[^[:space:]]",
    "[[:punct:]]",
    r"\pL",
    r"\PL",
    r"\p{Lu}",
    r"\P{Lu}",
    r"\p{Greek}",
    r"\P{Greek}",
    r"[\p{Ll}0]",
    r"[^\p{Ll}]",
    r"[\P{Lu}x]",
    "[σс]",
    "[A-Z]",
    r"[\n\ra]",
    r"[^\n]",
    "[]a]",
    "[^]a]",
    r"[\x41-\x{45}]",
)
ANCHORS = ("^", "$", r"\b", r"\B", "^", "$", r"\b")
COUNTS = ("*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}", "{2,}", "{1,2}?", "{0}")
GROUPS = ("(", "(?:", "(?i:", "(?-i:", "(?s:", "(?U:")


def literal(rng: random.Random) -> str:
    """A text that may well be in the corpus."""
    if rng.random() < 0.6:
        word = rng.choice(WORDS)
        start = rng.randrange(len(word))
        word = word[start : start + rng.randint(1, 6)]
    else:
        word = "".join(rng.choice(LITERALS) for _ in range(rng.randint(1, 3)))
    return word + (rng.choice(GLUE) if rng.random() < 0.15 else "")


def quote(text: str) -> str:
    return "".join("\\" + char if char in r"\.+*?()|[]{}^$#&-~" else char for char in text)


def pattern(rng: random.Random) -> str:
    return "".join(_part(rng, 3) for _ in range(rng.choice((1, 1, 2, 2, 3))))


def _part(rng: random.Random, depth: int) -> str:
    kind = rng.random()
    if depth == 0 or kind < 0.3:
        return quote(literal(rng))
    if kind < 0.42:
        return rng.choice(CLASSES)
    if kind < 0.5:
        return rng.choice(ANCHORS)
    if kind < 0.75:
        return "".join(_part(rng, depth - 1) for _ in range(rng.randint(1, 3)))
    if kind < 0.86:
        return "(?:" + "|".join(_part(rng, depth - 1) for _ in range(rng.randint(2, 3))) + ")"
    inner = _part(rng, depth - 1)
    if kind < 0.9:
        return rng.choice(GROUPS) + inner + ")"
    atom = rng.choice(CLASSES) if rng.random() < 0.5 else f"(?:{inner})"
    return atom + rng.choice(COUNTS)


def line(rng: random.Random) -> str:
    return "".join(rng.choice(WORDS) + rng.choice(GLUE) for _ in range(rng.randint(0, 5))) + rng.choice(
        ("", "foo", "é")
    )


def texts(seed: int) -> dict[str, bytes]:
    """Files by name: kinds of line ends, empty, long lines, ASCII only and not."""
    rng = random.Random(seed)
    lines = [line(rng) for _ in range(60)]
    plain = [text for text in lines if text.isascii()]
    return {
        "mixed.txt": "\n".join(lines).encode() + b"\n",
        "ascii.txt": "\n".join(plain).encode() + b"\n\n",
        "crlf.txt": "\r\n".join(lines[:20]).encode() + b"\r\n",
        "open.txt": "\n".join(lines[20:30]).encode() + b"\nfoo bar k",
        "open_wide.txt": "foo\nbar été".encode(),
        "empty.txt": b"",
        "newline.txt": b"\n",
        "long.txt": ("foo bar " * 300 + "été ΣΑΣ kiss\u017f").encode() + b"\n" + b"x" * 3000 + b"\ntask\n",
    }


def pattern_for(rng: random.Random, text: str) -> str:
    """A pattern that matches a part of `text` (one line), most of it literally: its tree says much."""
    start = rng.randrange(len(text))
    rest = text[start : start + rng.randint(4, 16)]
    parts = []
    while rest:
        width = rng.choice((1, 1, 2, 3, 4))
        piece, rest = rest[:width], rest[width:]
        parts.append(_generalised(rng, piece))
    return "".join(parts)


def _generalised(rng: random.Random, piece: str) -> str:
    source, other = quote(piece), quote(literal(rng))
    kinds = (
        source,
        source,
        f"(?:{source}|{other})",
        f"(?:{other}|{source})",
        f"(?:{other})?{source}",
        f"{source}(?:{other})*",
        f"(?:{source})+",
        "".join(f"{quote(char)}+" for char, _ in itertools.groupby(piece)),
        "".join(f"{quote(char)}{{{len(list(run))},}}" for char, run in itertools.groupby(piece)),
        f"(?:{source}){{1,3}}",
        f"(?:{source}){{1}}",
        f"(?:{'|'.join(map(quote, sorted({*piece, 'x', 'é'})))}){{{len(piece)}}}",
        f".{{{len(piece)}}}",
        f"(?i:{quote(piece.swapcase())})" if len(piece.swapcase()) == len(piece) else source,
        "".join(f"[{quote(char)}0q]" for char in piece),
    )
    return rng.choice(kinds)
