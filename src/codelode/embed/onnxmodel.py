"""Models exported to ONNX, run by ONNX Runtime: the folder that sentence-transformers and optimum write.

The folder has ``model.onnx`` (or ``onnx/model.onnx``) and ``tokenizer.json``; ``1_Pooling/config.json`` says how the
vectors of tokens become one, else their mean does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from codelode.embed.batching import BatchPolicy, largest_batch
from codelode.embed.embedder import EmbedderFacts
from codelode.embed.heavy import UNKNOWN_FREE_BYTES, HeavyEmbedder, free_memory, is_out_of_memory
from codelode.embed.modelfiles import fingerprint_of, model_folder, read_json
from codelode.embed.tokenizing import FILE, load_tokenizer, require
from codelode.errors import EmbedderError
from codelode.settings import Settings
from codelode.sharing import once

PLACES = ("model.onnx", "onnx/model.onnx")
POOLING = "1_Pooling/config.json"

MOST_TOKENS = 512
"""Where the model does not say: what BERT's positions allow."""

MOST_TEXTS = 1024

FASTER = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "MIGraphXExecutionProvider",
    "DmlExecutionProvider",
    "CoreMLExecutionProvider",
)
"""Providers of ONNX Runtime that use a GPU, in the order in which they are tried."""

States = npt.NDArray[np.floating[Any]]
Marks = npt.NDArray[np.int64]


class _Loaded(NamedTuple):
    session: Any
    tokenizer: Any
    output: int
    """number of the output that is used"""
    pooling: str
    """how the vectors of tokens become one: a key of `_POOLING`"""


class OnnxEmbedder(HeavyEmbedder):
    """A folder with an ONNX model and its tokenizer."""

    def __init__(self, target: str, root: str, settings: Settings) -> None:
        """Raises EmbedderError when a package or a file is missing."""
        super().__init__(settings)
        require("onnxruntime", "onnx")
        require("tokenizers", "onnx")
        self._folder = model_folder(target, root, FILE)
        self._target = target
        found = [self._folder / place for place in PLACES if (self._folder / place).is_file()]
        if not found:
            raise EmbedderError(f"{self._folder} holds neither {PLACES[0]} nor {PLACES[1]}")
        self._model: Path = found[0]

    @once
    def fingerprint(self) -> str:
        """Names the files and the prefix of texts."""
        files = [self._model, self._folder / FILE, self._folder / POOLING, self._folder / "config.json"]
        return fingerprint_of("onnx", files, self._text_prefix, str(self._most_tokens))

    def facts(self) -> EmbedderFacts:
        """What it is and where it runs."""
        used, why = self._device()
        return EmbedderFacts(self._target, used, why, self.dims, self._model_bytes)

    def new_policy(self) -> BatchPolicy:
        """From the memory there is; ONNX Runtime does not tell that of a GPU."""
        free = free_memory() if self._device()[0] == "cpu" else UNKNOWN_FREE_BYTES
        return BatchPolicy(largest_batch(free, self._model_bytes), MOST_TEXTS)

    @property
    def _model_bytes(self) -> int:
        beside = self._model.parent.glob(f"{self._model.name}*")  # model.onnx_data holds what is above 2 GB
        return sum(path.stat().st_size for path in beside)

    @once
    def _most_tokens(self) -> int:
        """Tokens of a text that the model takes."""
        given = [
            read_json(self._folder / "sentence_bert_config.json").get("max_seq_length"),
            read_json(self._folder / "tokenizer_config.json").get("model_max_length"),
            read_json(self._folder / "config.json").get("max_position_embeddings"),
            MOST_TOKENS,
        ]
        return min(int(one) for one in given if isinstance(one, int | float))

    @once
    def _loaded(self) -> _Loaded:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # only what ends the process: errors are raised anyway
        there = onnxruntime.get_available_providers()
        wanted = [*(name for name in FASTER if name in there), "CPUExecutionProvider"]
        try:
            session = onnxruntime.InferenceSession(str(self._model), options, providers=wanted)
        except Exception as exc:  # its errors have no common type
            raise EmbedderError(f"{self._model}: ONNX Runtime cannot load it: {_first_line(exc)}") from exc
        names = [one.name for one in session.get_outputs()]
        output = next((at for at, name in enumerate(names) if name == "sentence_embedding"), 0)
        tokenizer = load_tokenizer(self._folder)
        tokenizer.enable_truncation(self._most_tokens)
        padding = tokenizer.padding or {}
        tokenizer.enable_padding(pad_id=padding.get("pad_id", 0), pad_token=padding.get("pad_token", "[PAD]"))
        return _Loaded(session, tokenizer, output, self._pooling())

    def _pooling(self) -> str:
        """What the folder says, in the form of sentence-transformers up to version 5 or of later ones."""
        given = read_json(self._folder / POOLING)
        old = [name for name in given if name.startswith("pooling_mode_") and given[name]]
        mode = given.get("pooling_mode") or (old[0].removeprefix("pooling_mode_") if old else "mean")
        mode = _OLD_NAMES.get(mode, mode)
        if mode not in _POOLING or len(old) > 1:
            raise EmbedderError(
                f"{self._folder / POOLING}: pooling {mode!r} is not one of {', '.join(_POOLING)}; "
                "the sentence-transformers embedder can run it"
            )
        return str(mode)

    def _device(self) -> tuple[str, str]:
        """What computes, and why nothing faster does."""
        with self._loading:
            used = self._loaded.session.get_providers()[0]
        if used != "CPUExecutionProvider":
            return used, ""
        import onnxruntime

        tried = [name for name in FASTER if name in onnxruntime.get_available_providers()]
        if tried:
            return "cpu", f"{tried[0]} is installed, but finds no device it can use"
        return "cpu", "the installed ONNX Runtime has no provider for a GPU"

    def _encode(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.floating[Any]]:
        with self._loading:
            session, tokenizer, output, pooling = self._loaded
        encodings = tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encodings], np.int64)
        known = {
            "input_ids": np.array([one.ids for one in encodings], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([one.type_ids for one in encodings], np.int64),
        }
        wanted = [one.name for one in session.get_inputs()]
        if strange := set(wanted) - known.keys():
            raise EmbedderError(
                f"{self._model}: wants the input {min(strange)}, which no encoder of texts has"
            )
        try:
            found = session.run(None, {name: known[name] for name in wanted})[output]
        except Exception as exc:  # its errors have no common type
            if is_out_of_memory(exc):
                raise MemoryError(_first_line(exc)) from exc
            raise EmbedderError(f"{self._model}: {_first_line(exc)}") from exc
        if found.ndim == 2:
            return np.asarray(found)
        if found.ndim != 3:
            raise EmbedderError(f"{self._model}: gives {found.ndim} dimensions; 2 or 3 are wanted")
        return _POOLING[pooling](np.asarray(found), mask)


def _mean(states: States, mask: Marks) -> States:
    weights = mask[:, :, None].astype(states.dtype)
    return np.asarray((states * weights).sum(1) / np.maximum(weights.sum(1), 1))


def _largest(states: States, mask: Marks) -> States:
    return np.asarray(np.where(mask[:, :, None] > 0, states, -np.inf).max(1))


def _last(states: States, mask: Marks) -> States:
    return np.asarray(states[np.arange(len(states)), mask.sum(1) - 1])


_POOLING: dict[str, Callable[[States, Marks], States]] = {
    "mean": _mean,
    "cls": lambda states, mask: states[:, 0],
    "max": _largest,
    "lasttoken": _last,
}
"""From the vectors of tokens [n, tokens, dims] and their attention mask [n, tokens] (padding behind the text) to one
vector a text."""

_OLD_NAMES = {"mean_tokens": "mean", "cls_token": "cls", "max_tokens": "max"}


def _first_line(exc: Exception) -> str:
    return (str(exc).strip().splitlines() or [repr(exc)])[0]
