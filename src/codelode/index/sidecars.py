"""Reading vectors that came after their segment was sealed (`store.sidecars` says where they lie)."""

from __future__ import annotations

from pathlib import Path

from codelode.errors import CorruptIndexError, IndexFormatError
from codelode.index.vectors import VectorTable
from codelode.store.sidecars import sidecars_of


def open_sidecar(path: Path) -> VectorTable | None:
    """What a job before has done; a damaged sidecar is worth nothing, it is made again."""
    try:
        return VectorTable(path)
    except (FileNotFoundError, CorruptIndexError, IndexFormatError):
        return None


def dims_before(location: Path, fingerprint: str) -> int:
    """Dimensions of the vectors that an embedder has made for the index at `location`; 0 when it has made none."""
    for path in sidecars_of(location, fingerprint):
        table = open_sidecar(path)
        if table is not None:
            return table.dims
    return 0
