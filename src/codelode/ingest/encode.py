"""The vectors that a build makes itself: those of the bundled model, group by group."""

from __future__ import annotations

from pathlib import Path

from codelode.embed.static import bundled
from codelode.index.vectors import VectorsWriter
from codelode.text.groups import Group
from codelode.text.subwords import path_text


class GroupEncoder:
    """Collects the vectors of a segment's chunks: 292 bytes each until they are written."""

    def __init__(self) -> None:
        """Raises EmbedderError when the model is missing."""
        self._model = bundled()
        self._writer = VectorsWriter(self._model.dims)

    def add(self, group: Group) -> None:
        """Encode the chunks of `group`, which come after those of the groups before."""
        paths = [path_text(path) for path in group.paths]
        self._writer.add(self._model.encode_split(group.split.lower(), group.starts, paths, group.counts))

    def write(self, path: Path) -> None:
        """Write the file of vectors; raises StorageError."""
        self._writer.write(path, self._model.fingerprint)
