"""From the settings to an embedder."""

from __future__ import annotations

import os

from codelode.embed.embedder import Embedder
from codelode.settings import Settings


def choose(settings: Settings, root: str = os.curdir) -> Embedder | None:
    """The embedder of `settings`; None for ``none``.

    Relative folders count from `root`.  Raises EmbedderError, with what to do, when a package or the model's files are
    missing.  No model is loaded and no server asked."""
    kind, target = settings.embedder_parts
    # Each kind loads what it needs only.
    if kind == "none":
        return None
    if kind == "model2vec":
        from codelode.embed.model2vec import Model2VecEmbedder

        return Model2VecEmbedder(target, root, settings)
    if kind == "onnx":
        from codelode.embed.onnxmodel import OnnxEmbedder

        return OnnxEmbedder(target, root, settings)
    if kind == "sentence-transformers":
        from codelode.embed.sentences import SentenceEmbedder

        return SentenceEmbedder(target, root, settings)
    if kind == "openai":
        from codelode.embed.server import ServerEmbedder

        return ServerEmbedder(target, settings)
    from codelode.embed.bundle import BundledEmbedder

    return BundledEmbedder()
