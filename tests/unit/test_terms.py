"""The words of a segment, as queries and documents cut them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codelode.errors import CorruptIndexError, StorageError
from codelode.index.files import ChunkTable, write_chunks
from codelode.index.terms import (
    BODY,
    PATH,
    AllOf,
    AnyOf,
    Matching,
    Term,
    TermsReader,
    TermsWriter,
    Typos,
    Wanted,
    terms,
    wildcard,
)
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
    ordinals, scores = reader.top(BODY, AnyOf(terms({"delta": 1.0})), 10)
    assert [chunks.files[i] for i in ordinals] == [1]
    assert scores.shape == (1,)
    file, line, start, end = chunks.span(int(ordinals[0]))
    assert (file, end) == (1, None)
    assert 1 < line <= 201
    assert start > 1_000
    files, _ = reader.top(PATH, AnyOf(terms({"parse": 1.0})), 10)
    assert files.tolist() == [0]
    assert reader.documents == len(chunks) + 3


def test_frequencies_count_chunks(tmp_path: Path) -> None:
    reader, chunks = built(tmp_path, [(f"{n}.c", b"common words here\n" * 300) for n in range(20)])
    assert reader.frequency(BODY, "common") == len(chunks)
    ordinals, _ = reader.top(BODY, AnyOf(terms({"common": 1.0})), 10_000)
    assert sorted(ordinals.tolist()) == list(range(len(chunks)))
    assert len(reader.top(BODY, AnyOf(terms({"common": 1.0})), 7)[0]) == 7


def test_a_rarer_word_weighs_as_the_caller_says(tmp_path: Path) -> None:
    reader, _ = built(tmp_path, [("a", b"first\n"), ("b", b"second\n"), ("c", b"second\n")])
    assert reader.top(BODY, AnyOf(terms({"first": 1.0, "second": 5.0})), 3)[0].tolist()[2] == 0
    assert reader.top(BODY, AnyOf(terms({"first": 5.0, "second": 1.0})), 3)[0].tolist()[0] == 0


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
        ordinals, _ = reader.top(BODY, Term(f"word{n}x"), 5)
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


FORMS: list[tuple[str, bytes]] = [
    ("0", b"retry backoff delay"),
    ("1", b"retry only"),
    ("2", b"backoff retries"),
    ("3", b"retyr delay"),
    ("4", b"nothing of it"),
    ("5", "café retro\n".encode()),
]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> TermsReader:
    return built(tmp_path_factory.mktemp("forms"), FORMS)[0]


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (Term("retry"), [0, 1]),
        (Term("absent"), []),
        (AllOf((Term("retry"), Term("delay"))), [0]),
        (AllOf((Term("retry"), Term("absent"))), []),
        (AnyOf((Term("only"), Term("delay"))), [0, 1, 3]),
        (Typos("retry", 1), [0, 1, 3, 5]),
        (Typos("retri", 2), [0, 1, 2, 3, 5]),
        (Typos("cafe", 1), [5]),
        (wildcard("retr*"), [0, 1, 2, 5]),
        (wildcard("retr?"), [0, 1, 5]),
        (wildcard("*ay"), [0, 3]),
        (wildcard("r.*y"), []),
        (wildcard("caf?"), [5]),
        (Matching("back[a-z]+|on.*"), [0, 1, 2]),
        (AllOf((AnyOf((Term("only"), wildcard("back*"))), Typos("retry", 1))), [0, 1]),
    ],
)
def test_every_document_of_a_tree(forms: TermsReader, wanted: Wanted, files: list[int]) -> None:
    assert forms.every(BODY, wanted).tolist() == files
    best, scores = forms.top(BODY, wanted, 10)
    assert sorted(best.tolist()) == files
    assert (np.diff(scores) <= 0).all()
    assert forms.top(BODY, wanted, 1)[0].tolist() == best[:1].tolist()


def test_paths_are_asked_like_chunks(tmp_path: Path) -> None:
    reader, _ = built(
        tmp_path, [("src/retry.py", b"x1\n"), ("src/other.py", b"retry\n"), ("lib/retries.py", b"")]
    )
    assert reader.every(PATH, wildcard("retr*")).tolist() == [0, 2]
    assert reader.every(PATH, AllOf(terms({"src": 1.0, "py": 1.0}))).tolist() == [0, 1]


def test_a_part_weighs_as_the_caller_says(forms: TermsReader) -> None:
    wanted = AnyOf((Typos("rety", 1, 9.0), Term("nothing", 1.0)))
    assert forms.top(BODY, wanted, 10)[0].tolist()[-1] == 4
    heavy = AnyOf((Typos("rety", 1, 0.01), Term("nothing", 9.0)))
    assert forms.top(BODY, heavy, 10)[0].tolist()[0] == 4


def test_words_with_a_prefix(forms: TermsReader) -> None:
    found = dict(forms.words_with_prefix(BODY, "ret"))
    assert found == {"retry": 2, "retries": 1, "retro": 1, "retyr": 1}
    assert forms.words_with_prefix(BODY, "absent") == []


def test_an_empty_segment_has_no_documents(tmp_path: Path) -> None:
    reader, _ = built(tmp_path, [])
    assert reader.every(BODY, Term("a")).size == 0
    assert reader.top(BODY, AllOf(terms({"a": 1.0, "b": 1.0})), 5)[0].size == 0
