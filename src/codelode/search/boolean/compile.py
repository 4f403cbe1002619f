"""From a query's tree to one that can be run over a snapshot."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from codelode.errors import QueryError
from codelode.index.terms import BODY, AllOf, AnyOf, InRow, Term, Typos, Wanted, wildcard
from codelode.model import SearchOptions
from codelode.query import ast
from codelode.query.literals import literal_tree
from codelode.query.printing import print_node
from codelode.query.trees import describe
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
from codelode.search.boolean.masks import files_with_all
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
from codelode.search.snapshot import Mask, OpenSegment, Snapshot
from codelode.text import tokens

USUAL_WEIGHT = 5.0
"""Weight of an atom whose frequency is not known: that of a word in every 150th chunk."""

LEAST_WEIGHT = 2.5
"""Of a word in every twelfth chunk: where all words of a phrase are commoner the word index is not asked.  To find the
best of the 376,000 chunks with "return 0" in Linux takes 43 ms, and any are as good."""

LEAST_SPELLED = 3
"""Letters of a wildcard from which the word index is asked: ``i*`` is in every other chunk"""

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
        self._wanted: dict[int, Wanted] = {}
        """what the word index knows of a node, by the node's id"""
        self._leaves: list[Wanted] = []
        self._nodes: list[Node] = []
        self._meanings: list[MeaningNode] = []
        self._most: int | None = None
        """matches in a file that are enough of the atom that is being made"""

    def run(self) -> Compiled:
        """The query, compiled; raises QueryError for what cannot be run."""
        root = self._node(self._query.root, self._options.languages, boost=1.0, in_path=True, positive=True)
        return Compiled(
            root,
            tuple(self._atoms),
            tuple(self._steps),
            self._wanted.get(id(root)),
            AnyOf(tuple(self._leaves)) if self._leaves else None,
            any(not isinstance(leaf, Term | InRow | AllOf) for leaf in self._leaves),
            tuple(self._meanings),
            " ".join(dict.fromkeys(self._words)),
        )

    def _node(
        self, node: ast.Node, languages: frozenset[str], *, boost: float, in_path: bool, positive: bool
    ) -> Node:
        if isinstance(node, ast.And):
            return self._and(node, languages, boost=boost, in_path=in_path, positive=positive)
        if isinstance(node, ast.Or):
            parts = [
                self._node(part, languages, boost=boost, in_path=in_path, positive=positive)
                for part in node.parts
            ]
            found = OrNode(parts)
            known = [self._wanted[id(part)] for part in parts if id(part) in self._wanted]
            if parts and len(known) == len(parts):
                self._know(found, AnyOf(tuple(known)))
            return self._kept(found)
        if isinstance(node, ast.Not):
            child = self._node(node.child, languages, boost=boost, in_path=in_path, positive=False)
            return self._kept(NotNode(child))
        if isinstance(node, ast.Boost):
            return self._node(
                node.child, languages, boost=boost * node.factor, in_path=in_path, positive=positive
            )
        if isinstance(node, ast.Content):
            return self._node(node.child, languages, boost=boost, in_path=False, positive=positive)
        if isinstance(
            node,
            ast.Path | ast.Language | ast.Repository | ast.Extension | ast.Size | ast.Modified | ast.Is,
        ):
            return self._kept(
                FilterNode(self._step(node, "file table"), file_mask(node, self._now, self._query.case))
            )
        if isinstance(node, ast.Meaning):
            return self._kept(self._meant(node, boost))
        return self._atom(node, languages, boost=boost, in_path=in_path, positive=positive)

    def _and(
        self, node: ast.And, languages: frozenset[str], *, boost: float, in_path: bool, positive: bool
    ) -> Node:
        if not node.parts:
            return self._kept(Everything())
        own = frozenset(part.name for part in node.parts if isinstance(part, ast.Language))
        parts = [
            self._node(part, own or languages, boost=boost, in_path=in_path, positive=positive)
            for part in node.parts
        ]
        found = AndNode(parts)
        known = tuple(self._wanted[id(part)] for part in parts if id(part) in self._wanted)
        if known:
            self._know(found, known[0] if len(known) == 1 else AllOf(known))
        return self._kept(found)

    def _atom(
        self,
        node: ast.Node,
        languages: frozenset[str],
        *,
        boost: float,
        in_path: bool,
        positive: bool,
        part_of_near: bool = False,
    ) -> Atom:
        """An atom, or what may stand beside NEAR."""
        if isinstance(node, ast.Boost):
            return self._atom(
                node.child,
                languages,
                boost=boost * node.factor,
                in_path=in_path,
                positive=positive,
                part_of_near=part_of_near,
            )
        found: Atom
        if isinstance(node, ast.Near):
            left, right = (
                self._atom(side, languages, boost=boost, in_path=False, positive=positive, part_of_near=True)
                for side in (node.left, node.right)
            )
            found = NearAtom(self._number(), self._step(node, "trigrams, places"), left, right, node.distance)
            known = [self._wanted[id(side)] for side in (left, right) if id(side) in self._wanted]
            if wanted := _close_by(known, node.distance):
                self._know(found, wanted)
        elif isinstance(node, ast.Or):
            sides = [
                self._atom(side, languages, boost=boost, in_path=False, positive=positive, part_of_near=True)
                for side in node.parts
            ]
            found = EitherAtom(self._number(), Step("", ""), sides)
            several = tuple(self._wanted[id(side)] for side in sides if id(side) in self._wanted)
            if len(several) == len(sides):
                self._know(found, AnyOf(several))
        else:
            all_of_them = part_of_near or self._options.all_matches
            self._most = None if all_of_them else SPANS_SCORED
            found = self._text_atom(node, languages, in_path=in_path)
            found.rarity = found.weight
            found.weight *= boost
        self._kept(found)
        found.negated = not positive
        if positive and not part_of_near:
            self._atoms.append(found)
            if known_here := self._wanted.get(id(found)):
                self._leaves.append(known_here)
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
            if like := self._words_like(node.text):
                self._know(atom, like)
            return atom
        if isinstance(node, ast.Fuzzy):
            from codelode.search.boolean.fuzzy import FuzzyFinder

            fuzzy = FuzzyFinder(node.text, node.distance)
            typos = Typos(fuzzy.word, node.distance, USUAL_WEIGHT)
            # The word itself, where it occurs, before words like it.
            known = global_weight(self._snapshot, BODY, fuzzy.word)
            wanted = AnyOf((Term(fuzzy.word, known), typos)) if known else typos
            self._words.append(node.text)
            atom = TextAtom(
                self._number(),
                self._step(node, "words with typos"),
                fuzzy,
                _with_word(typos),
                rank=6,
                most=self._most,
            )
            atom.weight = USUAL_WEIGHT
            self._know(atom, wanted)
            return atom
        return self._special(node, languages)

    def _words_like(self, text: str) -> Wanted | None:
        """What the word index can be asked for a wildcard: each of its words, as far as they are spelled out."""
        known: list[Wanted] = []
        for part in re.findall(r"[a-z0-9*?]+", re.sub(r"\\.", " ", text.lower())):
            spelled = re.sub(r"[*?]", "", part)
            if part == spelled and (weight := global_weight(self._snapshot, BODY, part)):
                known.append(Term(part, weight))
            elif part[0] not in "*?" and len(spelled) >= LEAST_SPELLED:
                known.append(wildcard(part, USUAL_WEIGHT))
        return known[0] if len(known) == 1 else AllOf(tuple(known)) if known else None

    def _special(self, node: ast.Node, languages: frozenset[str]) -> Atom:
        # Each kind loads what it needs: a query of words does not pay for parsers.
        if isinstance(node, ast.Pattern):
            from codelode.search.boolean.patterns import PatternFinder

            pattern = PatternFinder(node.source, CASE[self._query.case], self._budget)
            step = self._step(node, f"trigrams {describe(pattern.tree)}")
            atom = TextAtom(self._number(), step, pattern, pattern.candidates, rank=8, most=self._most)
            weights = [global_weight(self._snapshot, BODY, word) for word in pattern.words]
            terms = [
                Term(word, weight) for word, weight in zip(pattern.words, weights, strict=True) if weight
            ]
            if terms:
                self._know(atom, terms[0] if len(terms) == 1 else AllOf(tuple(terms)))
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
        atom.weight = USUAL_WEIGHT
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
            lambda part, within: files_with_all(trees, part, within),
            in_path=in_path,
            likely=likely,
            most=self._most,
        )
        atom.weight = sum(weights) or USUAL_WEIGHT
        if words and all(weights):
            rarest = max(range(len(words)), key=weights.__getitem__)
            if len(words) == 1 or weights[rarest] < LEAST_WEIGHT:
                self._know(atom, Term(words[rarest], weights[rarest]))
            else:
                self._know(atom, InRow(tuple(words), slop * (len(words) - 1)))
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
        return len(self._nodes)

    def _kept(self, node: Node) -> Node:
        self._nodes.append(node)
        return node

    def _know(self, node: Node, wanted: Wanted) -> None:
        self._wanted[id(node)] = wanted


def _with_word(wanted: Wanted) -> Callable[[OpenSegment, Mask], Mask]:
    """The files that have such a word in a chunk."""

    def candidates(part: OpenSegment, within: Mask) -> Mask:
        found = np.zeros(len(part.files), bool)
        if within.any():
            found[part.chunks.files[part.terms.every(BODY, wanted)]] = True
        return found

    return candidates


def _close_by(known: Sequence[Wanted], distance: int) -> Wanted | None:
    """What is asked for two atoms near each other: their words in either order with room between, where each is one."""
    if len(known) < 2:
        return known[0] if known else None
    one, other = known
    if not (isinstance(one, Term) and isinstance(other, Term)) or one.text == other.text:
        return AllOf((one, other))
    weight = one.weight + other.weight
    return AnyOf(
        tuple(
            InRow(words, distance - 1, weight) for words in ((one.text, other.text), (other.text, one.text))
        )
    )
