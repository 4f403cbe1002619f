"""What every embedder is: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from codelode.errors import EmbedderError

if TYPE_CHECKING:
    from codelode.embed.batching import BatchPolicy

Vectors = npt.NDArray[np.float32]
"""f32[n, dims], rows of length 1 (or of zeros, for a text without a known word)"""


@dataclass(frozen=True, slots=True)
class EmbedderFacts:
    """What a person wants to know about an embedder."""

    model: str
    """its folder, name or address"""
    device: str
    """what computes: cpu, cuda:0, mps, a provider of ONNX Runtime, or a server"""
    why: str
    """why no faster device is used; "" when one is, or none is worth it"""
    dims: int
    model_bytes: int
    """size of its weights; 0 when not known"""


class Embedder(Protocol):
    """Makes vectors of texts.  Nothing is loaded, and no server asked, before it is needed.

    All methods raise EmbedderError when the model cannot be loaded or the server does not answer well, and
    `encode_texts` MemoryError when the device cannot hold so many texts at once."""

    @property
    def fingerprint(self) -> str:
        """Names the vectors: another model, or another way to use it, has another.  Letters, digits, ``-`` and ``.``;
        cheap, nothing is loaded for it."""

    @property
    def dims(self) -> int:
        """Length of a vector."""

    @property
    def inline(self) -> bool:
        """Whether it is cheap enough to run while a segment is built."""

    def expect(self, dims: int) -> None:
        """From now on vectors of other dimensions are an EmbedderError; 0 expects nothing."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of questions."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Vectors of chunks of code."""

    def new_policy(self) -> BatchPolicy:
        """How many texts to give at once, to begin with; loads the model."""

    def facts(self) -> EmbedderFacts:
        """What it is and where it runs; loads the model or asks the server."""


def check_dims(before: int, now: int) -> int:
    """`now`, the dimensions of new vectors; raises EmbedderError unless `before`, those of old ones, are the same or 0
    (there are none)."""
    if before and now != before:
        raise EmbedderError(
            f"the embedder gave {before} dimensions before, and {now} now: its model was changed behind its name; "
            "give it another one, or remove the folder `embeddings` of the index"
        )
    return now


def unit_rows(vectors: npt.NDArray[np.floating[Any]]) -> Vectors:
    """`vectors` [n, dims] as f32 with rows of length 1; a row of zeros stays."""
    rows: Vectors = np.asarray(vectors, np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    lengths[lengths == 0] = 1
    units: Vectors = rows / lengths[:, None]
    return units
