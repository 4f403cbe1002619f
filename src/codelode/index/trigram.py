"""The trigram index of a segment: which files contain a trigram.

The unit is a *block*: a file, or a piece of one that is larger than 64 KB, cut between lines.  A match lies in one
line, so that all its trigrams are in one block: a 10 MB header no longer has every trigram there is, and of a large
file only the blocks that can match are read.

Keys ascend; the list of key ``i`` fills uint16 units ``offsets[i]`` to ``offsets[i + 1]`` of ``postings``.  A list
holds block numbers, ascending, unless it would be as long as a bitmap of all blocks: then it is that bitmap (bit
``b & 7`` of byte ``b >> 3``).  So the length alone tells which it is, and no list is longer than blocks / 16 units.
On the Linux tree that is 1.0 byte a posting.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from codelode.errors import CorruptIndexError
from codelode.sharing import once
from codelode.store.columns import ColumnFile, write_columns
from codelode.text import trigrams

Ordinals = npt.NDArray[np.int64]
Blocks = npt.NDArray[np.int64]

GROUP_BYTES = 128 << 10
"""Texts are taken apart this many bytes at a time: the keys are four times that and still fit the cache."""

PAIRS_AT_A_TIME = 3_000_000
"""(trigram, block) pairs sorted at once: 24 MB of uint64, which bounds what `TrigramWriter.write` adds to memory."""


BLOCK_BYTES = 64 << 10

Place = tuple[int, int, int]
"""first byte, end byte (-1: the file's end), and 1-based first line of a block in its file's text"""


class TrigramWriter:
    """Collects the trigrams of files in ordinal order, then writes the index."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._pending = 0
        self._keys: list[npt.NDArray[np.uint32]] = []
        self._counts: list[npt.NDArray[np.int64]] = []
        self._owners: list[int] = []
        self._starts: list[int] = []
        self._lines: list[int] = []

    @property
    def blocks(self) -> int:
        """How many blocks were added; their numbers are uint16."""
        return len(self._owners)

    def add(self, ordinal: int, text: bytes) -> None:
        """Add the text of the file `ordinal`; ordinals ascend."""
        start, line = 0, 1
        for block in _blocks(text):
            self._owners.append(ordinal)
            self._starts.append(start)
            self._lines.append(line)
            if len(block) < len(text):
                start += len(block)
                line += block.count(b"\n")
            self._texts.append(block)
            self._pending += len(block)
            if self._pending >= GROUP_BYTES:
                self._flush_group()

    def write(self, path: Path) -> None:
        """Write the column file `path` and drop what was collected."""
        self._flush_group()
        parts = [_invert(keys, blocks, self.blocks) for keys, blocks in self._partitions()]
        self._keys, self._counts = [], []
        offsets = np.zeros(sum(part[0].size for part in parts) + 1, np.uint32)
        np.cumsum(np.concatenate([part[1] for part in parts]), out=offsets[1:])
        columns = {
            "keys": np.concatenate([part[0] for part in parts]),
            "offsets": offsets,
            "postings": np.concatenate([part[2] for part in parts]),
            "owners": np.array(self._owners, np.uint16),
            "starts": np.array(self._starts, np.uint32),
            "lines": np.array(self._lines, np.uint32),
        }
        write_columns(path, "trigrams", columns)

    def _partitions(self) -> Iterator[tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]]:
        """All (key, block) pairs in ranges of keys, about `PAIRS_AT_A_TIME` each, ranges in key order."""
        pairs = sum(keys.size for keys in self._keys)
        ranges = max(1, -(-pairs // PAIRS_AT_A_TIME))
        sample = np.sort(np.concatenate([keys[::64] for keys in self._keys] or [np.empty(0, np.uint32)]))
        borders = sample[np.arange(1, ranges) * sample.size // ranges].astype(np.uint64)
        cuts = [_cuts(keys, counts, borders) for keys, counts in zip(self._keys, self._counts, strict=True)]
        for i in range(ranges):
            pieces = [
                keys[start:end]
                for keys, cut in zip(self._keys, cuts, strict=True)
                for start, end in cut[:, i : i + 2].tolist()
            ]
            sizes = [piece.size for piece in pieces]
            yield (
                np.concatenate([*pieces, np.empty(0, np.uint32)]),
                np.repeat(np.arange(self.blocks, dtype=np.uint16), sizes),
            )

    def _flush_group(self) -> None:
        if self._texts:
            keys, counts = trigrams.extract(self._texts)
            self._keys.append(keys)
            self._counts.append(counts)
            self._texts, self._pending = [], 0


def _blocks(text: bytes) -> list[bytes]:
    """`text` in pieces of about `BLOCK_BYTES`, cut behind newlines; a longer line stays whole."""
    if len(text) <= BLOCK_BYTES:
        return [text]
    blocks = []
    start = 0
    while start < len(text):
        end = text.find(b"\n", min(start + BLOCK_BYTES, len(text)) - 1) + 1 or len(text)
        blocks.append(text[start:end])
        start = end
    return blocks


def _cuts(
    keys: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64], borders: npt.NDArray[np.uint64]
) -> npt.NDArray[np.int64]:
    """Where each block's keys (`counts` of them, laid end to end) pass each border: a row a block, from the
    block's first key to its last."""
    blocks = np.arange(counts.size, dtype=np.uint64) << np.uint64(24)
    composite = np.repeat(blocks, counts) | keys  # ascending over the whole group
    limits = np.concatenate(
        [blocks[:, None], blocks[:, None] | borders, blocks[:, None] + np.uint64(1 << 24)], axis=1
    )
    return np.searchsorted(composite, limits)


def _invert(
    keys: npt.NDArray[np.uint32], ordinals: npt.NDArray[np.uint16], files: int
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64], npt.NDArray[np.uint16]]:
    """Distinct keys (uint32), units of each list (int64), postings (uint16) of some pairs."""
    pairs = keys.astype(np.uint64)
    pairs <<= np.uint64(16)
    pairs |= ordinals
    pairs.sort()
    ordinals = pairs.astype(np.uint16)  # the lower 16 bits
    pairs >>= np.uint64(16)
    keys = pairs.astype(np.uint32)
    del pairs
    opens = np.ones(keys.size, bool)
    np.not_equal(keys[1:], keys[:-1], out=opens[1:])
    first = np.flatnonzero(opens)
    counts = np.diff(first, append=keys.size)
    units = _bitmap_units(files)
    dense = counts >= units
    lengths = np.where(dense, units, counts)
    postings = np.empty(int(lengths.sum()), np.uint16)
    in_dense_list = np.repeat(dense, counts)
    in_bitmap = np.repeat(dense, lengths)
    postings[~in_bitmap] = ordinals[~in_dense_list]
    postings[in_bitmap] = _bitmaps(ordinals[in_dense_list], counts[dense], units)
    return keys[first], lengths, postings


def _bitmap_units(files: int) -> int:
    return -(-files // 16)


def _bitmaps(
    ordinals: npt.NDArray[np.uint16], counts: npt.NDArray[np.int64], units: int
) -> npt.NDArray[np.uint16]:
    """Lists of `counts` ordinals each, laid end to end, as bitmaps of `units` uint16 laid end to end."""
    rows_at_a_time = max(1, (8 << 20) // max(units * 16, 1))  # the scatter works on one byte a bit: 8 MB
    ends = np.concatenate([[0], np.cumsum(counts)])
    packed = [np.empty(0, np.uint8)]
    for row in range(0, counts.size, rows_at_a_time):
        some = counts[row : row + rows_at_a_time]
        bits = np.zeros((some.size, units * 16), np.uint8)
        bits[np.repeat(np.arange(some.size), some), ordinals[ends[row] : ends[row + some.size]]] = 1
        packed.append(np.packbits(bits, axis=1, bitorder="little").ravel())
    return np.concatenate(packed).view("<u2")


_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


class TrigramReader:
    """Reads the trigram index of one segment."""

    def __init__(self, path: Path) -> None:
        file = ColumnFile(path, "trigrams")
        self._owners: npt.NDArray[np.uint16] = file.column("owners")
        self._starts: npt.NDArray[np.uint32] = file.column("starts")
        self._lines: npt.NDArray[np.uint32] = file.column("lines")
        self.blocks = self._owners.size
        self._keys: npt.NDArray[np.uint32] = file.column("keys")
        self._offsets: npt.NDArray[np.uint32] = file.column("offsets")
        self._postings: npt.NDArray[np.uint16] = file.column("postings")
        self._bitmap_units = _bitmap_units(self.blocks)
        self._path = path

    def containing_all(self, keys: npt.NDArray[np.uint32]) -> Blocks:
        """Blocks (int64, ascending) that contain every trigram of `keys` (uint32); all blocks for no keys."""
        if not keys.size:
            return np.arange(self.blocks)
        if not self._keys.size:
            return np.empty(0, np.int64)
        slots = np.searchsorted(self._keys, keys)
        slots[slots == self._keys.size] = 0
        if not np.array_equal(self._keys[slots], keys):
            return np.empty(0, np.int64)
        starts, ends = self._offsets[slots], self._offsets[slots + 1]
        # Shortest list first: the intersection never grows beyond it.
        order = np.argsort(ends - starts, kind="stable").tolist()
        first = order[0]
        if int(ends[first]) - int(starts[first]) == self._bitmap_units:
            bits = self._postings[starts[first] : ends[first]].copy()
            for i in order[1:]:
                bits &= self._postings[starts[i] : ends[i]]
            return self._from_bitmap(bits)
        found = self._ordinals(int(starts[first]), int(ends[first]))
        for i in order[1:]:
            if not found.size:
                break
            found = found[self._contains(int(starts[i]), int(ends[i]), found)]
        return found

    def containing_any_in(self, first: int, last: int) -> Blocks:
        """Blocks (int64, ascending) that contain any trigram from `first` to `last`, inclusive."""
        begin, end = np.searchsorted(self._keys, [first, last + 1]).tolist()
        lists = [self._ordinals(int(self._offsets[i]), int(self._offsets[i + 1])) for i in range(begin, end)]
        return np.unique(np.concatenate(lists)) if lists else np.empty(0, np.int64)

    def files_of(self, blocks: Blocks) -> tuple[Ordinals, list[Blocks | None]]:
        """The files that `blocks` (ascending) are of: ordinals (int64, ascending, distinct), and for each its
        blocks among `blocks`, None for a file of one block."""
        owners = self._owners[blocks].astype(np.int64)
        first = np.flatnonzero(np.diff(owners, prepend=-1))
        files = owners[first]
        own: list[Blocks | None] = [None] * files.size
        for i in np.flatnonzero(self._blocks_each[files] > 1).tolist():
            end = first[i + 1] if i + 1 < first.size else blocks.size
            own[i] = blocks[first[i] : end]
        return files, own

    def owners(self, blocks: Blocks) -> npt.NDArray[np.uint16]:
        """The ordinal of each block's file."""
        return self._owners[blocks]

    def blocks_of(self, ordinal: int) -> range:
        """The blocks of a file."""
        # Numbers of another type than the column's own would make numpy copy the whole column first.
        wanted = self._owners.dtype.type(ordinal)
        first, last = (int(np.searchsorted(self._owners, wanted, side)) for side in _SIDES)
        return range(first, last)

    def place(self, block: int) -> Place:
        """Where `block` lies in its file."""
        after = block + 1
        inner = after < self.blocks and self._owners[after] == self._owners[block]
        end = int(self._starts[after]) if inner else -1
        return int(self._starts[block]), end, int(self._lines[block])

    @once
    def _blocks_each(self) -> npt.NDArray[np.int64]:
        return np.bincount(self._owners)

    def _contains(self, start: int, end: int, wanted: Blocks) -> npt.NDArray[np.bool_]:
        stored = self._postings[start:end]
        if end - start == self._bitmap_units:
            bit: npt.NDArray[np.bool_] = (stored[wanted >> 4] >> (wanted & 15).astype(np.uint16)) & 1 != 0
            return bit
        slots = np.searchsorted(stored, wanted.astype(np.uint16))
        slots[slots == stored.size] = 0
        present: npt.NDArray[np.bool_] = stored[slots] == wanted
        return present

    def _ordinals(self, start: int, end: int) -> Blocks:
        stored = self._postings[start:end]
        if end - start == self._bitmap_units:
            return self._from_bitmap(stored)
        found = stored.astype(np.int64)
        if found.size and (found[-1] >= self.blocks or found[0] > found[-1]):
            raise CorruptIndexError(
                f"{self._path}: impossible posting; `codelode index --rebuild` repairs it"
            )
        return found

    def _from_bitmap(self, bits: npt.NDArray[np.uint16]) -> Blocks:
        unpacked = np.unpackbits(bits.view(np.uint8), bitorder="little", count=self.blocks)
        return np.flatnonzero(unpacked)
