"""The sentence encoder all-MiniLM-L6-v2 in numpy: what its vectors say about words is where the training starts.

Architecture: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), sections 3 and A.2; the
weights (Apache-2.0) come as safetensors, a JSON header before the raw arrays.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import erf

Floats = npt.NDArray[np.float32]

BATCH_TOKENS = 8192
LONGEST = 64
"""Tokens of a text that are read."""


def read_safetensors(path: Path) -> dict[str, Floats]:
    """The float32 arrays of a safetensors file by name."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            array = np.frombuffer(data[8 + size + first : 8 + size + last], np.float32)
            found[name] = array.reshape(entry["shape"])
    return found


class Encoder:
    """Texts to unit vectors of 384 dimensions."""

    def __init__(self, folder: Path) -> None:
        """`folder` holds model.safetensors, config.json and vocab.txt."""
        self._weights = read_safetensors(folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        self._layers: int = config["num_hidden_layers"]
        self._heads: int = config["num_attention_heads"]
        pieces = (folder / "vocab.txt").read_text().splitlines()
        self._pieces = {piece: number for number, piece in enumerate(pieces)}

    def tokens(self, text: str) -> list[int]:
        """Numbers of the word pieces of a lower-case text of words and blanks."""
        found = [self._pieces["[CLS]"]]
        for word in text.split():
            found += self._word(word)
        return [*found[: LONGEST - 1], self._pieces["[SEP]"]]

    def _word(self, word: str) -> list[int]:
        found, at = [], 0
        while at < len(word):
            for end in range(len(word), at, -1):
                piece = self._pieces.get(("##" if at else "") + word[at:end])
                if piece is not None:
                    break
            else:
                return [self._pieces["[UNK]"]]
            found.append(piece)
            at = end
        return found

    def encode(self, texts: Sequence[str]) -> Floats:
        """f32[n, 384]: the mean of the last layer's outputs, made unit vectors."""
        tokens = [self.tokens(text) for text in texts]
        order = np.argsort([len(own) for own in tokens], kind="stable")
        out = np.empty((len(texts), self._weights["embeddings.word_embeddings.weight"].shape[1]), np.float32)
        at = 0
        while at < len(order):
            length = len(tokens[order[at]])
            most = max(BATCH_TOKENS // length, 1)
            rows = [row for row in order[at : at + most] if len(tokens[row]) == length]
            hidden = self._run(np.array([tokens[row] for row in rows]))
            mean = hidden.mean(axis=1)
            out[rows] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
            at += len(rows)
        return out

    def _run(self, ids: npt.NDArray[np.int64]) -> Floats:
        """Outputs of the last layer for texts of one length: no padding, so no mask."""
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}."
            x = self._norm(x + self._attention(x, name), name + "attention.output.LayerNorm")
            inner = self._dense(x, name + "intermediate.dense")
            inner = inner * (0.5 * (1 + erf(inner * np.float32(0.5**0.5))))
            x = self._norm(x + self._dense(inner, name + "output.dense"), name + "output.LayerNorm")
        return x

    def _attention(self, x: Floats, name: str) -> Floats:
        count, length, size = x.shape
        parts = [
            self._dense(x, f"{name}attention.self.{part}")
            .reshape(count, length, self._heads, size // self._heads)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        ]
        scores = parts[0] @ parts[1].transpose(0, 1, 3, 2) * np.float32((size // self._heads) ** -0.5)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ parts[2]).transpose(0, 2, 1, 3).reshape(count, length, size)
        return self._dense(mixed, name + "attention.output.dense")

    def _dense(self, x: Floats, name: str) -> Floats:
        product: Floats = x.reshape(-1, x.shape[-1]) @ self._weights[name + ".weight"].T
        product += self._weights[name + ".bias"]
        return product.reshape(*x.shape[:-1], -1)

    def _norm(self, x: Floats, name: str) -> Floats:
        x = x - x.mean(axis=-1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return x * self._weights[name + ".weight"] + self._weights[name + ".bias"]
