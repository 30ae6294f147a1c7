"""The beginning of a call that we placed, on a real ear: whoever or whatever answers gets what is meant for them."""

import numpy as np
import pytest

from assist.assistant import Assistant, load
from assist.call.answer_words import Kind
from assist.call.channel import Direction, Listener
from assist.call.errand import Errand
from assist.call.events import Answered, CallBack, Ended, OptedOut, Said
from assist.errors import ProviderError, StoreError
from assist.switch.recording import READ_BYTES
from tests.fakes import FOREVER, WORD, FakeChannel, FakeVoice
from tests.recordings import recording
from tests.score import SILENCE, Score, in_call

GREETING = "Hola, soy el asistente automático de la clínica, por su cita."
MESSAGE = "Llamamos de la clínica por su cita."
INTRODUCTION = "Es la clínica, por una cita."
ERRAND = Errand(GREETING, message=MESSAGE, introduction=INTRODUCTION)
HELLO = recording("es", "vm-sorry").audio[: 2 * 6400]
MONOLOGUE = recording("es", "tt-weasels").audio
TAPE = recording("es", "vm-nobodyavail").audio
"""A voicemail that a person spoke."""
LEAVE_ONE = "Deje su mensaje después de la señal."
DOWN = ProviderError("fake", "down", temporary=True)


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    path = tmp_path_factory.mktemp("assistants") / "llama.yaml"
    path.write_text(
        """
        languages: es
        timezone: Europe/Madrid
        phrases:
          es:
            greeting: Soy un asistente automático.
            opted_out: No le llamaremos más.
            call_back_when: ¿Cuándo?
            call_back_at: Le llamamos {when}.
            call_back_later: Le llamamos otro día.
            deaf: No entiendo nada.
            still_there: ¿Sigue ahí?
        """,
        encoding="utf-8",
    )
    return load(path)


def outbound(*hears: int) -> FakeChannel:
    return FakeChannel(*hears, direction=Direction.OUTBOUND)


def beep(hertz: float = 1000.0, seconds: float = 0.4) -> bytes:
    time = np.arange(round(seconds * 8000)) / 8000
    return (6000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes() + SILENCE * 10


def kinds(score: Score) -> list[Kind]:
    return [event.kind for event in score.events if isinstance(event, Answered)]


async def says(score: Score, audio: bytes = HELLO, silence: float = 0.8) -> None:
    await score.hears(audio)
    await score.silence(silence)
    await score.settle()


async def test_a_person_is_greeted_as_soon_as_the_hello_pauses_and_then_answered(assistant: Assistant) -> None:
    async with in_call(
        assistant, ["¿Hola?", "Sí, dígame qué."], [["Es por su cita."]], channel=outbound(), errand=ERRAND
    ) as (score, _):
        await score.hears(HELLO)
        assert score.said == []
        await score.silence(0.36)
        await score.settle()
        assert score.said == [GREETING]
        await score.silence(0.4)
        await says(score)
        assert score.said == [GREETING, "Es por su cita."]
        assert sorted(score.brain.asked[0]) == sorted(["¿Hola?", GREETING, "Sí, dígame qué."])
        assert kinds(score) == [Kind.HUMAN]


async def test_whoever_says_nothing_is_greeted_after_two_seconds(assistant: Assistant) -> None:
    async with in_call(assistant, channel=outbound(), errand=ERRAND) as (score, _):
        await score.silence(1.9)
        await score.settle()
        assert score.said == []
        await score.silence(0.2)
        await score.settle()
        assert (score.said, kinds(score)) == ([GREETING], [])


async def test_without_an_errand_the_assistants_greeting_waits_for_the_hello_too(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Sí?"], channel=outbound()) as (score, _):
        assert score.said == []
        await says(score)
        assert score.said == ["Soy un asistente automático."]


async def test_who_calls_us_is_greeted_at_once(assistant: Assistant) -> None:
    async with in_call(assistant) as (score, _):
        assert score.said == ["Soy un asistente automático."]


async def test_a_voicemail_gets_the_message_after_its_beep(assistant: Assistant) -> None:
    async with in_call(assistant, [LEAVE_ONE, ""], channel=outbound(), errand=ERRAND) as (score, running):
        await says(score, MONOLOGUE)
        assert score.said == []
        await score.hears(beep())
        await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert score.said == [MESSAGE]
        assert kinds(score) == [Kind.VOICEMAIL]
        assert score.brain.asked == []


async def test_a_beep_before_the_words_are_understood_counts(assistant: Assistant) -> None:
    async with in_call(assistant, [LEAVE_ONE, ""], channel=outbound(), errand=ERRAND) as (score, running):
        await score.hears(MONOLOGUE + SILENCE * 20 + beep())
        await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert score.said == [MESSAGE]


@pytest.mark.parametrize("words", ["En este momento nadie está libre para responder a su llamada.", "Nadie sabe.", ""])
@pytest.mark.parametrize("gap", [0.0, 0.1, 0.3, 0.7])
async def test_a_persons_voice_on_a_tape_and_a_beep_are_a_voicemail(
    assistant: Assistant, gap: float, words: str
) -> None:
    async with in_call(assistant, [words, "", ""], channel=outbound(), errand=ERRAND) as (score, running):
        await score.silence(0.4)
        await score.hears(TAPE + bytes(round(gap * 8000) * 2) + beep(seconds=0.5))
        await score.silence(0.7)
        await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert score.said[-1] == MESSAGE
        assert kinds(score)[-1] is Kind.VOICEMAIL
        assert score.brain.asked == []


class Late(FakeChannel):
    """A line that has been recorded for a while when somebody listens at last: all of it is heard at once."""

    def __init__(self, recorded: bytes) -> None:
        super().__init__(direction=Direction.OUTBOUND)
        self._recorded = recorded

    async def listen(self, listener: Listener, since: int = 0) -> None:
        await super().listen(listener, since)
        for start in range(0, len(self._recorded), READ_BYTES):
            listener.hear(self._recorded[start : start + READ_BYTES])


@pytest.mark.parametrize("words", [LEAVE_ONE, ""])
async def test_a_voicemail_that_has_greeted_and_beeped_before_anybody_listened_gets_the_message(
    assistant: Assistant, words: str
) -> None:
    channel = Late(SILENCE * 20 + TAPE + SILENCE * 20 + beep() + SILENCE * 50)
    async with in_call(assistant, [words, ""], channel=channel, errand=ERRAND) as (score, running):
        await score.silence(0.7)
        await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert score.said == [MESSAGE]
        assert kinds(score)[-1] is Kind.VOICEMAIL


async def test_a_person_who_said_hello_before_anybody_listened_is_greeted_at_once(assistant: Assistant) -> None:
    channel = Late(SILENCE * 20 + HELLO + SILENCE * 50)
    async with in_call(assistant, ["¿Hola?"], channel=channel, errand=ERRAND) as (score, _):
        await score.settle()
        assert (score.said, kinds(score)) == ([GREETING], [Kind.HUMAN])


async def test_a_voicemail_without_a_beep_gets_the_message_after_its_silence(assistant: Assistant) -> None:
    async with in_call(assistant, [LEAVE_ONE], channel=outbound(), errand=ERRAND) as (score, running):
        await says(score, MONOLOGUE)
        await score.silence(4.1)
        assert await running == "NORMAL_CLEARING"
        assert score.said == [MESSAGE]


async def test_a_voicemail_for_which_there_is_no_message_is_hung_up_on(assistant: Assistant) -> None:
    async with in_call(assistant, [LEAVE_ONE], channel=outbound(), errand=Errand(GREETING)) as (score, running):
        await says(score, MONOLOGUE)
        assert await running == "NORMAL_CLEARING"
        assert (score.said, kinds(score)) == ([], [Kind.VOICEMAIL])


async def test_a_machine_that_goes_on_after_its_hello_silences_the_greeting_and_gets_the_message(
    assistant: Assistant,
) -> None:
    channel = outbound(2 * WORD)
    async with in_call(assistant, ["Hola.", LEAVE_ONE, ""], channel=channel, errand=ERRAND) as (score, running):
        await says(score)
        await channel.stuck.wait()
        await says(score, MONOLOGUE)
        await score.hears(beep())
        assert await running == "NORMAL_CLEARING"
        assert [(event.text, event.interrupted) for event in score.events if isinstance(event, Said)] == [
            ("Hola, soy", True),
            (MESSAGE, False),
        ]
        assert kinds(score) == [Kind.HUMAN, Kind.VOICEMAIL]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Para ventas marque uno, para soporte marque dos.", Kind.IVR),
        ("El número marcado no existe.", Kind.INVALID),
        ("El teléfono al que llama está apagado o fuera de cobertura.", Kind.UNAVAILABLE),
    ],
)
async def test_other_machines_are_hung_up_on(assistant: Assistant, words: str, kind: Kind) -> None:
    async with in_call(assistant, [words], channel=outbound(), errand=ERRAND) as (score, running):
        await says(score, MONOLOGUE)
        await score.silence(2.6)
        assert await running == "NORMAL_CLEARING"
        assert (score.said, kinds(score)[-1]) == ([], kind)


async def test_a_machine_that_asks_who_calls_is_told_and_the_person_who_comes_is_greeted(assistant: Assistant) -> None:
    understood = ["Diga su nombre y el motivo de su llamada.", "Gracias, espere.", "¿Diga?"]
    async with in_call(assistant, understood, channel=outbound(), errand=ERRAND) as (score, _):
        await says(score, MONOLOGUE)
        assert score.said == [INTRODUCTION]
        await says(score)
        await says(score)
        assert score.said == [INTRODUCTION, GREETING]
        assert kinds(score)[-2:] == [Kind.SCREENED, Kind.HUMAN]


async def test_nobody_who_comes_ends_the_call(assistant: Assistant) -> None:
    understood = ["Diga su nombre y el motivo de su llamada."]
    async with in_call(assistant, understood, channel=outbound(), errand=ERRAND) as (score, running):
        await says(score, MONOLOGUE)
        await score.silence(25.5)
        assert await running == "NORMAL_CLEARING"
        assert kinds(score)[-1] is Kind.SCREENED


async def test_a_noise_over_the_greeting_only_delays_it(assistant: Assistant) -> None:
    channel = outbound(3 * WORD)
    async with in_call(assistant, ["¿Hola?", ""], channel=channel, errand=ERRAND) as (score, _):
        await says(score)
        await channel.stuck.wait()
        await says(score)
        assert score.said == [GREETING]


async def test_what_a_person_says_over_the_greeting_is_answered(assistant: Assistant) -> None:
    channel = outbound(3 * WORD)
    async with in_call(assistant, ["¿Hola?", "¿Qué vende?"], [["No vendo nada."]], channel=channel, errand=ERRAND) as (
        score,
        _,
    ):
        await says(score)
        await channel.stuck.wait()
        await says(score)
        assert score.said == ["Hola, soy el", "No vendo nada."]


async def test_a_person_who_is_not_understood_is_told_so(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Hola?", DOWN], channel=outbound(), errand=ERRAND) as (score, running):
        await says(score)
        await says(score)
        assert score.said == [GREETING, "No entiendo nada."]
        assert not running.done()


async def test_a_voicemail_that_is_not_understood_is_known_by_its_beep(assistant: Assistant) -> None:
    async with in_call(assistant, [DOWN, ""], channel=outbound(), errand=ERRAND) as (score, running):
        await says(score, TAPE)
        await score.hears(beep())
        await score.silence(0.7)
        await score.settle()
        assert await running == "NORMAL_CLEARING"
        assert (score.said, kinds(score)[-1]) == ([MESSAGE], Kind.VOICEMAIL)


async def test_a_hello_that_is_not_understood_is_greeted_all_the_same(assistant: Assistant) -> None:
    async with in_call(assistant, [DOWN], channel=outbound(), errand=ERRAND) as (score, _):
        await says(score)
        assert (score.said, kinds(score)) == ([GREETING], [])


async def test_what_is_being_said_when_the_meeting_ends_is_answered_too(assistant: Assistant) -> None:
    async with in_call(
        assistant, ["¿Hola?", "¿Quién es?"], [["Bien."], ["La clínica."]], channel=outbound(), errand=ERRAND
    ) as (score, _):
        await says(score)
        await score.hears(HELLO)
        for key in "1#":
            score.ear.press(key)
        await score.settle()
        await score.silence(0.8)
        await score.settle()
        assert score.heard == ["¿Hola?", "1", "¿Quién es?"]
        assert score.said[-1] == "La clínica."


async def test_a_machine_that_is_known_only_after_a_while_gets_the_message_too(assistant: Assistant) -> None:
    understood = ["¿Hola?", "Bienvenido.", LEAVE_ONE, ""]
    async with in_call(assistant, understood, [["Bien."]], channel=outbound(), errand=ERRAND) as (score, running):
        for _ in range(3):
            await says(score)
        await score.hears(beep())
        assert await running == "NORMAL_CLEARING"
        assert score.said == [GREETING, "Bien.", MESSAGE]
        assert kinds(score) == [Kind.HUMAN, Kind.VOICEMAIL]


async def test_a_call_that_is_over_leaves_nothing_behind(assistant: Assistant) -> None:
    channel = outbound(2 * WORD)
    async with in_call(assistant, ["¿Hola?"], channel=channel, errand=ERRAND) as (score, running):
        await says(score)
        await channel.stuck.wait()
        channel.end("ORIGINATOR_CANCEL")
        assert await running == "ORIGINATOR_CANCEL"


@pytest.mark.parametrize("gap", [0.0, 0.2])
async def test_words_that_are_understood_after_the_far_end_has_hung_up_still_tell_who_it_was(
    assistant: Assistant, gap: float
) -> None:
    channel = outbound()
    async with in_call(assistant, ["El número marcado no existe."], channel=channel, errand=ERRAND) as (score, running):
        await score.hears(TAPE)
        await score.silence(gap)
        channel.end("NORMAL_CLEARING")
        assert await running == "NORMAL_CLEARING"
        assert kinds(score)[-1] is Kind.INVALID
        assert score.heard == ["El número marcado no existe."]
        assert score.events[-1] == Ended("NORMAL_CLEARING", {})


async def test_what_nobody_understands_by_the_end_of_a_call_is_judged_by_its_length(
    assistant: Assistant,
) -> None:
    channel = outbound()
    async with in_call(assistant, [DOWN], channel=channel, errand=ERRAND) as (score, running):
        await score.hears(TAPE)
        channel.end("NORMAL_CLEARING")
        assert await running == "NORMAL_CLEARING"
        assert (score.said, kinds(score)) == ([], [Kind.VOICEMAIL])


# Wishes


class Register:
    """Where it is written down who is not to be called again."""

    def __init__(self, failures: int = 0) -> None:
        self.asked = 0
        self._failures = failures

    async def opted_out(self) -> None:
        self.asked += 1
        if self.asked <= self._failures:
            raise StoreError("Redis: ConnectionError")


def with_register(register: Register) -> Errand:
    return Errand(GREETING, opted_out=register.opted_out)


async def test_who_does_not_want_to_be_called_again_is_written_down_before_it_is_promised(assistant: Assistant) -> None:
    register, channel = Register(), outbound(FOREVER, WORD)
    async with in_call(assistant, ["¿Hola?", "No me llamen más."], channel=channel, errand=with_register(register)) as (
        score,
        running,
    ):
        await says(score)
        await says(score)
        await channel.stuck.wait()
        assert register.asked == 1
        assert OptedOut(True) in score.events
        assert score.brain.asked == []
        assert not running.done()


async def test_after_the_promise_the_call_ends(assistant: Assistant) -> None:
    async with in_call(
        assistant, ["¿Hola?", "Bórreme de la lista."], channel=outbound(), errand=with_register(Register())
    ) as (score, running):
        await says(score)
        await says(score)
        assert await running == "NORMAL_CLEARING"
        assert score.said == [GREETING, "No le llamaremos más."]


async def test_the_key_nine_means_the_same_also_over_the_greeting(assistant: Assistant) -> None:
    register, channel = Register(), outbound(3 * WORD)
    async with in_call(assistant, ["¿Hola?"], channel=channel, errand=with_register(register)) as (score, running):
        await says(score)
        await channel.stuck.wait()
        for key in "9#":
            score.ear.press(key)
        assert await running == "NORMAL_CLEARING"
        assert register.asked == 1
        assert score.said == ["Hola, soy el", "No le llamaremos más."]


@pytest.mark.parametrize(("failures", "told"), [(1, [False, True]), (9, [False])])
async def test_a_wish_that_cannot_be_written_down_is_tried_again_and_told(
    assistant: Assistant, failures: int, told: list[bool]
) -> None:
    register = Register(failures)
    async with in_call(
        assistant, ["¿Hola?", "No me llamen más."], channel=outbound(), errand=with_register(register)
    ) as (score, running):
        await says(score)
        await says(score)
        await running
        assert [event.kept for event in score.events if isinstance(event, OptedOut)] == told


async def test_who_calls_us_is_understood_by_the_brain_alone(assistant: Assistant) -> None:
    async with in_call(assistant, ["No me llamen más."], [["Bien."]]) as (score, _):
        await says(score)
        assert score.said[-1] == "Bien."


async def test_a_person_who_names_another_time_is_promised_it(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Hola?", "Llámeme mañana a las diez."], channel=outbound(), errand=ERRAND) as (
        score,
        running,
    ):
        await says(score)
        await says(score)
        assert await running == "NORMAL_CLEARING"
        assert score.said[1:] == ["Le llamamos mañana a las diez de la mañana."]
        assert [event.at is not None for event in score.events if isinstance(event, CallBack)] == [True]


async def test_a_person_who_leaves_the_time_open_is_asked(assistant: Assistant) -> None:
    async with in_call(
        assistant, ["¿Hola?", "Llámeme más tarde.", "Mañana a las cinco."], channel=outbound(), errand=ERRAND
    ) as (score, running):
        for _ in range(3):
            await says(score)
        assert await running == "NORMAL_CLEARING"
        assert score.said[1:] == ["¿Cuándo?", "Le llamamos mañana a las cinco de la tarde."]


async def test_a_time_that_is_not_told_is_left_to_us(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Hola?", "Llámeme más tarde.", "No sé."], channel=outbound(), errand=ERRAND) as (
        score,
        running,
    ):
        for _ in range(3):
            await says(score)
        assert await running == "NORMAL_CLEARING"
        assert score.said[-1] == "Le llamamos otro día."
        assert [event.at for event in score.events if isinstance(event, CallBack)] == [None]


async def test_who_answered_is_still_known_to_who_takes_the_call_over(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Hola?", "Sí."], [["Bien."]], channel=outbound(), errand=ERRAND) as (score, _):
        await says(score)
        await says(score)
        before = score.session
    async with in_call(assistant, session=before, channel=outbound(), errand=ERRAND) as (score, _):
        await score.settle()
        assert kinds(score) == [Kind.HUMAN]
        assert score.said == []


async def test_a_greeting_that_nobody_can_speak_leaves_the_call_to_the_dialplan(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Hola?"], channel=outbound(), errand=ERRAND, voice=FakeVoice(fails=True)) as (
        score,
        running,
    ):
        await says(score)
        with pytest.raises(ProviderError):
            await running
