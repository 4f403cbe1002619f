"""What a person wrote about code: the first sentences of a comment, and the subject of a commit, cleaned."""

from __future__ import annotations

import re

LONGEST_QUERY = 240
"""Characters: one or two sentences."""

MOST_QUERIES = 2
"""Questions made of one comment."""

LATER_WORDS = 6
"""Fewest words of what is said after the first sentences."""

_MARKERS = re.compile(
    r"^\s*(?:/\*[*!]*|\*+/?|//[/!]*<?|#+!?(?!\[)|--+\s*\|?\^?|\{-+\s*\|?|;+|%+|<!--|=begin\b|=cut\b|"
    r"@(?:module|type)?doc\s*(?:~[sS])?\"*|[rRuUbB]{0,2}(?:\"{3}|'{3}))\s?"
)
_ENDINGS = re.compile(r"(?:\*+/|-+\}|-->|\"{3}|'{3}|=end\b)\s*$")
_TAG = re.compile(
    r"^\s*(?:[@\\:]\w|-\s+(?:Parameter|Returns|Throws|Note|Warning|parameter)|#\s*\w+$|```|>>>|\$ |iex>|<(?:param|"
    r"returns|remarks|exception|typeparam|example)|"
    r"(?:Args|Arguments|Parameters|Params|Returns?|Raises|Yields|Examples?|Usage|Options|Notes?|See also|Attributes|"
    r"Keyword arguments|Throws|Errors|Panics|Safety|References)\s*:?\s*$|[=\-~^*#]{4,}\s*$)"
)
_CODE_LINE = re.compile(r"^\s*(?:#\[|\[[A-Z]|@[A-Z]\w*|\.\. )|[;{}]\s*$")
_LINK = re.compile(r"\{@\w+\s+([^}]*)\}|\[([^\]]+)\]\([^)]*\)|<see \w+=\"(?:\w:)?([^\"]*)\"\s*/>")
_XML = re.compile(r"</?[a-zA-Z][^>]{0,80}>")
_ADDRESS = re.compile(r"\w+://\S+")
_NOISE = re.compile(
    r"copyright|licen[cs]e|spdx|all rights reserved|eslint|nolint|noqa|pylint|rubocop|istanbul|generated|prettier-|"
    r"@ts-|clang-format|do not edit|vim:|coding:|frozen_string|\bTODO\b|\bFIXME\b|\bXXX\b|shellcheck|phpcs|phpstan|"
    r"inheritdoc|NOSONAR|region\b|type: ignore|swiftlint|swift-tools",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z`\"(])|\n{2,}")
_WORD = re.compile(r"[A-Za-z]{2,}")


def sentences(comment: str, fewest_words: int = 3) -> list[str]:
    """What `comment`, markers and all, says in plain words: its first sentences, and those that follow, if any."""
    if _NOISE.search(comment[:600]):
        return []
    said: list[str] = []
    for raw in comment.splitlines():
        line = _ENDINGS.sub("", _MARKERS.sub("", raw, count=1)).strip()
        if _TAG.match(line) or (_CODE_LINE.search(line) and not _MARKERS.match(raw)):
            if said:
                break
            continue
        if line:
            said.append(line)
        elif said and said[-1]:
            said.append("")  # a paragraph's end is a sentence's end
    text = _LINK.sub(lambda found: next(filter(None, found.groups()), ""), "\n".join(said))
    parts = _SENTENCE.split(_ADDRESS.sub(" ", _XML.sub(" ", text)).strip())
    found: list[str] = []
    while parts and len(found) < MOST_QUERIES:
        short = _one_line(parts.pop(0))
        while parts and len(short) + len(parts[0]) < LONGEST_QUERY // 2:
            short += " " + _one_line(parts.pop(0))
        if plain_words(short, fewest_words if not found else LATER_WORDS):
            found.append(short[:LONGEST_QUERY])
        elif not found:
            break
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


def plain_words(text: str, fewest: int) -> bool:
    """Whether `text` is mostly words, and at least `fewest`."""
    words = _WORD.findall(text)
    return len(words) >= fewest and sum(map(len, words)) >= 0.6 * len(text.replace(" ", ""))


_PREFIX = re.compile(
    r"^\s*(?:\[[^\]]{1,40}\]\s*|[\w./*,-]{1,40}(?:\([^)]{1,60}\))?!?:\s+|[A-Z]{2,10}-\d+:?\s+|#\d+:?\s+)"
)
_NUMBER = re.compile(
    r"\(?(?:#|GH-|gh-|!)\d+\)?|\b[0-9a-f]{7,40}\b|\((?:closes|fixes|refs?|see)[^)]*\)", re.IGNORECASE
)
_CLOSES = re.compile(
    r"\s*[.,;-]?\s*\b(?:closes|fixes|resolves|refs|see)\s+(?:issue\s*)?#\d+.*$", re.IGNORECASE
)
_CHORES = (
    r"merge|bump|release|version|v?\d+\.\d+|prepare (?:for )?(?:release|next|\d)|backport|cherry|revert",
    r"update$|update (?:change|version|depend|copyright|readme|submodule|translations?|license|lock)|changelog",
    r"typos?\b|fix(?:ed|es)? (?:a |some |the )?(?:typo|lint|tests?$|build$|warnings?$|indent|whitespace|format)",
    r"fix(?:ed|es)? (?:a |some |the )?(?:ci\b|spelling|doc)|whitespace|formatting|format\b|lint|cleanup$|clean up$",
    r"refactor(?:ing)?$|chore|ci\b|docs?\b|cargo fmt|rustfmt|gofmt|run |initial|first commit|wip\b|nit",
    r"add(?:ed)? (?:missing )?(?:tests?|docs?|comments?)$|more tests?|misc|stuff|minor|import|sync |auto|apply ",
    r"address |pr |review",
)
"""How the subjects begin of commits that say nothing about the code."""

_CHORE = re.compile(f"(?:{'|'.join(_CHORES)})", re.IGNORECASE)


def commit_subject(subject: str) -> str:
    """What a commit's subject says about the code, without prefixes and numbers; empty for chores."""
    text = _CLOSES.sub("", subject.strip())
    if _CHORE.match(text):
        return ""
    text = _PREFIX.sub("", _PREFIX.sub("", text, count=1), count=1)
    text = _NUMBER.sub(" ", text)
    text = _one_line(text)[:LONGEST_QUERY]
    if _CHORE.match(text) or _NOISE.search(text) or not plain_words(text, 3):
        return ""
    return text


_TRAILER = re.compile(
    r"^\s*(?:[\w-]+-by:|[*+>|#-]|(?:closes|fixes|resolves|refs|see)\b|\w+://|change-id|---)", re.IGNORECASE
)


def commit_body(body: str) -> str:
    """The first sentences of what a commit says below its subject; empty when that is a list or signatures."""
    kept: list[str] = []
    for line in body.splitlines():
        if _TRAILER.match(line):
            break
        if not line.strip() and kept:
            break
        kept.append(line)
    found = sentences(" ".join(kept), LATER_WORDS)
    return found[0] if found else ""
