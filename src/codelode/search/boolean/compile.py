"""From a query's tree to one that can be run over a snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from codelode.errors import QueryError
from codelode.index.terms import BODY, AllOf, AnyOf, InRow, Term, Typos, Wanted
from codelode.model import SearchOptions
from codelode.query import ast
from codelode.query.literals import literal_tree
from codelode.query.printing import print_node
from codelode.query.trees import describe
from codelode.search.boolean import wording
from codelode.search.boolean.atoms import (
    Atom,
    Candidates,
    EitherAtom,
    Finder,
    MeaningNode,
    NearAtom,
    TextAtom,
)
from codelode.search.boolean.filters import CASE, file_mask, ignores_case
from codelode.search.boolean.masks import BlockCandidates, files_with_all
from codelode.search.boolean.matchers import (
    PhraseFinder,
    SlopFinder,
    Trees,
    WildcardFinder,
    WordFinder,
    WordInPath,
)
from codelode.search.boolean.ranking import SPANS_SCORED
from codelode.search.boolean.tree import AndNode, Everything, FilterNode, Node, NotNode, OrNode, Step
from codelode.search.budget import Budget
from codelode.search.meaning import Meaning
from codelode.search.proposals import global_weight
from codelode.search.snapshot import Snapshot
from codelode.text import tokens

MEANING_WEIGHT = 12.0
"""What a cosine of 1 counts: as much as two rare words"""

NEAREST = 256
"""Chunks that a ``~"meaning"`` finds"""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query over a snapshot."""

    root: Node
    atoms: tuple[Atom, ...]
    """those that are not below a NOT"""
    steps: tuple[Step, ...]
    """of every filter and atom, in the order of the query"""
    wanted: Wanted | None
    """what the word index proposes the best chunks for; None when it knows nothing of the query"""
    loosely: Wanted | None
    """the same for any part of the query"""
    unscored: bool
    """what the word index proposes has no order"""
    meanings: tuple[MeaningNode, ...]
    """those that must be looked for before the query is asked"""
    words: str
    """the words of the atoms, by which names of files are judged"""

    @property
    def shows_text(self) -> bool:
        """Whether hits are lines; else files as such, chosen by filters alone."""
        return self.root.reads or bool(self.meanings)


class _Place(NamedTuple):
    """Where in the query a node stands."""

    languages: frozenset[str]
    """those that the query asks for beside it"""
    boost: float = 1.0
    in_path: bool = True
    """a word may be in the path"""
    positive: bool = True
    """not below a NOT"""
    near: bool = False
    """beside a NEAR"""


class Compiler:
    """Makes one query ready; used once."""

    def __init__(
        self,
        snapshot: Snapshot,
        query: ast.Query,
        options: SearchOptions,
        meaning: Meaning,
        budget: Budget,
        now: float,
    ) -> None:
        """`now`: unix time, for the ages of files."""
        self._snapshot = snapshot
        self._query = query
        self._options = options
        self._meaning = meaning
        self._budget = budget
        self._now = now
        self._atoms: list[Atom] = []
        self._steps: list[Step] = []
        self._words: list[str] = []
        self._leaves: list[Wanted] = []
        self._numbers = 0
        self._meanings: list[MeaningNode] = []
        self._most: int | None = None
        """matches in a file that are enough of the atom that is being made"""

    def run(self) -> Compiled:
        """The query, compiled; raises QueryError for what cannot be run."""
        root = self._node(self._query.root, _Place(self._options.languages))
        return Compiled(
            root,
            tuple(self._atoms),
            tuple(self._steps),
            root.wanted,
            AnyOf(tuple(self._leaves)) if self._leaves else None,
            any(not isinstance(leaf, Term | InRow | AllOf) for leaf in self._leaves),
            tuple(self._meanings),
            " ".join(dict.fromkeys(self._words)),
        )

    def _node(self, node: ast.Node, place: _Place) -> Node:
        if isinstance(node, ast.And):
            return self._and(node, place)
        if isinstance(node, ast.Or):
            parts = [self._node(part, place) for part in node.parts]
            found = OrNode(parts)
            known = [part.wanted for part in parts if part.wanted]
            if parts and len(known) == len(parts):
                found.wanted = AnyOf(tuple(known))
            return found
        if isinstance(node, ast.Not):
            return NotNode(self._node(node.child, place._replace(positive=False)))
        if isinstance(node, ast.Boost):
            return self._node(node.child, place._replace(boost=place.boost * node.factor))
        if isinstance(node, ast.Content):
            return self._node(node.child, place._replace(in_path=False))
        if isinstance(node, ast.Filter):
            return FilterNode(self._step(node, "file table"), file_mask(node, self._now, self._query.case))
        if isinstance(node, ast.Meaning):
            return self._meant(node, place.boost)
        return self._atom(node, place)

    def _and(self, node: ast.And, place: _Place) -> Node:
        if not node.parts:
            return Everything()
        own = frozenset(part.name for part in node.parts if isinstance(part, ast.Language))
        parts = [self._node(part, place._replace(languages=own or place.languages)) for part in node.parts]
        found = AndNode(parts)
        found.wanted = wording.together([part.wanted for part in parts if part.wanted])
        return found

    def _atom(self, node: ast.Node, place: _Place) -> Atom:
        """An atom, or what may stand beside NEAR."""
        if isinstance(node, ast.Boost):
            return self._atom(node.child, place._replace(boost=place.boost * node.factor))
        found: Atom
        beside = place._replace(in_path=False, near=True)
        if isinstance(node, ast.Near):
            left, right = self._atom(node.left, beside), self._atom(node.right, beside)
            found = NearAtom(self._number(), self._step(node, "trigrams, places"), left, right, node.distance)
            found.wanted = wording.close_by(
                [side.wanted for side in (left, right) if side.wanted], node.distance
            )
        elif isinstance(node, ast.Or):
            sides = [self._atom(side, beside) for side in node.parts]
            found = EitherAtom(self._number(), Step("", ""), sides)
            several = [side.wanted for side in sides if side.wanted]
            if len(several) == len(sides):
                found.wanted = AnyOf(tuple(several))
        else:
            self._most = None if place.near or self._options.all_matches else SPANS_SCORED
            found = self._text_atom(node, place.languages, in_path=place.in_path)
            found.rarity = found.weight
            found.weight *= place.boost
        found.negated = not place.positive
        if place.positive and not place.near:
            self._atoms.append(found)
            if found.wanted:
                self._leaves.append(found.wanted)
        return found

    def _text_atom(self, node: ast.Node, languages: frozenset[str], *, in_path: bool) -> Atom:
        rule = self._query.case
        if isinstance(node, ast.Word):
            fold = ignores_case(node.text, rule)
            word = WordFinder(node.text, fold=fold)
            path = WordInPath(word, tokens.words(node.text), fold=fold) if in_path else None
            return self._indexed(node, word, word.trees, tokens.words(node.text), in_path=path)
        if isinstance(node, ast.Phrase):
            fold = ignores_case(node.text, rule)
            words = tokens.words(node.text)
            if node.slop is None:
                phrase = PhraseFinder(node.text, fold=fold)
                written = (literal_tree(node.text, ignore_case=fold),)
                return self._indexed(
                    node,
                    phrase,
                    phrase.trees,
                    words,
                    likely=lambda part, within: files_with_all(written, part, within),
                )
            slop = SlopFinder(node.text, node.slop, fold=fold)
            return self._indexed(node, slop, slop.trees, words, slop=node.slop)
        if isinstance(node, ast.Wildcard):
            fold = ignores_case(node.text, rule)
            wild = WildcardFinder(node.text, fold=fold)
            path = WordInPath(wild, (), fold=fold) if in_path else None
            atom = self._indexed(node, wild, wild.trees, (), in_path=path)
            atom.wanted = wording.wildcard_words(self._snapshot, node.text)
            return atom
        if isinstance(node, ast.Fuzzy):
            from codelode.search.boolean.fuzzy import FuzzyFinder

            fuzzy = FuzzyFinder(node.text, node.distance)
            typos = Typos(fuzzy.word, node.distance, wording.USUAL_WEIGHT)
            self._words.append(node.text)
            atom = TextAtom(
                self._number(),
                self._step(node, "words with typos"),
                fuzzy,
                wording.having(typos),
                rank=6,
                most=self._most,
            )
            atom.weight = wording.USUAL_WEIGHT
            atom.wanted = wording.like(self._snapshot, typos)
            return atom
        return self._special(node, languages)

    def _special(self, node: ast.Node, languages: frozenset[str]) -> Atom:
        # Each kind loads what it needs: a query of words does not pay for parsers.
        if isinstance(node, ast.Pattern):
            from codelode.search.boolean.patterns import PatternFinder

            pattern = PatternFinder(node.source, CASE[self._query.case], self._budget)
            step = self._step(node, f"trigrams {describe(pattern.tree)}")
            atom = TextAtom(self._number(), step, pattern, pattern.candidates, rank=8, most=self._most)
            atom.wanted = wording.all_words(self._snapshot, pattern.words)
        elif isinstance(node, ast.Symbol):
            from codelode.search.boolean.definitions import DefinitionFinder

            definitions = DefinitionFinder(node, fold=ignores_case(node.text, self._query.case))
            self._words += tokens.words(node.text)
            atom = TextAtom(
                self._number(),
                self._step(node, "symbol table"),
                definitions,
                lambda part, within: definitions.mask(part),
                rank=2,
            )
            atom.name_bytes = len(node.text.encode())
        elif isinstance(node, ast.Structure):
            if len(languages) != 1:
                raise QueryError(
                    f"ast:'{node.pattern}' needs the language of the pattern beside it, "
                    f"for example: ast:'{node.pattern}' lang:python"
                )
            from codelode.search.boolean.structures import StructureFinder
            from codelode.search.structural import compile_structure

            structure = StructureFinder(compile_structure(node.pattern, languages))
            step = self._step(node, "trigrams of its words")
            atom = TextAtom(self._number(), step, structure, structure.candidates, rank=TextAtom.PARSED)
        else:
            raise QueryError(f"{print_node(node)} cannot be searched for here")
        atom.weight = wording.USUAL_WEIGHT
        return atom

    def _indexed(
        self,
        node: ast.Node,
        finder: Finder,
        trees: Trees,
        words: Sequence[str],
        *,
        in_path: WordInPath | None = None,
        likely: Candidates | None = None,
        slop: int = 0,
    ) -> TextAtom:
        """An atom whose `words` the word index knows, and whose `trees` the trigram index."""
        self._words += words
        weights = [global_weight(self._snapshot, BODY, word) for word in words]
        atom = TextAtom(
            self._number(),
            self._step(node, "words, trigrams" if words else "trigrams"),
            finder,
            _in_files(trees),
            in_path=in_path,
            likely=likely,
            most=self._most,
        )
        atom.weight = sum(weights) or wording.USUAL_WEIGHT
        atom.wanted = wording.in_row(words, weights, slop)
        return atom

    def _meant(self, node: ast.Meaning, boost: float) -> MeaningNode:
        from codelode.search.nearest import nearest_chunks

        vector = self._meaning.must_vector(node.text)
        found = MeaningNode(
            self._step(node, "vectors"),
            lambda masks: nearest_chunks(self._snapshot, vector, masks, NEAREST),
            boost * MEANING_WEIGHT,
        )
        self._meanings.append(found)
        return found

    def _step(self, node: ast.Node, how: str) -> Step:
        step = Step(print_node(node), how)
        self._steps.append(step)
        return step

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers


def _in_files(trees: Trees) -> Candidates:
    """The files that may hold what needs all of `trees`, one of them within a line."""
    if len(trees) == 1:
        return BlockCandidates(trees[0])
    return lambda part, within: files_with_all(trees, part, within)
