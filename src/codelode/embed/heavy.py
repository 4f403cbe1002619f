"""What the embedders have in common that are too slow for a build: prefixes, unit rows, one load for all threads."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.embed.batching import BatchPolicy
from codelode.embed.embedder import EmbedderFacts, Vectors, check_dims, unit_rows
from codelode.errors import EmbedderError
from codelode.settings import Settings

UNKNOWN_FREE_BYTES = 2 << 30
"""Memory taken to be free where it cannot be asked for: what does not fit is halved anyway."""


class HeavyEmbedder(ABC):
    """An embedder that runs in the background, batch by batch."""

    inline = False

    def __init__(self, settings: Settings) -> None:
        self._query_prefix, self._text_prefix = settings.embedder_query_prefix, settings.embedder_text_prefix
        self._loading = threading.Lock()
        self._dims = 0

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Names the vectors; nothing is loaded for it."""

    @abstractmethod
    def facts(self) -> EmbedderFacts:
        """What it is and where it runs; loads the model or asks the server."""

    @abstractmethod
    def new_policy(self) -> BatchPolicy:
        """How to batch texts for it; loads the model."""

    @abstractmethod
    def _encode(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.floating[Any]]:
        """Vectors [n, dims] of texts that have their prefix, of any length."""

    @property
    def dims(self) -> int:
        """Length of a vector; found out with a first text."""
        if not self._dims:
            self.encode_queries(["dimensions"])
        return self._dims

    def expect(self, dims: int) -> None:
        """From now on vectors of other dimensions are an error; 0 expects nothing."""
        self._dims = dims

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""
        return self._checked([self._query_prefix + text for text in texts], query=True)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of chunks."""
        return self._checked([self._text_prefix + text for text in texts], query=False)

    def _checked(self, texts: list[str], *, query: bool) -> Vectors:
        # Bytes of a command line that are no UTF-8 reach us as lone surrogates, which no tokenizer takes.
        found = self._encode([text.encode("utf-8", "replace").decode() for text in texts], query=query)
        if found.ndim != 2 or len(found) != len(texts):
            raise EmbedderError(f"{self.fingerprint}: vectors of shape {found.shape} for {len(texts)} texts")
        self._dims = check_dims(self._dims, found.shape[1])
        if not np.isfinite(found).all():
            raise EmbedderError(f"{self.fingerprint}: vectors that hold no numbers")
        return unit_rows(found)


def free_memory() -> int:
    """Bytes of memory that programs can still have on this machine."""
    if sys.platform == "linux":
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return UNKNOWN_FREE_BYTES


_NO_MEMORY = (
    "allocate memory",
    "out of memory",
    "not enough memory",
    "bad_alloc",
    "alloc_failed",
    "bad allocation",
)
"""What ONNX Runtime, PyTorch and their libraries say, in lower case, when a device's memory does not suffice: they have
no common type for it."""


def is_out_of_memory(exc: Exception) -> bool:
    """Whether `exc` of a library says that memory does not suffice."""
    return any(part in str(exc).lower() for part in _NO_MEMORY)
