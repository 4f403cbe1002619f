"""The model that comes with codelode, as an embedder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from codelode.embed.batching import BatchPolicy
from codelode.embed.embedder import EmbedderFacts, Vectors
from codelode.embed.static import StaticModel, bundled
from codelode.sharing import once

MOST_TEXTS, MOST_BYTES = 4096, 8 << 20
"""What is encoded at once; more gains nothing."""


class BundledEmbedder:
    """Static vectors: no device, no package, loaded in milliseconds."""

    inline = True

    @once
    def _model(self) -> StaticModel:
        return bundled()

    @property
    def fingerprint(self) -> str:
        """Names the trained model."""
        return self._model.fingerprint

    @property
    def dims(self) -> int:
        """256"""
        return self._model.dims

    def expect(self, dims: int) -> None:
        """Nothing to do: its fingerprint has its own dimensions."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors by the weights of the query side."""
        return np.stack([self._model.encode_query(text) for text in texts])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors by the weights of the code side."""
        return self._model.encode_texts(list(texts))

    def new_policy(self) -> BatchPolicy:
        """Large batches at once."""
        return BatchPolicy(MOST_BYTES, MOST_TEXTS)

    def facts(self) -> EmbedderFacts:
        """What it is."""
        model = self._model
        return EmbedderFacts(model.name, "cpu", "", model.dims, model.path.stat().st_size)
