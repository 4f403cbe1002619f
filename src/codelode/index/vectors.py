"""The vectors of a segment's chunks: int8 codes and sign bits, by chunk ordinal.

The Hamming distance of the sign bits estimates the angle between two vectors (Charikar, Similarity Estimation
Techniques from Rounding Algorithms, STOC 2002): it finds candidates at 32 bytes a chunk, and the codes order them.
Nothing is copied: a search reads all bits, and the codes of some thousand chunks.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.store.columns import ColumnFile, write_columns

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Distances = npt.NDArray[np.uint16]
Bits = npt.NDArray[np.uint64]

NEVER = np.uint16(0xFFFF)
"""Distance of a chunk that is masked, or has no vector."""

BLOCK = 32_768
"""Chunks whose distances are computed at a time: 256 KB of bits and as much scratch stay in a core's cache (870 K
chunks of 256 bits: 3.5 ms; 5.2 ms at 4,096 for numpy's cost a call)."""

RESCORED_BYTES = 256 << 10
"""Codes multiplied at a time.  BLAS takes threads for products from some 400 KB on, and waiting for them makes 0.3 ms
of one 4,000 x 256 into 12 ms on a busy machine."""


QUERY_STEPS = 511
"""A query's components are whole numbers up to this while they are multiplied."""


def sign_bits(vectors: Floats) -> Bits:
    """The signs of `vectors` (f32[n, dims]): u64[n, dims / 64 rounded up], bit i % 64 of word i // 64 set where
    component i is positive, the last word filled up with zeros."""
    words = -(-vectors.shape[1] // 64)
    packed = np.zeros((len(vectors), words * 8), np.uint8)
    bits = np.packbits(vectors > 0, axis=1, bitorder="little")
    packed[:, : bits.shape[1]] = bits
    return packed.view("<u8")


class VectorsWriter:
    """Collects vectors in the order of the chunks."""

    def __init__(self, dims: int) -> None:
        self._dims = dims
        self._codes: list[npt.NDArray[np.int8]] = []
        self._scales: list[Floats] = []
        self._bits: list[Bits] = []
        self._has: list[npt.NDArray[np.uint8]] = []

    def add(self, vectors: Floats, has: npt.NDArray[np.bool_] | None = None) -> None:
        """Add the vectors (f32[n, dims]) of the next n chunks, rows of length 1 or of zeros.

        `has` says which chunks have been embedded at all; None for every one."""
        highest = np.abs(vectors).max(axis=1, initial=0)
        steps = 127 / np.maximum(highest, np.float32(1e-30))
        codes = np.rint(vectors * steps[:, None]).astype(np.int8)
        # The code's own length, not the step, divides: a vector is of length 1 again after rounding.
        lengths = np.sqrt(np.einsum("ij,ij->i", codes, codes, dtype=np.float32))
        self._codes.append(codes.ravel())
        self._scales.append((1 / np.maximum(lengths, 1)).astype(np.float32))
        self._bits.append(sign_bits(vectors))
        self._has.append(np.ones(len(vectors), np.uint8) if has is None else has.astype(np.uint8))

    def write(self, path: Path, embedder: str) -> None:
        """Write the file; `embedder` is the fingerprint of what made the vectors.  Raises StorageError."""
        none = np.empty((0, -(-self._dims // 64)), np.uint64)
        bits = np.concatenate([none, *self._bits])
        columns: dict[str, Any] = {
            "bits": bits.T.ravel(),
            "codes": [np.empty(0, np.int8), *self._codes],
            "scales": [np.empty(0, np.float32), *self._scales],
            "has": [np.empty(0, np.uint8), *self._has],
        }
        write_columns(path, "vectors", columns, {"embedder": embedder, "dims": self._dims})


class VectorTable:
    """The vectors of a segment, by chunk ordinal."""

    def __init__(self, path: Path, load_bytes: int = 0) -> None:
        """Open `path`; raises as `ColumnFile` does.  A file of at most `load_bytes` is read into memory, any other is
        mapped."""
        file = ColumnFile(path, "vectors")
        self.embedder: str = file.meta["embedder"]
        """fingerprint of the embedder that made them"""
        self.dims: int = file.meta["dims"]
        columns = {name: file.column(name) for name in ("bits", "codes", "scales", "has")}
        self.loaded = sum(column.nbytes for column in columns.values()) <= load_bytes
        """whether they are in memory rather than mapped"""
        if self.loaded:
            columns = {name: column.copy() for name, column in columns.items()}
        self._scales: Floats = columns["scales"]
        self._codes: npt.NDArray[np.int8] = columns["codes"].reshape(len(self), self.dims)
        self._bits: Bits = columns["bits"].reshape(-1, len(self)) if len(self) else columns["bits"]
        self.has: npt.NDArray[np.bool_] = columns["has"].view(np.bool_)
        """which chunks have been embedded"""
        self._missing = None if self.has.all() else ~self.has

    def __len__(self) -> int:
        return self._scales.size

    @property
    def complete(self) -> bool:
        """Whether every chunk has been embedded."""
        return self._missing is None

    @property
    def codes(self) -> npt.NDArray[np.int8]:
        """The codes of all chunks, i8[n, dims]: a vector but for its length."""
        return self._codes

    def distances(self, vector: Floats, mask: npt.NDArray[np.bool_] | None = None) -> Distances:
        """How many signs of each chunk's vector differ from those of `vector` (f32[dims]): u16[n]; `NEVER` for chunks
        that have none, or whose `mask` (bool[n]) is false."""
        out = np.zeros(len(self), np.uint16)
        signs = sign_bits(vector[None, :])[0]
        scratch = np.empty(BLOCK, np.uint64)
        counts = np.empty(BLOCK, np.uint8)
        for start in range(0, len(self), BLOCK):
            block = out[start : start + BLOCK]
            differ, count = scratch[: block.size], counts[: block.size]
            for column, sign in zip(self._bits, signs, strict=True):
                np.bitwise_xor(column[start : start + BLOCK], sign, out=differ)
                np.bitwise_count(differ, out=count)
                np.add(block, count, out=block)
        if self._missing is not None:
            out[self._missing] = NEVER
        if mask is not None:
            out |= mask.astype(np.uint16) - np.uint16(1)
        return out

    def scores(self, vector: Floats, rows: Rows) -> Floats:
        """The cosine between `vector` (f32[dims], of length 1) and the vectors of chunks `rows`: f32[len(rows)].

        The same for a chunk wherever it is stored: products of whole numbers are exact in whatever order they are
        added (9 bits of the query and 8 of a code over 256 dimensions fill the 24 of a float32)."""
        out = np.empty(len(rows), np.float32)
        step_of_query = max(float(np.abs(vector).max()), 1e-30) / QUERY_STEPS
        vector = np.rint(vector / step_of_query).astype(np.float32)
        step = max(RESCORED_BYTES // self.dims, 1)
        for start in range(0, len(rows), step):
            codes = self._codes.take(rows[start : start + step], axis=0).astype(np.float32)
            np.dot(codes, vector, out=out[start : start + step])
        out *= self._scales.take(rows) * np.float32(step_of_query)
        return out

    def vector(self, row: int) -> Floats:
        """The vector of chunk `row`: f32[dims], of length 1, or zeros."""
        vector: Floats = self._codes[row] * self._scales[row]
        return vector
