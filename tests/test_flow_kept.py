"""Vectors of examples, kept in files."""

import logging
from pathlib import Path

import numpy as np
import pytest

from assist.flow.intents import Library
from assist.flow.kept import Kept
from tests.conversation import WordEmbedder, clinic

TEXTS = ["dónde están", "a qué hora abren"]


def test_the_same_texts_are_embedded_once_for_all_processes(tmp_path: Path) -> None:
    first = Kept(WordEmbedder(), tmp_path / "vectors").embed(TEXTS)
    other = WordEmbedder()
    assert np.array_equal(Kept(other, tmp_path / "vectors").embed(TEXTS), first)
    assert other.read == []


def test_other_texts_are_embedded(tmp_path: Path) -> None:
    embedder = WordEmbedder()
    kept = Kept(embedder, tmp_path)
    kept.embed(TEXTS)
    kept.embed(TEXTS[:1])
    assert embedder.read == [*TEXTS, TEXTS[0]]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no vectors"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    first = Kept(WordEmbedder(), tmp_path).embed(TEXTS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert np.array_equal(Kept(WordEmbedder(), tmp_path).embed(TEXTS), first)
    assert np.array_equal(np.load(path), first)


def test_without_a_place_to_keep_them_they_are_embedded_each_time(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with caplog.at_level(logging.WARNING):
        assert Kept(WordEmbedder(), blocked).embed(TEXTS).shape == (2, 384)
    assert "vectors could not be kept" in caplog.text


async def test_what_callers_say_is_not_embedded_by_what_keeps_it() -> None:
    callers, examples = WordEmbedder(), WordEmbedder()
    library = Library(callers, examples)
    intents = await library.read(clinic())
    assert intents
    await library.match(intents, ["me llamo Ana"])
    assert callers.read == ["me llamo Ana"]
    assert "me llamo Ana" not in examples.read
