"""Static models in the layout of Model2Vec: a row a token, and the weighted mean of a text's tokens.

The layout (https://github.com/MinishLab/model2vec): ``model.safetensors`` with ``embeddings``, and in models whose
vocabulary was quantised ``weights`` and ``mapping`` by token; ``tokenizer.json``; ``config.json``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.embed.batching import BatchPolicy
from codelode.embed.embedder import EmbedderFacts
from codelode.embed.heavy import HeavyEmbedder
from codelode.embed.modelfiles import fingerprint_of, model_folder, read_json, read_tensors
from codelode.embed.tokenizing import FILE, load_tokenizer, require
from codelode.errors import EmbedderError
from codelode.settings import Settings
from codelode.sharing import once

WEIGHTS = "model.safetensors"

MOST_TOKENS = 512
"""Where the model's configuration does not say."""

MOST_TEXTS, MOST_BYTES = 4096, 8 << 20
"""A batch larger than this gains nothing: there is no device whose start-up it would share."""


class _Loaded(NamedTuple):
    tokenizer: Any
    rows: npt.NDArray[np.float32]
    """one a token of the vocabulary, its weight in it"""
    unknown: int
    """the token that stands for what the vocabulary lacks; -1 for none"""


class Model2VecEmbedder(HeavyEmbedder):
    """A Model2Vec folder, read without that package."""

    def __init__(self, target: str, root: str, settings: Settings) -> None:
        """Raises EmbedderError when the folder or the package `tokenizers` is missing."""
        super().__init__(settings)
        require("tokenizers", "model2vec")
        self._folder = model_folder(target, root, WEIGHTS)
        self._target = target

    @once
    def fingerprint(self) -> str:
        """Names the files and the prefix of texts."""
        files = [self._folder / name for name in (WEIGHTS, FILE, "config.json")]
        return fingerprint_of("model2vec", files, self._text_prefix)

    def facts(self) -> EmbedderFacts:
        """What it is."""
        size = (self._folder / WEIGHTS).stat().st_size
        return EmbedderFacts(self._target, "cpu", "", self.dims, size)

    def new_policy(self) -> BatchPolicy:
        """Large batches at once: a text costs next to nothing."""
        return BatchPolicy(MOST_BYTES, MOST_TEXTS)

    @once
    def _loaded(self) -> _Loaded:
        tensors = read_tensors(self._folder / WEIGHTS)
        table = tensors.get("embeddings", tensors.get("embedding.weight"))
        if table is None or table.ndim != 2:
            raise EmbedderError(f"{self._folder / WEIGHTS}: has no matrix `embeddings`")
        rows = np.asarray(table, np.float32)
        if "mapping" in tensors:
            rows = rows[tensors["mapping"]]
        if "weights" in tensors:
            rows = rows * np.asarray(tensors["weights"], np.float32)[:, None]
        tokenizer = load_tokenizer(self._folder)
        tokenizer.no_padding()
        tokenizer.enable_truncation(read_json(self._folder / "config.json").get("max_length") or MOST_TOKENS)
        if tokenizer.get_vocab_size() > len(rows):
            raise EmbedderError(f"{self._folder}: {FILE} has more tokens than {WEIGHTS} has rows")
        name = json.loads(tokenizer.to_str())["model"].get("unk_token")
        unknown = tokenizer.token_to_id(name) if isinstance(name, str) else None
        return _Loaded(tokenizer, rows, -1 if unknown is None else unknown)

    def _encode(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.float32]:
        with self._loading:
            tokenizer, rows, unknown = self._loaded
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        counts = [len(one) for one in encodings]
        tokens = np.fromiter((token for one in encodings for token in one.ids), np.int64, sum(counts))
        owners = np.repeat(np.arange(len(texts)), counts)
        known = tokens != unknown
        tokens, owners = tokens[known], owners[known]
        found = np.zeros((len(texts), rows.shape[1]), np.float32)
        # A mean only up to its length, which is made 1 anyway.
        starts = np.searchsorted(owners, np.arange(len(texts) + 1))
        for text in np.flatnonzero(starts[1:] > starts[:-1]).tolist():
            found[text] = rows[tokens[starts[text] : starts[text + 1]]].sum(0)
        return found
