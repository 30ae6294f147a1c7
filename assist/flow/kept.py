"""Vectors of an assistant's examples, kept in files: a process that starts need not compute them again."""

import hashlib
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assist.flow.embedding import Embedder, Vectors

log = logging.getLogger(__name__)


class Kept:
    """An `Embedder` that keeps what it embeds in a directory. For texts of files only, never for what callers say."""

    def __init__(self, embedder: Embedder, directory: Path) -> None:
        self._embedder = embedder
        self._directory = directory

    @property
    def version(self) -> str:
        return self._embedder.version

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of *texts*, from the file when the same texts were embedded before."""
        name = hashlib.sha256("\n".join([self.version, *texts]).encode()).hexdigest()
        path = self._directory / f"{name}.npy"
        try:
            vectors: Vectors = np.load(path, allow_pickle=False)
            if vectors.shape[0] == len(texts):
                return vectors
        except (OSError, ValueError, EOFError):
            # Missing, or cut short by a full disk: either way it is made anew.
            pass
        vectors = self._embedder.embed(texts)
        self._keep(path, vectors)
        return vectors

    def _keep(self, path: Path, vectors: Vectors) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._directory, delete=False) as file:
                np.save(file, vectors)
            Path(file.name).replace(path)
        except OSError as error:
            log.warning("vectors could not be kept: %s", error.strerror)
