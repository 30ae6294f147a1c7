"""Conversations, scripted like a score: real ears on human voices, and fakes for the line, the brain and the voice."""

import asyncio
from dataclasses import replace

import pytest

from assist.assistant import Assistant, load
from assist.assistant.script import Option, Question
from assist.call.call import FAILURES
from assist.call.channel import TransferOutcome
from assist.call.events import Heard, Said, Turn
from assist.call.session import Session
from assist.call.speech import Manner
from assist.errors import ProviderError
from assist.llm import CollectDigits, Dialog, HangUp, Language, Message, Notes, Speaker, Transfer
from tests.fakes import WORD, FakeChannel, FakeMemory, FakeVoice
from tests.score import in_call

GREETING = "Clínica de prueba, soy un asistente automático."
DOWN = ProviderError("fake", "down", temporary=True)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    path = tmp_path_factory.mktemp("assistants") / "prueba.yaml"
    path.write_text(
        f"""
        languages: [es, en]
        timezone: Europe/Madrid
        destinations: {{recepcion: sofia/gateway/carrier/reception}}
        phrases:
          es:
            greeting: "{GREETING}"
            silent_goodbye: Cuelgo.
            still_there: ¿Está ahí?
            trouble: No funciona.
            deaf: No entiendo nada.
          en: {{greeting: "I am an automatic assistant."}}
        intents:
          person:
            examples:
              es: [una persona, con alguien, un humano, recepción, pásame, hablar, agente, operador]
              en: [a person, someone, a human, reception, put me through, talk, agent, operator]
            transfer: recepcion
        """,
        encoding="utf-8",
    )
    return load(path)


async def test_the_caller_is_greeted_and_answered(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Están abiertos?"], [["Hasta ", "las seis."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert score.channel.diary == ["answer"]
        assert score.said == [GREETING, "Hasta las seis."]
        assert score.heard == ["¿Están abiertos?"]
        assert score.brain.asked == [[GREETING, "¿Están abiertos?"]]
        turn = next(event for event in score.events if isinstance(event, Turn))
        assert (turn.heard, turn.said, turn.interrupted) == ("¿Están abiertos?", "Hasta las seis.", False)
        assert turn.end_of_turn_ms is not None and turn.end_of_turn_ms >= 600


async def test_an_engine_that_knows_a_turn_is_complete_shortens_the_wait(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Horario?", "A las seis."], [["De nueve a seis."], ["Muy bien."]]) as (score, _):
        for _ in range(2):
            await score.caller_speaks()
            await score.settle()
        waits = [event.end_of_turn_ms for event in score.events if isinstance(event, Turn)]
        assert [wait is not None and wait >= 600 for wait in waits] == [True, False]


async def test_a_caller_who_changes_the_language_is_followed(assistant: Assistant) -> None:
    understood = ["¿Horario?", "en:Opening hours?", "en:Thanks."]
    async with in_call(assistant, understood, [["De nueve a seis."], ["Nine to six."], ["Bye."]]) as (score, _):
        for _ in understood:
            await score.caller_speaks()
            await score.settle()
        assert [language for language, _ in score.voice.manners] == ["es", "es", "en", "en"]
        assert score.session.dialog.language == "en"
        assert [event.language for event in score.events if isinstance(event, Heard)] == ["es", "en", "en"]


async def test_a_language_the_assistant_does_not_speak_changes_nothing(assistant: Assistant) -> None:
    async with in_call(assistant, ["xx:Hmm hmm."], [["Perdone."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert score.voice.manners[-1][0] == "es"


async def test_a_noise_in_another_language_changes_nothing(assistant: Assistant) -> None:
    async with in_call(assistant, ["en:", "¿Horario?"], [["De nueve a seis."]]) as (score, _):
        await score.caller_speaks()
        await score.caller_speaks()
        await score.settle()
        assert score.voice.manners[-1][0] == "es"


async def test_speaking_over_a_reply_silences_it_and_is_answered(assistant: Assistant) -> None:
    channel = FakeChannel(1 << 40, 6 * WORD)
    async with in_call(
        assistant, ["¿Horario?", "¿El domingo?"], [["Abrimos de nueve a seis. Cerramos a mediodía."], ["No."]],
        channel=channel,
    ) as (score, _):  # fmt: skip
        await score.caller_speaks()
        await channel.stuck.wait()
        await score.caller_speaks()
        await score.settle()
        assert score.said == [GREETING, "Abrimos de nueve a seis.", "No."]
        assert score.dialog[1:] == [
            ("caller", "¿Horario?"),
            ("assistant", "Abrimos de nueve a seis."),
            ("caller", "¿El domingo?"),
            ("assistant", "No."),
        ]


async def test_a_noise_over_a_reply_only_delays_it(assistant: Assistant) -> None:
    channel = FakeChannel(1 << 40, 5 * WORD)
    reply = "Abrimos de nueve a seis todos los días."
    async with in_call(assistant, ["¿Horario?", ""], [[reply]], channel=channel) as (score, _):
        await score.caller_speaks()
        await channel.stuck.wait()
        await score.caller_speaks()
        await score.settle()
        assert score.said == [GREETING, reply]
        assert len(channel.played) == 3
        assert [event.interrupted for event in score.events if isinstance(event, Said)] == [False, False]


async def test_what_is_said_before_the_answer_began_continues_the_question(assistant: Assistant) -> None:
    gate = asyncio.Event()
    async with in_call(
        assistant, ["Quiero una cita", "para mañana."], [["¿Para cuándo?"], ["De acuerdo."]], gate=gate
    ) as (score, _):
        await score.caller_speaks()
        await score.caller_speaks()
        gate.set()
        await score.settle()
        assert score.brain.asked[-1] == [GREETING, "Quiero una cita para mañana."]
        assert score.said == [GREETING, "De acuerdo."]


async def test_notes_of_a_reply_nobody_heard_are_forgotten(assistant: Assistant) -> None:
    gate = asyncio.Event()
    async with in_call(
        assistant, ["Uno", "dos"], [[Notes({"a": 1}), "X."], [Notes({"b": 2}), "Y."]], gate=gate
    ) as (score, _):  # fmt: skip
        await score.caller_speaks()
        await score.caller_speaks()
        gate.set()
        await score.settle()
        assert score.session.dialog.notes == {"b": 2}


async def test_keys_are_answered_like_words(assistant: Assistant) -> None:
    async with in_call(assistant, [], [["Ha marcado.", CollectDigits(2)], ["Gracias."]]) as (score, _):
        for key in "7#":
            score.ear.press(key)
        await score.settle()
        for key in "42":
            score.ear.press(key)
        await score.settle()
        assert score.heard == ["7", "42"]
        assert score.said == [GREETING, "Ha marcado.", "Gracias."]


async def test_a_silent_caller_is_asked_and_then_the_call_ends(assistant: Assistant) -> None:
    async with in_call(assistant) as (score, running):
        for _ in range(3):
            await score.silence(7.5)
            await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert score.said == [GREETING, "¿Está ahí?", "¿Está ahí?", "Cuelgo."]
        assert score.channel.diary == ["answer", "hang up"]


async def test_a_caller_who_answers_the_goodbye_is_not_hung_up_on(assistant: Assistant) -> None:
    channel = FakeChannel(*[1 << 40] * 3, WORD)
    async with in_call(assistant, ["¡Espere!"], [["Dígame."]], channel=channel) as (score, running):
        for _ in range(3):
            await score.silence(7.5)
            await score.settle()
        await channel.stuck.wait()
        await score.caller_speaks()
        await score.settle()
        assert not running.done()
        assert score.said[-1] == "Dígame."


async def test_the_brain_ends_the_call_once_its_goodbye_was_heard(assistant: Assistant) -> None:
    async with in_call(assistant, ["Adiós."], [["Hasta luego.", HangUp()]]) as (score, running):
        await score.caller_speaks()
        assert await running == "NORMAL_CLEARING"
        assert score.said[-1] == "Hasta luego."


async def test_speaking_over_the_goodbye_keeps_the_call(assistant: Assistant) -> None:
    channel = FakeChannel(1 << 40, 4 * WORD)
    async with in_call(
        assistant, ["Adiós.", "Una cosa más."], [["Hasta luego, que tenga buen día.", HangUp()], ["Dígame."]],
        channel=channel,
    ) as (score, running):  # fmt: skip
        await score.caller_speaks()
        await channel.stuck.wait()
        await score.caller_speaks()
        await score.settle()
        assert not running.done()
        assert score.said[-1] == "Dígame."


@pytest.mark.parametrize("outcome", list(TransferOutcome))
async def test_a_transfer_that_ends_brings_the_caller_back_to_the_assistant(
    assistant: Assistant, outcome: TransferOutcome
) -> None:
    channel = FakeChannel(transfers=[outcome])
    async with in_call(
        assistant, ["Una persona."], [["Le paso.", Transfer("recepcion")], ["¿Algo más?"]], channel=channel
    ) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert channel.diary == ["answer", "transfer sofia/gateway/carrier/reception"]
        assert score.brain.asked[-1][-1] == f"transfer {outcome.value}"
        assert score.said == [GREETING, "Le paso.", "¿Algo más?"]


async def test_nobody_is_called_who_is_not_on_the_list(assistant: Assistant) -> None:
    async with in_call(assistant, ["Llama a Pepe."], [[Transfer("pepe")], ["No puedo."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert score.channel.diary == ["answer"]
        assert score.brain.asked[-1][-1] == "transfer failed"


async def test_the_language_of_the_rest_of_the_call_may_change(assistant: Assistant) -> None:
    async with in_call(assistant, ["English?", "Bye."], [[Language("en"), "Hello."], ["Bye."]]) as (score, _):
        await score.caller_speaks()
        await score.caller_speaks()
        await score.settle()
        assert [language for language, _ in score.voice.manners] == ["es", "en", "en"]
        assert score.session.dialog.language == "en"


async def test_a_failure_is_told_and_the_call_goes_on(assistant: Assistant) -> None:
    async with in_call(assistant, ["Hola.", "¿Hola?"], [DOWN, ["Buenas."]]) as (score, running):
        await score.caller_speaks()
        await score.caller_speaks()
        await score.settle()
        assert score.said == [GREETING, "No funciona.", "Buenas."]
        assert not running.done()


async def test_failures_in_a_row_give_the_call_to_the_dialplan(assistant: Assistant) -> None:
    async with in_call(assistant, ["Hola."] * FAILURES, [DOWN] * FAILURES) as (score, running):
        for _ in range(FAILURES):
            await score.caller_speaks()
        with pytest.raises(ProviderError):
            await running
        assert score.channel.diary == ["answer"]


async def test_a_caller_whom_nobody_understands_is_told_so_and_may_press_keys(assistant: Assistant) -> None:
    async with in_call(assistant, [DOWN], [["Recepción."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        score.ear.press("0")
        score.ear.press("#")
        await score.settle()
        assert score.said == [GREETING, "No entiendo nada.", "Recepción."]
        assert score.heard == ["0"]


async def test_a_caller_whom_nobody_understands_is_offered_the_keys_of_the_menu(assistant: Assistant) -> None:
    ask, person = {"es": ("Para citas, pulse uno.",), "en": ("For appointments, press one.",)}, Option(key="1")
    menus = {"words": Question({"es": ("¿Qué?",)}, {"yes": Option()}), "keys": Question(ask, {"person": person})}
    with_menu = replace(assistant, questions=menus, lost=("words", "keys"))
    async with in_call(with_menu, [DOWN]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert " ".join(score.said[1:]) == "No entiendo nada. Para citas, pulse uno."


async def test_whoever_is_not_understood_over_the_greeting_or_the_apology_is_told_too(assistant: Assistant) -> None:
    channel = FakeChannel(WORD, WORD)
    async with in_call(assistant, [DOWN, DOWN, "Hola."], [["Buenas."]], channel=channel) as (score, running):
        await channel.stuck.wait()
        await score.caller_speaks()
        await score.caller_speaks()
        await score.settle()
        await score.caller_speaks()
        await score.settle()
        assert not running.done()
        assert score.said[-2:] == ["No entiendo nada.", "Buenas."]


async def test_who_is_never_understood_is_left_to_the_dialplan(assistant: Assistant) -> None:
    async with in_call(assistant, [DOWN] * FAILURES) as (score, running):
        for _ in range(FAILURES):
            await score.caller_speaks()
            await score.settle()
        with pytest.raises(ProviderError):
            await running
        assert score.said == [GREETING, *["No entiendo nada."] * (FAILURES - 1)]
        assert score.channel.diary == ["answer"]


async def test_a_call_without_a_voice_is_given_to_the_dialplan(assistant: Assistant) -> None:
    async with in_call(assistant, voice=FakeVoice(fails=True)) as (score, running):
        with pytest.raises(ProviderError):
            await running
        assert "hang up" not in score.channel.diary


async def test_the_store_may_be_down(assistant: Assistant) -> None:
    async with in_call(assistant, ["Hola."], [["Buenas."]], memory=FakeMemory(down=True)) as (score, _):
        await score.caller_speaks()
        await score.settle()
        assert score.said == [GREETING, "Buenas."]


async def test_the_question_is_kept_before_its_answer_is_heard(assistant: Assistant) -> None:
    channel = FakeChannel(1 << 40, WORD)
    async with in_call(
        assistant, ["Hola."], [[Notes({"step": 1}), "Buenas tardes a todos."]], channel=channel
    ) as (score, _):  # fmt: skip
        await score.caller_speaks()
        await channel.stuck.wait()
        session = score.session
        assert session.dialog.messages[-1] == Message(Speaker.CALLER, "Hola.", ("Hola.",))
        assert (session.reply, session.reply_notes) == ("Buenas tardes a todos.", {"step": 1})
        assert 0 < channel.forgotten <= session.position <= score.ear.position


async def test_a_call_that_was_taken_over_hears_what_was_said_meanwhile(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Horario?"], [["De nueve a seis."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        before = replace(score.session, reply="De nueve a seis.", reply_notes={"step": 2})
        before.dialog.messages.pop()
    async with in_call(assistant, ["¿Y el sábado?"], [["Cerrado."]], session=before) as (score, _):
        assert score.channel.since == before.position
        await score.caller_speaks()
        await score.settle()
        assert score.brain.asked == [[GREETING, "¿Horario?", "De nueve a seis.", "¿Y el sábado?"]]
        assert score.said == ["Cerrado."]


async def test_a_call_that_was_taken_over_gives_the_answer_that_was_due(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Horario?"], [["De nueve a seis."]]) as (score, _):
        await score.caller_speaks()
        await score.settle()
        before = replace(score.session, reply="De nueve a seis.")
        before.dialog.messages.pop()
    async with in_call(assistant, [], [["De nueve a seis."]], session=before) as (score, _):
        await score.silence(1)
        await score.settle()
        assert score.brain.asked == [[GREETING, "¿Horario?"]]
        assert score.said == ["De nueve a seis."]


async def test_a_long_call_ends_politely(assistant: Assistant) -> None:
    short = replace(assistant, timing=replace(assistant.timing, max_call_s=30))
    session = Session("prueba", "1", Dialog("es"), Manner("es"), started_at=0)
    async with in_call(short, session=session) as (score, running):
        assert await running == "NORMAL_CLEARING"
        assert score.said == [assistant.phrases["es"].too_long]


@pytest.mark.parametrize("moment", ["greeting", "listening", "understanding", "answering"])
async def test_the_caller_hangs_up_at_any_moment(assistant: Assistant, moment: str) -> None:
    channel = FakeChannel(*([WORD] if moment == "greeting" else [1 << 40, WORD]))
    async with in_call(assistant, ["Hola."], [["Buenas tardes a todos."]], channel=channel) as (score, running):
        if moment == "understanding":
            await score.caller_begins()
        if moment == "answering":
            await score.caller_speaks()
            await channel.stuck.wait()
        channel.end("ORIGINATOR_CANCEL")
        assert await running == "ORIGINATOR_CANCEL"
