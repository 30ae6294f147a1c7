"""What a caller wants, by an assistant's examples; here by their words alone."""

from dataclasses import replace

import pytest

from assist.assistant import Assistant, load
from assist.flow.background import BACKGROUND
from assist.flow.intents import Intents, Library, opened
from tests.conversation import CLINIC, WordEmbedder


@pytest.fixture(scope="module")
def clinic() -> Assistant:
    return load(CLINIC)


async def intents_of(library: Library, assistant: Assistant) -> Intents:
    intents = await library.read(assistant)
    assert intents
    return intents


async def test_every_example_is_its_own_intent(clinic: Assistant) -> None:
    library = Library(WordEmbedder())
    intents = await intents_of(library, clinic)
    wrong = [
        example
        for name, intent in clinic.intents.items()
        for texts in intent.examples.values()
        for example in texts
        if (await library.match(intents, [example])).intent != name
    ]
    assert len(wrong) < 8, wrong


async def test_the_clinics_intents_have_enough_examples(clinic: Assistant) -> None:
    few = [
        (name, language)
        for name, intent in clinic.intents.items()
        for language, texts in intent.examples.items()
        if len(set(texts)) < 8
    ]
    assert few == []


async def test_words_of_no_example_are_no_intent(clinic: Assistant) -> None:
    library = Library(WordEmbedder())
    assert not (await library.match(await intents_of(library, clinic), ["xylophon brontosaurus"])).certain


async def test_another_reading_counts_when_the_first_is_not_clear(clinic: Assistant) -> None:
    library = Library(WordEmbedder())
    match = await library.match(await intents_of(library, clinic), ["xylophon", "dónde puedo aparcar"])
    assert (match.intent, match.certain) == ("parking", True)


async def test_a_clear_first_reading_is_enough(clinic: Assistant) -> None:
    embedder = WordEmbedder()
    library = Library(embedder)
    intents = await intents_of(library, clinic)
    embedder.read.clear()
    await library.match(intents, ["dónde puedo aparcar", "dónde puede aparcar"])
    assert embedder.read == ["dónde puedo aparcar"]


async def test_a_version_is_read_once_and_of_the_next_only_what_is_new(clinic: Assistant) -> None:
    embedder = WordEmbedder()
    library = Library(embedder)
    first = await library.read(clinic)
    assert set(embedder.read) >= set(BACKGROUND)
    embedder.read.clear()
    assert await library.read(clinic) is first
    assert embedder.read == []
    robot = replace(clinic.intents["robot"], examples={"es": ("¿es de metal?",), "en": ("are you real",)})
    changed = replace(clinic, version="next", intents={**clinic.intents, "robot": robot})
    assert await library.read(changed) is not first
    assert embedder.read == ["¿es de metal?"]


async def test_an_assistant_without_intents_has_none(clinic: Assistant) -> None:
    assert await Library(WordEmbedder()).read(replace(clinic, intents={})) is None


async def test_one_intent_in_one_language_is_enough(clinic: Assistant) -> None:
    only = replace(clinic.intents["parking"], examples={"es": ("dónde puedo aparcar",)})
    library = Library(WordEmbedder())
    match = await library.match(await intents_of(library, replace(clinic, intents={"x": only})), ["puedo aparcar"])
    assert (match.intent, match.language) == ("x", "es")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hola, buenos días, quería una cita", "quería una cita"),
        ("Good morning, I need a doctor", "I need a doctor"),
        ("Oiga, perdone: ¿dónde están?", "¿dónde están?"),
        ("buenos días", "buenos días"),
        ("Hola, adiós", "Hola, adiós"),
        ("hidden fees are bad", "hidden fees are bad"),
    ],
)
def test_courtesies_at_the_beginning_say_nothing_unless_they_are_all(text: str, rest: str) -> None:
    assert opened(text) == rest
