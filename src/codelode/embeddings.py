"""The vectors of an `Index`: which embedder makes them, how many there are, and making those that are missing."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from codelode.asking import Asking
from codelode.errors import EmbedderError, UsageError
from codelode.store.lock import holder_of
from codelode.store.sidecars import EMBED_LOCK, LOG, embeddings_folder

if TYPE_CHECKING:
    from codelode.embed.embedder import Embedder
    from codelode.ingest.embedding import EmbedReport
    from codelode.ingest.report import Progress


@dataclass(frozen=True, slots=True)
class EmbeddingState:
    """How far the vectors of an index are."""

    embedder: str
    """as the settings say"""
    chunks: int
    """of files that are ranked"""
    embedded: int
    """of these, how many have a vector by this embedder"""
    job: str
    """process id of the job that makes vectors now; "" when there is none"""
    trouble: str
    """why the embedder cannot be used, or why the last job in the background ended early; "" when nothing is known"""

    def to_json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


class Embeddings(Asking):
    """What `Index` can do with vectors."""

    location: str

    def __init__(self) -> None:
        super().__init__()
        self._choosing = threading.Lock()
        self._chosen: Embedder | Literal[False] | None = False

    def embedder(self) -> Embedder | None:
        """The embedder of the settings, made once; None when they want none.  Raises EmbedderError."""
        with self._choosing:
            if self._chosen is False:
                from codelode.embed.choose import choose

                chosen = choose(self.settings, self.root)
                if chosen is not None and not chosen.inline:
                    from codelode.index.sidecars import dims_before

                    chosen.expect(dims_before(Path(self.location), chosen.fingerprint))
                self._chosen = chosen
            return self._chosen

    def embed(self, *, wait: bool = True, progress: Progress | None = None) -> EmbedReport:
        """Give vectors to all chunks that have none; searches use those that exist meanwhile.

        Can be stopped any time: the next call goes on.  `wait` false raises IndexLockedError when another process does
        it.  Raises IndexNotFoundError, EmbedderError, StorageError, and UsageError when the settings want no embedder.
        """
        from codelode.ingest.embedding import embed
        from codelode.ingest.report import no_progress

        self._with_snapshot(lambda snapshot: snapshot.generation)
        embedder = self.embedder()
        if embedder is None:
            raise UsageError('there is nothing to embed with: the settings say embedder = "none"')
        location = Path(self.location)
        report = embed(
            self.root, location, self.settings, embedder, wait=wait, progress=progress or no_progress
        )
        (embeddings_folder(location) / LOG).unlink(missing_ok=True)  # what ended an earlier job is over
        return report

    def embedding_state(self) -> EmbeddingState:
        """How many chunks have vectors, and whether a job makes more.  Raises IndexNotFoundError."""
        folder = embeddings_folder(Path(self.location))
        try:
            self._fingerprint()
            trouble, known = "", True
        except EmbedderError as exc:
            trouble, known = str(exc), False
        chunks, embedded = self._with_snapshot(
            lambda snapshot: (snapshot.chunks, snapshot.embedded_chunks if known else 0)
        )
        job = holder_of(folder / EMBED_LOCK)
        if not trouble and not job and embedded < chunks:
            trouble = last_line(folder / LOG)
        return EmbeddingState(self.settings.embedder, chunks, embedded, job, trouble)

    def _fingerprint(self) -> str:
        """Names the vectors that searches use; "" for none.  Raises EmbedderError."""
        embedder = self.embedder()
        return embedder.fingerprint if embedder else ""


def last_line(log: Path) -> str:
    """What the last job in the background said at its end; "" for nothing."""
    try:
        lines = log.read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1].removeprefix("codelode: ") if lines else ""
