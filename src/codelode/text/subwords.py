"""Sub-words: split text to bags of rows of an embedding's table, whole batches of chunks at a time.

A *word* is a maximal run of ``[a-z0-9]`` or bytes from 0x80 on, of 2 to 32 bytes, in a text that
`tokens.split_identifiers` has split and that is lower-cased (ASCII).  A word of the vocabulary is its row.  Any
other, unless it is all digits, is its first eight character 4-grams, or itself where it is shorter, hashed into
*buckets*, rows behind the vocabulary (hashed n-grams: Bojanowski et al., Enriching Word Vectors with Subword
Information, 2017).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.text import tokens

Offsets = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Keys = npt.NDArray[np.unsignedinteger[Any]]
"""Of 32 bits, or of 64 for more chunks than 16 bits can number."""

LONGEST = 32
"""Longer words (hashes, keys) mean nothing."""

GRAM, MOST_GRAMS = 4, 8
"""Bytes of a character n-gram, and how many of them stand for a word: the first."""

MOST_TF = 2
"""A row that a chunk repeats counts twice at most."""

MOST_ROWS = 65_535
"""Rows of a table: of the keys by which rows are sorted, a chunk's number << 16 | row, they are the lower bits."""

PATH_PARTS = 3
"""The last parts of a file's path whose words belong to each of its chunks."""

_IN_WORD = bytes(48 <= byte < 58 or 97 <= byte < 123 or byte >= 128 for byte in range(256))
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
_NOT_DIGITS = np.uint64(0xC0C0_C0C0_C0C0_C0C0)
"""Bits that no digit of a word has and every other byte of it has one of."""
# Odd constants of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_HALF = np.uint64(32)


class Bags(NamedTuple):
    """Bags of rows, one a chunk, in compressed sparse rows: those of chunk i are at ``starts[i]:starts[i + 1]``."""

    starts: Offsets
    """int64[chunks + 1]"""
    rows: npt.NDArray[np.uint16]
    """distinct and ascending in a chunk"""
    counts: npt.NDArray[np.uint8]
    """how often, at most `MOST_TF`"""


def word_spans(split: bytes) -> tuple[Offsets, Offsets]:
    """Where the words of `split` start, ascending, and their lengths in bytes (2 to 32)."""
    inside = np.frombuffer(b"\0" + split.translate(_IN_WORD) + b"\0", np.uint8)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts = edges[::2]
    lengths = edges[1::2] - starts
    kept = (lengths > 1) & (lengths <= LONGEST)
    return starts[kept], lengths[kept]


def hashes(split: bytes, starts: Offsets, lengths: Offsets) -> Hashes:
    """A 64-bit hash of each word: the same bytes have the same hash everywhere, and it never changes."""
    return _hash(_padded(split), starts, lengths)


def _padded(split: bytes) -> bytes:
    return split + bytes(LONGEST)  # loads past the end read zeros


def _loads(padded: bytes, dtype: str) -> npt.NDArray[Any]:
    """Every integer of `dtype` in `padded`, one a byte, aligned or not."""
    size = np.dtype(dtype).itemsize
    return np.ndarray((len(padded) - size + 1,), dtype, padded, strides=(1,))


def _hash(padded: bytes, starts: Offsets, lengths: Offsets) -> Hashes:
    loads = _loads(padded, "<u8")
    found: Hashes = (loads[starts] & _MASKS.take(lengths, mode="clip")) * _MIX[0]
    found ^= found >> _HALF
    for done in range(8, LONGEST, 8):
        longer = np.flatnonzero(lengths > done)  # one word in forty is longer than 8 bytes
        if not longer.size:
            break
        more = loads[starts[longer] + done] & _MASKS.take(lengths[longer] - done, mode="clip")
        mixed = (found[longer] ^ more) * _MIX[1]
        found[longer] = mixed ^ (mixed >> _HALF)
    found *= _MIX[2]
    return found ^ (found >> _HALF)


def _grams(
    padded: bytes, starts: Offsets, lengths: Offsets, buckets: int
) -> tuple[npt.NDArray[np.intp], Offsets]:
    """Of words outside the vocabulary: (which of them, bucket) for each of their n-grams; none of digits alone."""
    loads = _loads(padded, "<u8")
    seen = np.zeros(len(starts), np.uint64)
    for done in range(0, LONGEST, 8):
        reaching = np.flatnonzero(lengths > done)
        rest = _MASKS.take(lengths[reaching] - done, mode="clip")
        seen[reaching] |= loads[starts[reaching] + done] & rest & _NOT_DIGITS
    numbers = np.where(seen != 0, np.clip(lengths - (GRAM - 1), 1, MOST_GRAMS), 0)
    words = np.repeat(np.arange(len(starts)), numbers)
    within = np.arange(len(words)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
    found = loads[starts[words] + within] & _MASKS.take(np.minimum(lengths, GRAM))[words]
    found *= _MIX[0]
    found ^= found >> _HALF
    found *= _MIX[1]
    placed = ((found >> _HALF) * np.uint64(buckets)) >> _HALF
    return words, placed.view(np.int64)


def gram_buckets(split: bytes, starts: Offsets, lengths: Offsets, buckets: int) -> list[list[int]]:
    """The buckets (0 to `buckets` - 1) of each word, in the order of its n-grams."""
    words, placed = _grams(_padded(split), starts, lengths, buckets)
    ends = np.searchsorted(words, np.arange(1, len(starts) + 1))
    return [part.tolist() for part in np.split(placed, ends[:-1])] if len(starts) else []


def path_text(path: str) -> bytes:
    """What a file's path adds to its chunks: the split words of its last three parts without the extension."""
    *folders, name = path.split("/")[-PATH_PARTS:]
    stem = name.rpartition(".")[0] or name
    return " ".join(word for part in (*folders, stem) for word in tokens.words(part)).encode()


def split_texts(texts: Sequence[bytes]) -> tuple[bytes, Offsets]:
    """UTF-8 texts, split, lower-cased and joined, and where each begins in the result."""
    joined = b"\n".join(texts)
    starts = np.cumsum([0, *(len(text) + 1 for text in texts)], dtype=np.int64)[:-1]
    borders = tokens.split_positions(joined)
    return tokens.split_identifiers(joined, borders).lower(), starts + np.searchsorted(borders, starts)


class Vocabulary:
    """Which row of the table a word is: the words of the vocabulary first, then the buckets."""

    SLOT_BITS = 18

    def __init__(self, vocabulary: Hashes, buckets: int) -> None:
        """`vocabulary`: the hash of the word of each row, distinct; at most 65,535 rows with the buckets.

        Most words are found in a table addressed by 18 bits of the hash (512 KB: it fits a core's cache); of two words
        with the same bits the first row, the more frequent word, has the slot, and the others are found by bisection.
        """
        self._hashes = np.ascontiguousarray(vocabulary, np.uint64)
        self.words, self.buckets = len(vocabulary), buckets
        if not vocabulary.size or self.words + buckets > MOST_ROWS:
            raise ValueError(f"{self.words} words and {buckets} buckets do not fit 65,535 rows")
        slots = self._slots(self._hashes)
        self._table = np.zeros(1 << self.SLOT_BITS, np.uint16)
        self._table[slots[::-1]] = np.arange(self.words - 1, -1, -1, dtype=np.uint16)
        late = np.flatnonzero(self._table[slots] != np.arange(self.words))
        order = np.argsort(self._hashes[late])
        self._late = late[order].astype(np.uint16)
        # Unknown words would all be looked for by bisection, but for another 16 bits of the hash.
        self._late_bits = np.zeros(1 << 16, np.bool_)
        self._late_bits[self._hashes[self._late].astype(np.uint16)] = True
        # One entry more, so that no bisection ends behind the array: what ends there is not row 0.
        self._late_hashes = self._hashes[self._late]
        self._late = np.append(self._late, np.uint16(0))

    def _slots(self, words: Hashes) -> Offsets:
        return (words >> np.uint64(64 - self.SLOT_BITS)).view(np.int64)

    def find(self, words: Hashes) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.intp]]:
        """The row of each hash, and which hashes are not in the vocabulary (the row of those means nothing)."""
        rows = self._table.take(self._slots(words))
        missing = np.flatnonzero(self._hashes.take(rows) != words)
        late = missing[self._late_bits.take(words[missing].astype(np.uint16))]
        rows[late] = self._late[np.searchsorted(self._late_hashes, words[late])]
        return rows, missing[self._hashes[rows[missing]] != words[missing]]

    def bags(
        self, split: bytes, starts: Offsets, paths: Sequence[bytes] = (), counts: Sequence[int] = ()
    ) -> Bags:
        """The bags of the chunks of `split` (split and lower-cased) that begin at `starts`, ascending; the first is 0.

        `paths` are the `path_text` of the files that the chunks belong to, `counts` how many chunks each has: the words
        of a path are added to the words of each of its chunks.
        """
        kind: type[np.unsignedinteger[Any]] = np.uint32 if len(starts) <= 1 << 16 else np.uint64
        keys = self._keys(split, starts, kind)
        if paths:
            path_starts = np.cumsum([0, *(len(path) + 1 for path in paths)], dtype=np.int64)[:-1]
            found = np.sort(self._keys(b"\n".join(paths), path_starts, kind))
            keys = np.concatenate((keys, _of_chunks(found, np.asarray(counts))))
        keys.sort()
        first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if keys.size else np.empty(0, np.intp)
        numbers = np.minimum(np.diff(first, append=keys.size), MOST_TF).astype(np.uint8)
        kept = keys[first]
        chunks = np.arange(len(starts) + 1, dtype=np.uint64) << np.uint64(16)
        return Bags(np.searchsorted(kept, chunks), kept.astype(np.uint16), numbers)

    def _keys(self, split: bytes, starts: Offsets, kind: type[np.unsignedinteger[Any]]) -> Keys:
        """Chunk number << 16 | row of each word or n-gram; the n-grams come last."""
        word_starts, lengths = word_spans(split)
        padded = _padded(split)
        rows, unknown = self.find(_hash(padded, word_starts, lengths))
        borders = np.searchsorted(word_starts, starts)
        numbers = np.diff(borders, append=len(word_starts))
        keys = np.repeat(np.arange(len(starts), dtype=kind) << kind(16), numbers)
        which, buckets = _grams(padded, word_starts[unknown], lengths[unknown], self.buckets)
        grams = keys[unknown[which]] | (buckets + self.words).astype(kind)
        keys |= rows
        return np.concatenate((np.delete(keys, unknown), grams))


def _of_chunks(keys: Keys, counts: npt.NDArray[np.int64]) -> Keys:
    """Sorted `keys` of files as keys of each of their chunks: file i has ``counts[i]``, numbered on."""
    kind = keys.dtype.type
    files = keys >> kind(16)
    copies = counts[files]
    firsts = (np.cumsum(counts) - counts)[files]
    out = np.repeat(keys & kind(0xFFFF), copies)
    within = np.arange(len(out)) - np.repeat(np.cumsum(copies) - copies, copies)
    chunks = np.repeat(firsts, copies) + within
    out |= chunks.astype(kind) << kind(16)
    return out
