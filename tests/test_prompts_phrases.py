"""The sentences of an assistant that never change, as a call says them."""

from contextlib import aclosing
from pathlib import Path

import pytest

from assist.aio import Stream
from assist.assistant import Assistant, load
from assist.call.speech import Manner, Speech
from assist.llm import Part
from assist.prompts.phrases import Prompt, prompts
from tests.fakes import FakeVoice

CLINIC = Path(__file__).parents[1] / "config/assistants/clinica.yaml"

SHOP = """
languages: [es, en]
timezone: Europe/Madrid
phrases:
  es:
    greeting: "Soy el asistente automático de la tienda. ¿En qué puedo ayudarle?"
    outside_hours: "Lo siento, a esa hora no. {date} abrimos {hours}."
    fillers: [Un momento. Ya lo miro.]
  en: {greeting: I am the automatic assistant.}
intents:
  address:
    examples: {es: dónde están, en: where are you}
    answers: {es: "en la calle Mayor, junto a la plaza. El autobús para en la puerta.", en: On Main Street.}
  order:
    examples: {es: quiero un pedido, en: I want an order}
    form: order
questions:
  sure:
    ask: {es: "¿Está seguro?", en: "Are you sure?"}
    options:
      yes: {answers: {es: Hecho., en: Done.}}
      no: {answers: {es: Como quiera., en: As you like.}}
forms:
  order:
    slots:
      day:
        kind: date
        optional: true
        words: {es: el día, en: the day}
        ask: {es: "¿Para qué día?", en: "For which day?"}
        again: {es: "¿Qué día dice?", en: "Which day?"}
    confirm: {es: "[day: Será {day}.] ¿Es correcto?", en: "[day: It is {day}.] Right?"}
    change: {es: "¿Qué cambio?", en: "What shall I change?"}
    done: {es: Apuntado., en: I wrote it down.}
    cancelled: {es: Lo dejamos., en: We leave it.}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Assistant:
    path = tmp_path / "tienda.yaml"
    path.write_text(SHOP, encoding="utf-8")
    return load(path)


def texts(assistant: Assistant, language: str, *, fixed: bool = True) -> list[str]:
    return [prompt.text for prompt in prompts(assistant) if prompt.language == language and prompt.fixed is fixed]


def test_everything_an_assistant_says_is_found_in_each_language(shop: Assistant) -> None:
    spanish, english = texts(shop, "es"), texts(shop, "en")
    for text in (
        "Soy el asistente automático de la tienda.",
        "¿En qué puedo ayudarle?",
        "¿Está seguro?",
        "Hecho.",
        "Como quiera.",
        "¿Para qué día?",
        "¿Qué día dice?",
        "¿Qué cambio?",
        "Apuntado.",
        "Lo dejamos.",
        "¿Sigue usted ahí?",
    ):
        assert text in spanish
    assert {"I am the automatic assistant.", "On Main Street.", "Right?", "I wrote it down."} <= set(english)
    assert not {"dónde están", "el día"} & set(spanish)


def test_what_the_embedded_brain_says_begins_with_a_capital(shop: Assistant) -> None:
    assert "En la calle Mayor, junto a la plaza." in texts(shop, "es")


def test_sentences_with_placeholders_are_told_apart_from_those_beside_them(shop: Assistant) -> None:
    assert "Lo siento, a esa hora no." in texts(shop, "es")
    assert "{date} abrimos {hours}." in texts(shop, "es", fixed=False)
    assert "¿Es correcto?" in texts(shop, "es")


def test_a_filler_is_said_whole(shop: Assistant) -> None:
    assert "Un momento. Ya lo miro." in texts(shop, "es")


def test_each_sentence_is_rendered_once(shop: Assistant) -> None:
    found = prompts(shop)
    assert len(set(found)) == len(found)
    assert Prompt("es", "Hecho.") in found


def test_the_shipped_clinic_has_many() -> None:
    found = prompts(load(CLINIC))
    assert sum(prompt.fixed for prompt in found) > 100


async def test_a_call_gives_its_voice_the_same_sentences(shop: Assistant) -> None:
    voice = FakeVoice()

    async def reply() -> Stream[Part]:
        yield "Hecho. En la calle Mayor, junto a la plaza. El autobús para en la puerta. ¿Para qué día?"

    async with aclosing(reply()) as parts, Speech(parts, voice, Manner("es")) as speech:
        await speech._tasks[0]
    assert len(voice.diary) == 4
    assert set(voice.diary) <= set(texts(shop, "es"))
