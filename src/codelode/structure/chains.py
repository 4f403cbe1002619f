"""Expressions like ``self.client.get(url).json``, taken apart: what is asked of what, from the left."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[@$]{0,2}[A-Za-z_\u0080-\uffff][\w$]*[?!]?(?![\w])")
_DOT = re.compile(r"\s*(?:\?\.|!\.|\.|->|::)\s*")
_PREFIX = re.compile(r"(?:[&*]|(?:await|new|mut|try|yield)\b|\s)+")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


class Link(NamedTuple):
    """One name in a chain."""

    name: str
    called: bool
    """``name(...)``; in languages that write so also ``name{...}``, which makes one"""


def read_chain(expression: str) -> list[Link]:
    """The links of the chain that `expression` begins with; none when it is anything else (a literal, an index,
    an operation)."""
    text = expression.strip()
    opened = _PREFIX.match(text)
    at = opened.end() if opened else 0
    while text[at : at + 1] == "(" and (close := _closing(text, at)) == len(text) - 1:
        text = text[at + 1 : close].strip()
        opened = _PREFIX.match(text)
        at = opened.end() if opened else 0
    links: list[Link] = []
    while found := _NAME.match(text, at):
        name, at = found[0], found.end()
        at = _skip_generics(text, at)
        called = False
        while text[at : at + 1] in ("(", "{") and text[at : at + 1]:
            if text[at] == "{" and not name[0].isupper():
                break
            close = _closing(text, at)
            if close < 0:
                return []
            if called:
                return []  # the result of a call is called: nobody knows what that is
            called, at = True, close + 1
        links.append(Link(name.rstrip("?!"), called))
        if text[at : at + 1] == "!" and text[at + 1 : at + 2] in (".", ""):
            at += 1
        dot = _DOT.match(text, at)
        if dot is None:
            rest = text[at:].lstrip(" \t")
            return links if not rest or rest[0] in ",;)}#\n:]" or rest.startswith(("//", "?;", "?")) else []
        at = dot.end()
    return []


def _skip_generics(text: str, at: int) -> int:
    found = re.compile(r"(?:::)?<[\w\s,.&:'<>\[\]|]*>(?=\(|::|\{)").match(text, at)
    return found.end() if found else at


def _closing(text: str, at: int) -> int:
    """Where the bracket at `at` is closed; -1 when it is not."""
    depth, quote = 0, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char in _BRACKETS:
            depth += 1
        elif char in ")]}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1
