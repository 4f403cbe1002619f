"""The words of a segment, as queries and documents cut them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.errors import CorruptIndexError, StorageError
from codelode.index.files import ChunkTable, write_chunks
from codelode.index.terms import BODY, PATH, TermsReader, TermsWriter
from codelode.store.files import remove_tree
from codelode.text import chunks as chunking
from codelode.text import tokens
from codelode.text.groups import TextGroups

HEAP = 15_000_000


def built(folder: Path, files: list[tuple[str, bytes]]) -> tuple[TermsReader, ChunkTable]:
    remove_tree(folder / "terms")
    (folder / "terms").mkdir()
    writer = TermsWriter(folder / "terms", HEAP)
    texts, groups = TextGroups(), []
    for ordinal, (path, text) in enumerate(files):
        writer.add_path(ordinal, path)
        if text and (group := texts.add(ordinal, path, text, chunking.cut(text))):
            groups.append(group)
    if group := texts.take():
        groups.append(group)
    for group in groups:
        writer.add_group(group)
    writer.finish()
    (folder / "chunks.col").unlink(missing_ok=True)
    write_chunks(folder / "chunks.col", [group.columns for group in groups])
    return TermsReader(folder / "terms"), ChunkTable(folder / "chunks.col")


def test_words_are_found_in_their_chunks(tmp_path: Path) -> None:
    long = b"filler line of words\n" * 200
    reader, chunks = built(
        tmp_path, [("src/parseConfig.py", b"alpha beta\n"), ("b.c", long + b"gammaDelta42\n"), ("c.c", b"")]
    )
    assert reader.frequency(BODY, "alpha") == 1
    assert reader.frequency(BODY, "absent") == 0
    assert reader.frequency(PATH, "config") == 1
    ordinals, scores = reader.top(BODY, {"delta": 1.0}, 10)
    assert [chunks.files[i] for i in ordinals] == [1]
    assert scores.shape == (1,)
    file, line, start, end = chunks.span(int(ordinals[0]))
    assert (file, end) == (1, None)
    assert 1 < line <= 201
    assert start > 1_000
    files, _ = reader.top(PATH, {"parse": 1.0}, 10)
    assert files.tolist() == [0]
    assert reader.documents == len(chunks) + 3


def test_frequencies_count_chunks(tmp_path: Path) -> None:
    reader, chunks = built(tmp_path, [(f"{n}.c", b"common words here\n" * 300) for n in range(20)])
    assert reader.frequency(BODY, "common") == len(chunks)
    ordinals, _ = reader.top(BODY, {"common": 1.0}, 10_000)
    assert sorted(ordinals.tolist()) == list(range(len(chunks)))
    assert len(reader.top(BODY, {"common": 1.0}, 7)[0]) == 7


def test_a_rarer_word_weighs_as_the_caller_says(tmp_path: Path) -> None:
    reader, _ = built(tmp_path, [("a", b"first\n"), ("b", b"second\n"), ("c", b"second\n")])
    assert reader.top(BODY, {"first": 1.0, "second": 5.0}, 3)[0].tolist()[2] == 0
    assert reader.top(BODY, {"first": 5.0, "second": 1.0}, 3)[0].tolist()[0] == 0


letters = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=12)
line = st.one_of(letters, st.text(alphabet="aBc1_ é中“ß²\u0301नमस्ते", max_size=12))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(line, min_size=1, max_size=6))
def test_every_word_of_a_text_is_found_in_it(tmp_path: Path, lines: list[str]) -> None:
    """Queries and documents are cut alike, whatever the script."""
    text = "\n".join(lines)
    reader, chunks = built(tmp_path, [(lines[0], text.encode())])
    for part in lines:
        for word in tokens.words(part):
            assert reader.frequency(BODY, word) == 1, (word, part)
    for word in tokens.words(lines[0]):
        assert reader.frequency(PATH, word) == 1, word
    assert len(chunks) == (1 if text else 0)


def test_many_small_texts_and_one_large(tmp_path: Path) -> None:
    """Groups of texts are cut together: offsets must stay those of each file."""
    rng = np.random.default_rng(3)
    files = []
    for n in range(400):
        size = int(rng.integers(1, 60)) if n % 40 else 9_000
        files.append((f"f{n}", b"".join(b"word%dx line %dq\n" % (n, k) for k in range(size))))
    reader, chunks = built(tmp_path, files)
    spans: dict[int, list[tuple[int, int | None, int]]] = {}
    for chunk in range(len(chunks)):
        file, first, start, end = chunks.span(chunk)
        spans.setdefault(file, []).append((start, end, first))
    assert sorted(spans) == list(range(400))
    for file, parts in spans.items():
        text = files[file][1]
        assert parts[0][0] == 0
        assert b"".join(text[start:end] for start, end, _ in parts) == text
        for start, _, first in parts:
            assert text.count(b"\n", 0, start) + 1 == first
    for n in (0, 39, 40, 399):
        ordinals, _ = reader.top(BODY, {f"word{n}x".replace("word", "word"): 1.0}, 5)
        found = {int(chunks.files[i]) for i in ordinals}
        assert found <= {n}


def test_no_index_is_damage(tmp_path: Path) -> None:
    with pytest.raises(CorruptIndexError, match="--rebuild"):
        TermsReader(tmp_path)
    with pytest.raises(CorruptIndexError, match="--rebuild"):
        TermsReader(tmp_path / "missing")


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        TermsWriter(tmp_path / "missing", HEAP)
