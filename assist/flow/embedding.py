"""Sentences as vectors: alike in meaning, alike in direction, whatever the language."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""One unit vector in each row."""


class Embedder(Protocol):
    """Turns sentences into vectors."""

    @property
    def version(self) -> str:
        """Vectors of one version can be compared."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each of *texts*. Blocks: call it in a thread. Threads may call it at once."""
        ...
