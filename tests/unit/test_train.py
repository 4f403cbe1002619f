"""The training of the bundled model, on a repository made here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from tools.train import train
from tools.train.bags import gather
from tools.train.comments import commit_body, commit_subject, sentences
from tools.train.minilm import Encoder
from tools.train.mining import COMMIT, DOC, KIND_NAMES, NAME, PATH, SECTION
from tools.train.pairs import mine
from tools.train.repositories import Repository, refused
from tools.train.sections import sections as sections_of
from tools.train.start import DIMS, Table, initial
from tools.train.vocabulary import bags_of, choose, count, encode, load_pairs, vocabulary_of

from codelode.embed.static import StaticModel
from codelode.text.subwords import Bags


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("/** Opens the file. */", ["Opens the file."]),
        ("/// Opens the file\n/// at `path`.\n#[inline]\n", ["Opens the file at `path`."]),
        ("# Opens the file.\n#\n# @param path [String] where\n", ["Opens the file."]),
        (
            "/* Opens the file and reads it.\n *\n * It is closed again when the last reader has gone away.\n */",
            ["Opens the file and reads it. It is closed again when the last reader has gone away."],
        ),
        ('@doc """\nOpens the file.\n\n## Examples\n"""', ["Opens the file."]),
        ("{-| Opens the file -}", ["Opens the file"]),
        ("// Copyright 2020 the authors of this", []),
        ("// -----", []),
        ("#[derive(Clone, Debug)]", []),
    ],
)
def test_the_first_sentences_of_comments(comment: str, said: list[str]) -> None:
    assert sentences(comment) == said


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("fix(router): keep the order of routes (#123)", "keep the order of routes"),
        ("Keep the order of routes. Fixes #12", "Keep the order of routes"),
        ("Bump version to 1.2", ""),
        ("Fix typo in the docs", ""),
        ("chore: update dependencies", ""),
    ],
)
def test_subjects_of_commits(subject: str, said: str) -> None:
    assert commit_subject(subject) == said


def test_the_body_of_a_commit_ends_at_its_signatures() -> None:
    body = "Routes were sorted by name, which lost the order in which they had been added.\nSigned-off-by: A <a@b>"
    assert commit_body(body) == body.splitlines()[0]
    assert commit_body("* one\n* two") == ""


def test_sections_of_markdown_and_of_underlined_headings() -> None:
    long = b"A queue keeps what was sent until somebody reads it. " * 6
    text = b"# Queues\n\n" + long + b"\n\n## Short\n\nno\n\nLimits\n------\n\n" + long
    assert list(sections_of(text)) == [
        (b"Queues", b"Queues", long.strip()),
        (b"Queues", b"Limits", long.strip()),
    ]


TOPICS = {
    "queue": ("message", "Waits until a message arrives in the queue.", "self.messages.get(block=True)"),
    "cache": ("entry", "Drops the oldest entry when the cache is full.", "self.entries.popitem(last=False)"),
    "socket": ("port", "Binds the socket to a free port of this host.", "self.connection.bind((host, port))"),
    "parser": ("token", "Reads the next token of the grammar.", "self.tokens.append(self.scan(position))"),
}


def source(topic: str) -> str:
    """A module about `topic`."""
    noun, said, line = TOPICS[topic]
    functions = (
        f'    def {verb}_{noun}(self, position, host):\n        """{said} To {verb} it."""\n'
        f"        for attempt in range({number}):\n            {line}\n            {verb} = position + {number}\n\n"
        for number, verb in enumerate(("open", "close", "check", "move", "count"), 11)
    )
    return f'"""All about the {topic} and its {noun}."""\n\n\nclass {topic.title()}:\n' + "".join(functions)


@pytest.fixture(scope="module")
def mirrors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Repository]:
    """A mirror with a history of one commit a file; and the repository in it."""
    root = tmp_path_factory.mktemp("mirrors")
    work = root / "work"
    work.mkdir()

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=work, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    text = (
        "Letters stay here until they are read.\n\n" + "Readers take them in the order of their arrival. " * 8
    )
    (work / "guide.md").write_text(f"# Waiting in line\n\n{text}\n")
    for topic in TOPICS:
        (work / f"{topic}.py").write_text(source(topic))
        git("add", ".")
        git("commit", "-qm", f"feat: let the {topic} wait for its {TOPICS[topic][0]} (#7)")
    (root / "own+things").mkdir()
    git("clone", "-q", "--bare", ".", str(root / "own+things" / "repo"))
    return root, Repository("own/things", git("rev-parse", "HEAD"))


def test_pairs_of_a_repository(mirrors: tuple[Path, Repository], tmp_path: Path) -> None:
    root, repository = mirrors
    mine(repository, root, set(), tmp_path)
    pairs = load_pairs(tmp_path / "own+things.pickle")
    found = {
        kind: {pair.query.decode() for pair in pairs if pair.kind == kind} for kind in range(len(KIND_NAMES))
    }
    assert "waits until a message arrives in the queue. to open it." in found[DOC]
    assert "cache close entry" in {" ".join(asked.replace("_", " ").split()) for asked in found[NAME]}
    assert "let the socket wait for its port" in found[COMMIT]
    assert "parser" in found[PATH]
    assert {"waiting in line", "letters stay here until they are read."} <= found[SECTION]
    for pair in pairs:
        assert pair.kind != DOC or pair.query not in pair.code


def test_copies_of_refused_files_are_left_out(mirrors: tuple[Path, Repository], tmp_path: Path) -> None:
    root, repository = mirrors
    git_dir = f"--git-dir={repository.mirror(root)}"
    blob = subprocess.run(
        ["git", git_dir, "rev-parse", "HEAD:queue.py"], check=True, capture_output=True
    ).stdout.strip()
    mine(repository, root, {blob}, tmp_path)
    pairs = load_pairs(tmp_path / "own+things.pickle")
    assert pairs
    assert not any(b"message" in pair.query for pair in pairs)


def test_names_are_refused_from_both_kinds_of_list(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("# remark\nA/b\n")
    (tmp_path / "more.json").write_text(json.dumps([{"url": "https://github.com/C/d.git"}]))
    found = refused([tmp_path / "names.txt", tmp_path / "more.json"])
    assert {"a/b", "c/d", "casey/just"} <= found


def random_table(rows: int) -> Table:
    chance = np.random.default_rng(3)
    vectors = chance.normal(size=(rows, DIMS)).astype(np.float32)
    logs = {side: chance.normal(size=rows).astype(np.float32) * 0.1 for side in ("query", "code")}
    return Table(vectors, logs)


def test_gradients_are_those_of_the_loss() -> None:
    table = random_table(6)
    bags = Bags(
        np.array([0, 2, 4, 5]), np.array([0, 1, 2, 3, 4], np.uint16), np.array([1, 2, 1, 1, 1], np.uint8)
    )
    same = np.zeros((3, 3), bool)
    same[0, 2] = same[2, 0] = True

    def forward() -> tuple[float, train.Floats, train.Encoded]:
        query = train.Encoded(table, "query", gather(bags, np.arange(3), 6))
        code = train.Encoded(table, "code", gather(bags, np.array([1, 2, 0]), 6))
        loss, to_query, _ = train.gradients(query.vectors, code.vectors, same, 0.5)
        return loss, to_query, query

    _, to_query, query = forward()
    rows, logs = query.back(to_query)
    step = 1e-2
    for weight, expected in zip(range(5), logs, strict=True):
        table.logs["query"][weight] += step
        above = forward()[0]
        table.logs["query"][weight] -= 2 * step
        below = forward()[0]
        table.logs["query"][weight] += step
        assert (above - below) / (2 * step) == pytest.approx(expected, abs=2e-4)
    assert rows.shape == (5, DIMS)


def test_a_table_survives_its_file(tmp_path: Path) -> None:
    words = [b"queue", b"message", b"cache"]
    table = random_table(len(words) + 50)
    train.write(tmp_path / "model.col", words, table)
    again = train.read(tmp_path / "model.col")
    bags = bags_of(vocabulary_of(words, 50), [b"queue message unknownword", b"cache"])
    before, after = (train.unit_vectors(each, "query", bags) for each in (table, again))
    np.testing.assert_allclose(before @ before.T, after @ after.T, atol=0.005)  # turned, and in whole numbers
    model = StaticModel(tmp_path / "model.col")
    np.testing.assert_allclose(model.encode_query("Cache"), after[1], atol=1e-5)


def test_training_brings_questions_to_their_code(mirrors: tuple[Path, Repository], tmp_path: Path) -> None:
    root, repository = mirrors
    mine(repository, root, set(), tmp_path)
    counts = count(tmp_path / "own+things.pickle")
    words = choose([counts, counts], 500)
    assert b"queue" in words
    encode(tmp_path / "own+things.pickle", words, 64, tmp_path)
    pairs = train.load([tmp_path / "own+things.npz"])
    vectors = np.random.default_rng(5).normal(size=(len(words), 384)).astype(np.float32)
    started = initial(pairs.queries, pairs.codes, words, 64, vectors)
    blind = random_table(len(words) + 64)
    before = train.found_again(pairs, blind, DOC)
    assert train.found_again(pairs, started, DOC) > before  # by what stands together
    heard: list[str] = []
    options = train.Options(runs=2, epochs=15, batch=16, rate=0.02)
    table = train.train(pairs, blind, options, lambda what, _: heard.append(what))
    assert len(heard) == 30
    assert train.found_again(pairs, table, DOC) > before
    question = bags_of(vocabulary_of(words, 64), [b"the oldest entry when the cache is full"])
    codes = train.unit_vectors(table, "code", pairs.codes)
    best = int(np.argmax(train.unit_vectors(table, "query", question) @ codes.T))
    assert b"entries" in load_pairs(tmp_path / "own+things.pickle")[best].code


def test_the_encoder_gives_each_text_what_it_gets_alone(tmp_path: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "queue", "cach", "##e", "a"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces))
    (tmp_path / "config.json").write_text(json.dumps({"num_hidden_layers": 1, "num_attention_heads": 2}))
    size, inner = 8, 16
    layer = "encoder.layer.0."
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (len(pieces), size),
        "embeddings.position_embeddings.weight": (64, size),
        "embeddings.token_type_embeddings.weight": (2, size),
        layer + "intermediate.dense.weight": (inner, size),
        layer + "intermediate.dense.bias": (inner,),
        layer + "output.dense.weight": (size, inner),
        layer + "output.dense.bias": (size,),
    }
    for name in ("self.query", "self.key", "self.value", "output.dense"):
        shapes[f"{layer}attention.{name}.weight"] = (size, size)
        shapes[f"{layer}attention.{name}.bias"] = (size,)
    for name in ("embeddings", layer + "attention.output", layer + "output"):
        shapes[f"{name}.LayerNorm.weight"] = shapes[f"{name}.LayerNorm.bias"] = (size,)
    chance = np.random.default_rng(1)
    header, blob = {}, b""
    for name, shape in shapes.items():
        values = chance.normal(size=shape).astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(blob), len(blob) + len(values)]}
        blob += values
    coded = json.dumps(header).encode()
    (tmp_path / "model.safetensors").write_bytes(len(coded).to_bytes(8, "little") + coded + blob)
    encoder = Encoder(tmp_path)
    assert encoder.tokens("a cache x") == [2, 7, 5, 6, 1, 3]
    texts = ["queue", "cache", "a queue cache", "a"]
    together = encoder.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-5)
    assert abs(together[0] @ together[3]) < 0.999
