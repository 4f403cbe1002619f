"""The stand-in model is a model2vec folder: its three files agree with each other and with the formats they are in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from bench import standin

TEXT = "static int inode_alloc(struct inode *inode)\n{\n\treturn inode_alloc_bits(inode, 64);\n}\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standin.make(tmp_path_factory.mktemp("model") / "standin", [TEXT])


def test_has_a_vector_for_each_token(folder: Path) -> None:
    raw = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    assert (8 + length) % 8 == 0
    described = header["embeddings"]
    assert (described["dtype"], described["shape"]) == ("F16", [standin.TOKENS, standin.DIMS])
    first, last = described["data_offsets"]
    values = np.frombuffer(raw[8 + length :][first:last], np.float16).reshape(described["shape"])
    assert np.isfinite(values).all()
    assert values.astype(np.float32).std() == pytest.approx(1, abs=0.01)


def test_tokens_are_numbered_one_by_one(folder: Path) -> None:
    model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokens = model["model"]["vocab"]
    assert sorted(tokens.values()) == list(range(standin.TOKENS))
    assert {token["content"]: token["id"] for token in model["added_tokens"]} == {"[PAD]": 0, "[UNK]": 1}
    assert {"inode", "alloc", "a", "##a", "_"} <= tokens.keys()


def test_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    again = standin.make(tmp_path / "again", [TEXT])
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()
