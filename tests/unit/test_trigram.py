"""The trigram index against a naive twin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.index import trigram
from codelode.index.trigram import TrigramReader, TrigramWriter
from codelode.text import trigrams

Blocks = list[tuple[int, int, int, set[int]]]
"""owner, start, line, trigrams of each block"""


def naive_trigrams(text: bytes) -> set[int]:
    ended = text if text.endswith(b"\n") else text + b"\n"
    folded = bytes(byte + 32 if 65 <= byte <= 90 else byte for byte in ended)
    return {folded[i] << 16 | folded[i + 1] << 8 | folded[i + 2] for i in range(len(folded) - 2)}


def keys_of(literal: bytes) -> npt.NDArray[np.uint32]:
    return np.array(
        sorted({int.from_bytes(literal[i : i + 3], "big") for i in range(len(literal) - 2)}), np.uint32
    )


def naive_blocks(texts: list[bytes], block_bytes: int) -> Blocks:
    """Whole lines of a text, until they are `block_bytes` long."""
    found = []
    for owner, text in enumerate(texts):
        start, line, size = 0, 1, 0
        pieces: list[list[bytes]] = [[]]
        for row in text.splitlines(keepends=True) if b"\r" not in text else [text]:
            if size >= block_bytes and len(text) > block_bytes:
                pieces.append([])
                size = 0
            pieces[-1].append(row)
            size += len(row)
        for piece in pieces:
            block = b"".join(piece)
            found.append((owner, start, line, naive_trigrams(block)))
            start += len(block)
            line += block.count(b"\n")
    return found


def built(folder: Path, texts: list[bytes]) -> TrigramReader:
    writer = TrigramWriter()
    for ordinal, text in enumerate(texts):
        writer.add(ordinal, text)
    path = folder / "trigrams.col"
    path.unlink(missing_ok=True)
    writer.write(path)
    return TrigramReader(path)


def check(reader: TrigramReader, texts: list[bytes], block_bytes: int) -> None:
    """Every list, intersection and range is the twin's."""
    blocks = naive_blocks(texts, block_bytes)
    assert reader.blocks == len(blocks)
    places = [reader.place(number) for number in range(reader.blocks)]
    assert [(start, line) for start, _, line in places] == [(start, line) for _, start, line, _ in blocks]
    for (_, end, _), now, then in zip(places, blocks, blocks[1:], strict=False):
        assert end == (then[1] if now[0] == then[0] else -1)
    keys = sorted(set().union(*[block[3] for block in blocks]) | {0, 0xFFFFFF, 0x616263})
    for key in keys:
        expected = [number for number, block in enumerate(blocks) if key in block[3]]
        assert reader.containing_all(np.array([key], np.uint32)).tolist() == expected, hex(key)
        assert reader.containing_any_in(key, key).tolist() == expected, hex(key)
    for some in (keys[:2], keys[::7], keys[-3:]):
        expected = [number for number, block in enumerate(blocks) if block[3].issuperset(some)]
        assert reader.containing_all(np.array(some, np.uint32)).tolist() == expected
    first, last = keys[len(keys) // 3], keys[-1]
    expected = [n for n, block in enumerate(blocks) if any(first <= key <= last for key in block[3])]
    assert reader.containing_any_in(first, last).tolist() == expected
    everything = np.arange(reader.blocks)
    assert reader.containing_all(np.empty(0, np.uint32)).tolist() == everything.tolist()
    files, own = reader.files_of(everything)
    owners = [block[0] for block in blocks]
    assert files.tolist() == sorted(set(owners))
    for ordinal, some_blocks in zip(files.tolist(), own, strict=True):
        mine = [number for number, owner in enumerate(owners) if owner == ordinal]
        assert (some_blocks is None) == (len(mine) == 1)
        assert some_blocks is None or some_blocks.tolist() == mine


line = st.one_of(
    st.binary(max_size=12).map(
        lambda data: data.replace(b"\r", b"").replace(b"\x0b", b"").replace(b"\x0c", b"")
    ),
    st.sampled_from(
        [b"return alpha", b"Return ALPHA", b"{", b"", b"x", "ümlaut".encode(), b"beta gamma delta"]
    ),
)
text = st.builds(
    lambda lines, end: b"\n".join(lines) + end, st.lists(line, max_size=12), st.sampled_from([b"", b"\n"])
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(text, min_size=1, max_size=40),
    st.sampled_from([8, 40, 1 << 16]),
    st.sampled_from([16, 300, 3_000_000]),
)
def test_postings_are_the_naive_twins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[bytes], block_bytes: int, pairs: int
) -> None:
    """Small blocks, and few pairs at a time, so that texts are cut and ranges of keys are many."""
    monkeypatch.setattr(trigram, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(trigram, "PAIRS_AT_A_TIME", pairs)
    check(built(tmp_path, texts), texts, block_bytes)


@pytest.mark.parametrize("files", [1, 15, 16, 17, 32, 33, 160])
def test_lists_at_the_border_of_bitmaps(tmp_path: Path, files: int) -> None:
    """A list becomes a bitmap when it would be as long: one and two files around that length."""
    units = -(-files // 16)
    texts = []
    for number in range(files):
        words = [b"all"]
        words += [b"k%02d" % n for n in range(max(units - 2, 0), units + 3) if number < n]
        words += [b"z%02d" % n for n in range(max(units - 2, 0), units + 3) if number >= files - n]
        texts.append(b" ".join(words))
    reader = built(tmp_path, texts)
    check(reader, texts, trigram.BLOCK_BYTES)
    assert reader.containing_all(keys_of(b"all")).tolist() == list(range(files))


def test_partitions_are_really_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trigram, "PAIRS_AT_A_TIME", 500)
    texts = [bytes((n * k) % 95 + 32 for k in range(300)) for n in range(1, 60)]
    writer = TrigramWriter()
    for ordinal, one in enumerate(texts):
        writer.add(ordinal, one)
    writer._flush_group()
    assert len(list(writer._partitions())) > 5
    check(built(tmp_path, texts), texts, trigram.BLOCK_BYTES)


def test_large_texts_are_cut_between_lines(tmp_path: Path) -> None:
    rows = [b"line %d of a large text\n" % n for n in range(9_000)]
    rows[8_765] = b"zyxwv\n"
    texts = [b"small\n", b"".join(rows), b"x" * 200_000, b"last"]
    reader = built(tmp_path, texts)
    assert reader.blocks > 5
    check(reader, texts, trigram.BLOCK_BYTES)
    (block,) = reader.containing_all(keys_of(b"zyxwv")).tolist()
    start, end, number = reader.place(block)
    piece = texts[1][start : end if end >= 0 else None]
    assert b"zyxwv" in piece
    assert texts[1][:start].count(b"\n") + 1 == number


@pytest.mark.parametrize("texts", [[b""], [b"a"], [b"\n"], [b"", b"", b"ab"]])
def test_texts_without_trigrams(tmp_path: Path, texts: list[bytes]) -> None:
    check(built(tmp_path, texts), texts, trigram.BLOCK_BYTES)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=30), min_size=1, max_size=8))
def test_extraction_is_the_naive_twins(texts: list[bytes]) -> None:
    keys, counts = trigrams.extract(texts)
    assert counts.size == len(texts)
    assert keys.dtype == np.uint32
    ends = np.cumsum(counts).tolist()
    found = [keys[end - count : end].tolist() for end, count in zip(ends, counts.tolist(), strict=True)]
    assert found == [sorted(naive_trigrams(one)) for one in texts]
