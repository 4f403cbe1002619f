"""The texts of chunks as embedders get them: a chunk alone does not say where it is from."""

from __future__ import annotations

from codelode.index.files import ChunkTable
from codelode.index.symbols import SymbolTable
from codelode.text.subwords import path_text

MOST_BYTES = 4096
"""Of a text: a chunk has 1,800 bytes, and more only where one line has."""

MOST_SIGNATURE = 200
"""Bytes of the line that says what a chunk is inside of."""


def chunk_range(chunks: ChunkTable, ordinal: int) -> range:
    """The numbers of the chunks of a file."""
    return chunks.of_head(ordinal, 1 << 32)


def plain_texts(path: str, text: bytes, chunks: ChunkTable, numbers: range) -> list[str]:
    """The chunks of a file for an embedder that counts words: those of the path first, as a build adds them."""
    head = path_text(path).decode("utf-8", "replace")
    return [f"{head}\n{body.decode('utf-8', 'replace')}" for body in _bodies(text, chunks, numbers)]


def full_texts(
    path: str, ordinal: int, text: bytes, chunks: ChunkTable, numbers: range, symbols: SymbolTable
) -> list[str]:
    """The chunks of a file for an embedder that reads: path, the line of the definition around the chunk, the chunk."""
    found = []
    for number, body in zip(numbers, _bodies(text, chunks, numbers), strict=True):
        head = path.encode("utf-8", "replace")
        around = _around(ordinal, text, int(chunks.starts[number]), symbols)
        parts = (head, around, body) if around else (head, body)
        found.append(b"\n".join(parts)[:MOST_BYTES].decode("utf-8", "ignore"))
    return found


def _bodies(text: bytes, chunks: ChunkTable, numbers: range) -> list[bytes]:
    starts = [int(chunks.starts[number]) for number in numbers]
    ends = [*starts[1:], len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _around(ordinal: int, text: bytes, start: int, symbols: SymbolTable) -> bytes:
    """The first line of the innermost definition that holds the byte `start` and begins before it; "" for none."""
    row = symbols.enclosing_byte(ordinal, start)
    while row >= 0 and symbols.starts[row] >= start:
        row = symbols.parents[row]
    if row < 0:
        return b""
    line, _, _ = text[symbols.starts[row] : symbols.bodies[row]].partition(b"\n")
    return line.strip()[:MOST_SIGNATURE]
