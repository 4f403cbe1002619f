"""Random queries of the query language about given files: atoms are words and places that stand in them, or nearly."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from codelode.query import ast
from codelode.query.ast import Node

_RUN = re.compile(r"\w+")
_CODE = re.compile(r"[\w.:>()-]*\w[\w.:>()-]*")
_KINDS = ("function", "method", "class", "constant", "variable", "struct")
_LANGUAGES = ("python", "c", "markdown", "javascript", "go", "text")


class QueryMaker:
    """Makes queries, always the same ones from one `seed`."""

    def __init__(self, texts: Sequence[str], paths: Sequence[str], names: Sequence[str], seed: int) -> None:
        """`texts`, `paths` and `names` of definitions are what the atoms are taken from."""
        self._random = random.Random(seed)
        self._lines = [line for text in texts for line in text.split("\n") if _RUN.search(line)]
        self._paths = paths
        self._names = names or ("main",)
        self._plain: list[tuple[int, Callable[[], Node]]] = [
            (8, self._word),
            (4, self._phrase),
            (2, self._slop),
            (3, self._pattern),
            (4, self._wildcard),
            (2, self._fuzzy),
        ]
        self._atoms = [
            *self._plain,
            (3, self._near),
            (3, self._symbol),
            (3, self._path),
            (1, lambda: ast.Language(self._random.choice(_LANGUAGES))),
            (1, lambda: ast.Extension(self._random.choice(("py", "c", "md", "txt")))),
            (1, self._size),
            (
                1,
                lambda: ast.Modified(
                    self._random.choice("<>"), self._random.choice(("9d", "2mo", "2024-05-01"))
                ),
            ),
            (1, lambda: ast.Is(self._random.choice(("test", "vendored", "generated")))),
            (1, lambda: ast.EVERYTHING),
            (1, lambda: ast.Repository(self._random.choice(("corpus", "nowhere")), ast.Style.TEXT)),
        ]

    def query(self) -> ast.Query:
        """The next query."""
        rule = self._random.choices(list(ast.CaseRule), (8, 1, 1))[0]
        return ast.Query(self._node(self._random.choice((1, 1, 2, 2, 3, 3, 4, 5))), rule)

    def _node(self, leaves: int) -> Node:
        node = self._chosen(self._atoms) if leaves == 1 else self._several(leaves)
        how = self._random.random()
        if how < 0.05:
            return ast.Boost(node, 2.0)
        if how < 0.1:
            return ast.Content(node)
        return ast.Not(node) if how < 0.13 else node

    def _several(self, leaves: int) -> Node:
        left = self._random.randint(1, leaves - 1)
        parts = (self._node(left), self._node(leaves - left))
        if self._random.random() < 0.2:
            parts = (parts[0], ast.Not(parts[1]))
        return ast.And(parts) if self._random.random() < 0.6 else ast.Or(parts)

    def _chosen(self, makers: Sequence[tuple[int, Callable[[], Node]]]) -> Node:
        make = self._random.choices([maker for _, maker in makers], [weight for weight, _ in makers])[0]
        return make()

    # ---- atoms

    def _line(self) -> str:
        return self._random.choice(self._lines)

    def _cased(self, text: str) -> str:
        """`text`, sometimes in another case."""
        return self._random.choices((text, text.lower(), text.upper(), text.title()), (6, 3, 1, 1))[0]

    def _name(self) -> str:
        """A name, a part of one, or what looks like one with its neighbours."""
        line = self._line()
        found = self._random.choice(_RUN.findall(line))
        how = self._random.random()
        if how < 0.15:
            return self._random.choice(_CODE.findall(line))
        if how < 0.4:  # a word inside a name, or some of its characters
            pieces = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", found) or [found]
            return self._random.choice(pieces)
        if how < 0.5 and len(found) > 3:
            start = self._random.randrange(len(found) - 2)
            return found[start : start + self._random.randint(2, 6)]
        return found

    def _word(self) -> Node:
        return ast.Word(self._cased(self._name()))

    def _phrase(self) -> Node:
        line = self._line().strip()
        start = self._random.randrange(len(line))
        piece = line[start : start + self._random.randint(2, 24)]
        if self._random.random() < 0.15:
            piece = piece.replace(" ", "  ")
        return ast.Phrase(self._cased(piece if piece.strip() else line))

    def _slop(self) -> Node:
        words = [word for word in _RUN.findall(self._line()) if word.strip("_")] or ["retry"]
        start = self._random.randrange(len(words))
        chosen = words[start : start + self._random.randint(2, 5) : self._random.choice((1, 1, 2))]
        return ast.Phrase(self._cased(" ".join(chosen)), self._random.randint(1, 4))

    def _pattern(self) -> Node:
        name = self._random.choice(_RUN.findall(self._line()))
        cut = self._random.randint(1, len(name))
        other = re.escape(self._random.choice(_RUN.findall(self._line())))
        return ast.Pattern(
            self._random.choice(
                (
                    rf"\b{re.escape(name)}\b",
                    rf"{re.escape(name[:cut])}[a-z_]+",
                    rf"^\s*{re.escape(name)}",
                    rf"{re.escape(name)}.*{other}",
                    rf"(?:{re.escape(name)}|{other})\(",
                    rf"{re.escape(name[:cut])}.?{re.escape(name[cut:])}$",
                    rf"{re.escape(name)}\n",
                )
            )
        )

    def _wildcard(self) -> Node:
        name = self._cased(self._name())
        cut = self._random.randint(0, len(name))
        how = self._random.random()
        if how < 0.4:
            text = name[:cut] + "*"
        elif how < 0.55:
            text = "*" + name[cut:]
        elif how < 0.75:
            text = name[: max(0, cut - 1)] + "?" + name[cut:]
        else:
            text = name[:cut] + "*" + name[min(len(name), cut + 1) :]
        plain = sum(char.isalnum() for char in text)
        return ast.Wildcard(text) if plain > 1 and ("*" in text or "?" in text[:-1]) else ast.Word(name)

    def _fuzzy(self) -> Node:
        words = [
            word for word in re.findall(r"(?<![^\W_])[a-z]{4,10}(?![^\W_])", self._line()) if word.isascii()
        ]
        if not words:
            return self._word()
        word = self._random.choice(words)
        at = self._random.randrange(len(word))
        mistyped = self._random.choice(
            (word, word[:at] + word[at + 1 :], word[:at] + "e" + word[at:], word[:at] + "x" + word[at + 1 :])
        )
        return ast.Fuzzy(mistyped, self._random.choice((1, 1, 2)) if len(word) > 5 else 1)

    def _near(self) -> Node:
        left, right = self._chosen(self._plain), self._chosen(self._plain)
        if self._random.random() < 0.5:  # two that do stand close together
            words = _RUN.findall(self._line())
            left, right = ast.Word(self._random.choice(words)), ast.Word(self._random.choice(words))
        if self._random.random() < 0.15:
            left = ast.Or((left, ast.Boost(self._chosen(self._plain), 3.0)))
        near = ast.Near(left, right, self._random.choice((1, 2, 3, 5, 8, 20)))
        return (
            ast.Near(near, self._word(), self._random.randint(1, 10))
            if self._random.random() < 0.15
            else near
        )

    def _symbol(self) -> Node:
        name = self._random.choice(self._names)
        kinds = frozenset(self._random.sample(_KINDS, self._random.choice((0, 0, 1, 2))))
        how = self._random.random()
        if how < 0.2:
            return ast.Symbol("", kinds=kinds or frozenset({"function"}))
        if how < 0.4:
            return ast.Symbol(name[: len(name) // 2] + "*", ast.Style.GLOB, kinds)
        if how < 0.6:
            return ast.Symbol(f"{re.escape(name[-5:])}$", ast.Style.REGEX, kinds)
        start = self._random.randrange(len(name))
        return ast.Symbol(self._cased(name[start : start + 8]), ast.Style.TEXT, kinds)

    def _path(self) -> Node:
        path = self._random.choice(self._paths)
        folder, _, name = path.rpartition("/")
        return self._random.choice(
            (
                ast.Path(name[:-3] or name, ast.Style.TEXT),
                ast.Path(folder.upper() or name, ast.Style.TEXT),
                ast.Path(f"*{name[-4:]}", ast.Style.GLOB),
                ast.Path(f"{folder.split('/')[0]}/**/*.py", ast.Style.GLOB),
                ast.Path(f"{folder.split('/')[-1] or 'src'}/*", ast.Style.GLOB),
                ast.Path(rf"{re.escape(name[:4])}.*\.\w+$", ast.Style.REGEX),
            )
        )

    def _size(self) -> Node:
        return ast.Size(
            self._random.choice(("<", "<=", ">", ">=")), self._random.choice((500, 1024, 2048, 4096))
        )
