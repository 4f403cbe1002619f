"""Vectors that were made before: by the hash of the text as embedded, and the embedder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xxhash

from codelode.embed.batching import BatchPolicy, encode_in_batches
from codelode.embed.embedder import Embedder, Vectors, check_dims, unit_rows
from codelode.store.vectorcache import VectorCache

_SCALE_BYTES = 4


class CachedEmbedding:
    """Encodes texts, each distinct one once, and those that the cache holds not at all."""

    def __init__(self, embedder: Embedder, cache: VectorCache, dims: int = 0) -> None:
        """`cache` is read and added to; `dims` is what vectors made before have, 0 when there are none."""
        self._embedder, self._cache, self._dims = embedder, cache, dims
        self._policy: BatchPolicy | None = None
        self._prefix = embedder.fingerprint.encode() + b"\0"
        self.computed = 0
        """texts that the embedder was given"""

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """The vectors of `texts` as they become known: numbers of texts, and a row for each.

        What is given is in the cache already.  Raises EmbedderError, StorageError."""
        keys = [self._key(text) for text in texts]
        places: dict[bytes, list[int]] = {}
        for number, key in enumerate(keys):
            places.setdefault(key, []).append(number)
        known = self._cache.find(list(places))
        if known:
            for packed in known.values():
                self._dims = check_dims(self._dims, len(packed) - _SCALE_BYTES)
            numbers = [number for key in known for number in places[key]]
            yield numbers, _unpack([known[keys[number]] for number in numbers], self._dims)
        missing = [key for key in places if key not in known]
        if not missing:
            return
        if self._policy is None:
            self._policy = self._embedder.new_policy()
        wanted = [texts[places[key][0]] for key in missing]
        for batch, vectors in encode_in_batches(wanted, self._embedder.encode_texts, self._policy):
            self._dims = check_dims(self._dims, vectors.shape[1])
            self.computed += len(batch)
            self._cache.keep({missing[at]: _pack(row) for at, row in zip(batch, vectors, strict=True)})
            copies = [(number, row) for row, at in enumerate(batch) for number in places[missing[at]]]
            yield [number for number, _ in copies], vectors[[row for _, row in copies]]

    def _key(self, text: str) -> bytes:
        digest: bytes = xxhash.xxh3_128_digest(self._prefix + text.encode("utf-8", "surrogatepass"))
        return digest


def _pack(row: Vectors) -> bytes:
    """A vector in a byte a dimension, and its scale."""
    scale = np.float32(max(float(np.abs(row).max(initial=0)), 1e-30) / 127)
    return b"".join((scale.tobytes(), np.rint(row / scale).astype(np.int8).tobytes()))


def _unpack(packed: Sequence[bytes], dims: int) -> Vectors:
    scales = np.frombuffer(b"".join(one[:_SCALE_BYTES] for one in packed), np.float32)
    codes = np.frombuffer(b"".join(one[_SCALE_BYTES:] for one in packed), np.int8).reshape(-1, dims)
    return unit_rows(codes * scales[:, None])
