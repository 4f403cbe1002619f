"""From the settings to an embedder."""

from __future__ import annotations

import os

from codelode.embed.embedder import Embedder
from codelode.errors import EmbedderError
from codelode.settings import Settings


def choose(settings: Settings, root: str = os.curdir) -> Embedder | None:
    """The embedder of `settings`; None for ``none``.

    Relative folders count from `root`.  Raises EmbedderError, with what to do, when a package or the model's files are
    missing.  No model is loaded and no server asked."""
    kind, _ = settings.embedder_parts
    if kind == "none":
        return None
    if kind == "bundled":
        from codelode.embed.bundle import BundledEmbedder

        return BundledEmbedder()
    raise EmbedderError(f"embedder {kind} is not part of this version")
