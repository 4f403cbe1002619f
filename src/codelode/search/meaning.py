"""What a query means: its vector, and words related to its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from codelode.errors import EmbedderError
from codelode.model import SearchStats

if TYPE_CHECKING:
    from codelode.embed.embedder import Embedder
    from codelode.search.gist import Encode
    from codelode.search.question import Vector
    from codelode.search.snapshot import Snapshot


NO_EMBEDDER = 'this needs vectors, and the settings say embedder = "none"; "bundled" needs nothing installed'


class Meaning:
    """The embedder of an index, asked when a query first needs it."""

    def __init__(self, embedder: Callable[[], Embedder | None]) -> None:
        """`embedder` gives None when the settings want none; it raises EmbedderError when it cannot be had."""
        self._embedder = embedder

    def vector(self, query: str, stats: SearchStats) -> Vector | None:
        """The unit vector of `query`; None without an embedder, or with one that does not answer, which `stats` then
        notes: a search by words goes on without."""
        try:
            embedder = self._embedder()
            return None if embedder is None else embedder.encode_queries([query])[0]
        except EmbedderError as exc:
            stats.notes.append(f"searched without vectors: {exc}")
            return None

    def encoder(self) -> Encode | None:
        """What makes vectors of short pieces of code while a search waits; None without an embedder cheap enough."""
        embedder = self._embedder()
        return embedder.encode_texts if embedder is not None and embedder.inline else None

    def must_vector(self, query: str) -> Vector:
        """The same, but EmbedderError without an embedder that answers."""
        embedder = self._embedder()
        if embedder is None:
            raise EmbedderError(NO_EMBEDDER)
        vector: Vector = embedder.encode_queries([query])[0]
        return vector

    def must_text_vector(self, text: str) -> Vector:
        """The unit vector of a piece of code; raises EmbedderError."""
        embedder = self._embedder()
        if embedder is None:
            raise EmbedderError(NO_EMBEDDER)
        vector: Vector = embedder.encode_texts([text])[0]
        return vector

    @staticmethod
    def related(word: str) -> Sequence[tuple[str, float]]:
        """Words that mean nearly the same as `word` in code, with their closeness."""
        from codelode.embed import lexicon

        return lexicon.bundled().related(word)


def note_missing(snapshot: Snapshot, stats: SearchStats) -> None:
    """Note when chunks wait for their vectors, as after a change of the embedder."""
    missing = snapshot.chunks - snapshot.embedded_chunks
    if missing:
        stats.notes.append(
            f"{missing} of {snapshot.chunks} chunks have no vectors yet; `codelode embed` makes them"
        )
