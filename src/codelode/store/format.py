"""Every version number on disk, and what changed with each.

A *format* version says whether the bytes can be read; a newer one than ours is refused, an older one is rebuilt.
An *analysis* version says whether the content still means the same (tokens, chunks, trigrams): when it moves, old
indexes are readable but are rebuilt before they are searched.
"""

from __future__ import annotations

CATALOG_VERSION = 1
"""1: meta, segments, files, staged (0.1.0)"""

SEGMENT_VERSION = 3
"""1: files.col, chunks.col, trigrams.col, terms/, segment.json (0.1.0)
2: symbols.col (0.1.0)
3: vectors.col, where the settings want the bundled model's vectors (0.1.0)"""

COLUMN_VERSIONS = {
    # 1: paths and their offsets, size, times, hash, language, reason, racy, plain (0.1.0)
    # 2: structure: whether the file's definitions are known (0.1.0)
    "files": 2,
    # 1: file, byte offset, line (0.1.0)
    "chunks": 1,
    # 1: keys, offsets in uint16 units, postings (block numbers, or a bitmap where it is not longer), and of each
    #    block its file, byte offset and line (0.1.0)
    "trigrams": 1,
    # 1: rows by file and start (packed columns), names by folded text (0.1.0)
    "symbols": 1,
    # 1: words ascending, the numbers and closeness of the nearest words of each (0.1.0)
    "lexicon": 1,
    # 1: hashes of the words, int8 rows with their scales, a weight of each row for code and for questions (0.1.0)
    "model": 1,
    # 1: of each chunk int8 codes and their scale, and its sign bits in columns of uint64 (0.1.0)
    "vectors": 1,
}

ANALYSIS_VERSION = 3
"""1: identifiers split by `text.tokens`, line chunks of 1,800 bytes, ASCII-folded byte trigrams (0.1.0)
2: chunks follow definitions (0.1.0)
3: chunks have vectors (0.1.0)"""
