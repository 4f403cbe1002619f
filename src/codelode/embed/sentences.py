"""Models of sentence-transformers, on the best device that PyTorch finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from codelode.embed.batching import BatchPolicy, largest_batch
from codelode.embed.embedder import EmbedderFacts
from codelode.embed.heavy import UNKNOWN_FREE_BYTES, HeavyEmbedder, free_memory, is_out_of_memory
from codelode.embed.modelfiles import fingerprint_of, model_folder
from codelode.embed.tokenizing import require
from codelode.errors import EmbedderError
from codelode.settings import Settings
from codelode.sharing import once

MODULES = "modules.json"
"""Lists the parts of a model: every folder of one has it."""

MOST_TEXTS = 1024


class SentenceEmbedder(HeavyEmbedder):
    """A folder of sentence-transformers, or a model in the hub's cache."""

    def __init__(self, target: str, root: str, settings: Settings) -> None:
        """Raises EmbedderError when the package or the model's files are missing."""
        super().__init__(settings)
        require("sentence_transformers", "sentence-transformers")
        self._folder = model_folder(target, root, MODULES)
        self._target = target

    @once
    def fingerprint(self) -> str:
        """Names the files and the prefix of texts."""
        files = [*self._folder.glob("**/*.json"), *self._folder.glob("**/*.safetensors")]
        return fingerprint_of("sentence-transformers", sorted(files), self._text_prefix)

    def facts(self) -> EmbedderFacts:
        """What it is and where it runs."""
        device, why = self._device
        return EmbedderFacts(self._target, device, why, self.dims, self._model_bytes)

    def new_policy(self) -> BatchPolicy:
        """From the memory that the device has free."""
        import torch

        device = self._device[0]
        if device.startswith("cuda"):  # ROCm's devices are called so too
            free = int(torch.cuda.mem_get_info()[0])
        else:
            free = free_memory() if device == "cpu" else UNKNOWN_FREE_BYTES
        return BatchPolicy(largest_batch(free, self._model_bytes), MOST_TEXTS)

    @property
    def _model_bytes(self) -> int:
        return sum(one.numel() * one.element_size() for one in self._model.parameters())

    @once
    def _device(self) -> tuple[str, str]:
        """The device, and why none faster is used."""
        import torch

        if torch.cuda.is_available():
            return "cuda:0", ""
        if torch.backends.mps.is_available():
            return "mps", ""
        if torch.version.cuda or torch.version.hip:
            return "cpu", "PyTorch finds no GPU that it can use"
        return "cpu", "the installed PyTorch is built for the CPU only"

    @once
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # the job has its own, and in the background nobody looks
        try:
            return SentenceTransformer(
                str(self._folder), device=self._device[0], local_files_only=True, trust_remote_code=False
            )
        except Exception as exc:  # each kind of model has its own errors
            raise EmbedderError(f"{self._folder}: sentence-transformers cannot load it: {exc}") from exc

    def _encode(self, texts: Sequence[str], *, query: bool) -> npt.NDArray[np.floating[Any]]:
        import torch

        with self._loading:
            model = self._model
        # A model with prompts of its own for either side applies them here.
        encode = model.encode_query if query else model.encode_document
        try:
            found = encode(list(texts), batch_size=len(texts), show_progress_bar=False, convert_to_numpy=True)
        except RuntimeError as exc:
            if not is_out_of_memory(exc):
                raise EmbedderError(f"{self._target}: {exc}") from exc
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            raise MemoryError(str(exc)) from exc
        return np.asarray(found)
