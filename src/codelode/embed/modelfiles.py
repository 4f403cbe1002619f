"""Where the files of a model are, and telling one model from another: nothing is ever downloaded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from codelode.errors import EmbedderError

SAMPLE_BYTES = 1 << 20
"""Read from either end of a file of weights to tell it from another: hashing a whole one can take a second."""

_TYPES = {
    "F32": np.float32,
    "F16": np.float16,
    "F64": np.float64,
    "I8": np.int8,
    "I64": np.int64,
    "I32": np.int32,
}


def model_folder(target: str, root: str, needed: str) -> Path:
    """The folder of the model `target`: a folder (relative ones count from `root`), or a hub name whose files the hub's
    cache on this machine holds.  Raises EmbedderError unless it has the file `needed`."""
    folder = Path(root, target).expanduser()
    if folder.is_dir():
        if not (folder / needed).is_file():
            raise EmbedderError(f"{folder} holds no {needed}: it is no such model")
        return folder
    if target.count("/") == 1 and not target.startswith((".", "~", "/")):
        cached = _in_hub_cache(target, needed)
        if cached is not None:
            return cached
        raise EmbedderError(
            f"{target} is no folder, and not in this machine's hub cache ({hub_cache()}); codelode downloads nothing "
            f"by itself: fetch it with `hf download {target}` (pip install huggingface_hub)"
        )
    raise EmbedderError(f"{folder}: no such folder; give the folder that holds the model's {needed}")


def hub_cache() -> Path:
    """Where the hub's own tools keep what they downloaded."""
    if given := os.environ.get("HF_HUB_CACHE"):
        return Path(given)
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(home, "hub").expanduser()


def _in_hub_cache(name: str, needed: str) -> Path | None:
    folder = hub_cache() / f"models--{name.replace('/', '--')}"
    revision = folder / "refs" / "main"
    if not revision.is_file():
        return None
    snapshot = folder / "snapshots" / revision.read_text().strip()
    return snapshot if (snapshot / needed).is_file() else None


def fingerprint_of(kind: str, files: list[Path], *more: str) -> str:
    """Names vectors made with the model in `files` (those that exist) in the way that `more` says."""
    digest = xxhash.xxh3_64("\0".join(more).encode())
    for path in files:
        if path.is_file():
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                digest.update(f"{path.name}\0{size}\0".encode())
                for start in (0, max(size - SAMPLE_BYTES, SAMPLE_BYTES)):
                    file.seek(start)
                    digest.update(file.read(SAMPLE_BYTES))
    return f"{kind}-{digest.hexdigest()}"


def read_json(path: Path) -> dict[str, Any]:
    """The object in the JSON file `path`; empty when there is no such file.  Raises EmbedderError for another thing."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError as exc:
        raise EmbedderError(f"{path}: is not JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise EmbedderError(f"{path}: holds no JSON object")
    return found


def read_tensors(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The tensors of a safetensors file by name, mapped, not read.  Raises EmbedderError when it is none.

    The format: https://github.com/huggingface/safetensors#format: 8 bytes with the length of a JSON header, the header
    (dtype, shape, first and last byte of each tensor), the tensors."""
    try:
        data = np.memmap(path, np.uint8, "r")
        length = int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8 : 8 + length].tobytes())
        base = 8 + length
        found = {}
        for name, info in header.items():
            if name != "__metadata__":
                start, end = info["data_offsets"]
                raw = data[base + start : base + end]
                found[name] = raw.view(_TYPES[info["dtype"]]).reshape(info["shape"])
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise EmbedderError(f"{path}: is no safetensors file that codelode reads: {exc!r}") from exc
    return found
