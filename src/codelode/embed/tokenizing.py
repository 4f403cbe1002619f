"""Hugging Face's tokenizers, from the tokenizer.json beside a model: the package is part of two extras."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import EmbedderError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = "tokenizer.json"


def require(package: str, extra: str) -> None:
    """Raises EmbedderError with what to install unless the Python package `package` is there."""
    if find_spec(package) is None:
        raise EmbedderError(
            f"the embedder needs the package {package}, which is not installed: pip install 'codelode[{extra}]'"
        )


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of the model in `folder`; raises EmbedderError."""
    from tokenizers import Tokenizer

    path = folder / FILE
    try:
        return Tokenizer.from_file(str(path))
    except Exception as exc:  # the package raises plain Exception
        raise EmbedderError(f"{path}: cannot be read as a tokenizer: {exc}") from exc
