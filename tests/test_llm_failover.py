import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.errors import ProviderError
from assist.llm import (
    CollectDigits,
    Dialog,
    HangUp,
    Language,
    LanguageModel,
    Message,
    Notes,
    Pace,
    Part,
    Speaker,
    Usage,
)
from assist.llm.failover import BETWEEN, FIRST, Deadlines, Failover, Reply
from assist.llm.sentences import Sentences
from assist.provider.contest import END, MOMENT, End, Run
from assist.provider.member import Member
from tests.scripted_engines import DOWN, REFUSED, STALL, Brain, Report, Steps, members, nothing_left, usually
from tests.virtual_time import skip_waits

QUESTION = Message(Speaker.CALLER, "¿Qué horario tienen?")
USAGE = Usage(100, 0, 20)
FIRST_SENTENCE, SECOND_SENTENCE = "Abrimos de nueve a seis. ", "Los sábados, hasta las dos. "


@pytest.fixture(autouse=True)
async def _skip_waits() -> None:
    skip_waits()


def dialog(*messages: Message) -> Dialog:
    return Dialog("es", list(messages or [QUESTION]), {"step": 1})


class Answer:
    """What came of a reply."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.times: list[float] = []
        self.failure: ProviderError | None = None

    @property
    def sentences(self) -> list[str]:
        return [part.strip() for part in self.parts if isinstance(part, str)]

    @property
    def actions(self) -> list[Part]:
        return [part for part in self.parts if not isinstance(part, str)]


async def answer(brain: Failover, asked: Dialog | None = None) -> Answer:
    clock, answered = asyncio.get_running_loop().time, Answer()
    start = clock()
    async with nothing_left(), aclosing(brain.reply(asked or dialog())) as parts:
        try:
            async for part in parts:
                answered.parts.append(part)
                answered.times.append(round(clock() - start, 3))
        except ProviderError as error:
            answered.failure = error
    return answered


def failover(*brains: Brain, report: Report | None = None) -> Failover:
    return Failover(members(*brains), (report if report is not None else Report()).append)


async def test_one_that_is_well_is_passed_on_in_whole_sentences_as_soon_as_they_are_complete() -> None:
    steps = [0.4, "Abrimos de ", 0.1, "nueve a seis.", 0.1, " Los sá", 0.1, "bados no.", 0.1, USAGE, HangUp()]
    first, second, report = Brain(steps), Brain([DOWN]), Report()
    answered = await answer(failover(first, second, report=report))
    assert answered.sentences == ["Abrimos de nueve a seis.", "Los sábados no."]
    assert answered.actions == [USAGE, HangUp()]
    assert answered.times == [0.5, 0.7, 0.8, 0.8]
    assert (second.diary, report) == ([], [])


@pytest.mark.parametrize(
    ("steps", "reason", "after"),
    [
        ([DOWN], "down", 0.0),
        ([0.5, DOWN], "down", 0.5),
        ([REFUSED], "status 401", 0.0),
        ([KeyError("what was said")], "KeyError", 0.0),
        ([STALL], "no answer in time", FIRST.usual),
        (["Abrimos de", STALL], "no answer in time", BETWEEN.usual),
        (["Abrimos de", DOWN], "down", 0.0),
        ([Notes({"step": 2}), Language("en"), DOWN], "down", 0.0),
    ],
)
async def test_before_a_whole_sentence_another_answers_as_if_nothing_had_been(
    steps: Steps, reason: str, after: float, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, report = Brain(steps), Brain([0.3, FIRST_SENTENCE]), Report()
    answered = await answer(failover(first, second, report=report))
    assert answered.parts == [f"{FIRST_SENTENCE.strip()}\n"]
    assert answered.times == [pytest.approx(after + 0.3, abs=2 * MOMENT)]
    assert second.diary == [dialog()]
    assert report.names == [("a", reason, "b")]
    assert "what was said" not in caplog.text


@pytest.mark.parametrize("end", [[DOWN], [STALL], ["Y los", DOWN], ["Y los", STALL]])
async def test_in_mid_reply_another_goes_on_from_what_was_passed_on(end: Steps) -> None:
    first = Brain([FIRST_SENTENCE, *end])
    second, report = Brain([SECOND_SENTENCE, HangUp()]), Report()
    answered = await answer(failover(first, second, report=report))
    assert answered.sentences == [FIRST_SENTENCE.strip(), SECOND_SENTENCE.strip()]
    assert answered.actions == [HangUp()]
    assert second.diary == [dialog(QUESTION, Message(Speaker.ASSISTANT, FIRST_SENTENCE.strip()))]
    assert [told[::2] for told in report.names] == [("a", "b")]


async def test_the_beginning_of_an_answer_that_is_resumed_is_told_as_one() -> None:
    begun = dialog(QUESTION, Message(Speaker.ASSISTANT, "Claro."))
    first, second = Brain([FIRST_SENTENCE, DOWN]), Brain([SECOND_SENTENCE])
    await answer(failover(first, second), begun)
    assert first.diary == [begun]
    assert second.diary == [dialog(QUESTION, Message(Speaker.ASSISTANT, f"Claro. {FIRST_SENTENCE.strip()}"))]
    assert begun == dialog(QUESTION, Message(Speaker.ASSISTANT, "Claro.")), "unchanged"


@pytest.mark.parametrize(
    ("said", "again", "new"),
    [
        (["Abrimos a las nueve. "], "¡Abrimos, a las NUEVE! Y cerramos a las seis.", ["Y cerramos a las seis."]),
        (["Sí. ", "Abrimos a las nueve. "], "Sí. Abrimos a las nueve. ¿Algo más?", ["¿Algo más?"]),
        (
            ["Claro. ", "Abrimos de lunes a viernes, a las nueve de la mañana. "],
            "Abrimos de lunes a viernes, a las nueve de la mañana. ¿Algo más?",
            ["¿Algo más?"],
        ),
        (["Sí, a las nueve. "], "Los sábados no. A las nueve. Sí.", ["Los sábados no.", "A las nueve.", "Sí."]),
        (["Abrimos. "], "Bip. Bip.", ["Bip.", "Bip."]),
    ],
)
async def test_what_it_repeats_nevertheless_is_dropped(said: list[str], again: str, new: list[str]) -> None:
    answered = await answer(failover(Brain([*said, DOWN]), Brain([*again])))
    assert answered.sentences == [*(sentence.strip() for sentence in said), *new]


async def test_a_model_may_repeat_itself() -> None:
    answered = await answer(failover(Brain(["Marque uno. Marque uno. ", Pace(0.8), "Marque uno."])))
    assert answered.sentences == ["Marque uno."] * 3


async def test_what_a_reply_that_broke_off_wanted_done_after_its_text_is_not_done() -> None:
    first = Brain(["Le paso. ", CollectDigits(4), Notes({"step": 9}), USAGE, DOWN])
    second = Brain(["Un momento."])
    answered = await answer(failover(first, second))
    assert answered.actions == [USAGE]
    assert second.diary[0].notes == {"step": 1}


async def test_what_was_done_is_not_done_again_and_the_next_knows_of_it() -> None:
    beginning = [Notes({"step": 2}), Language("en"), Pace(0.8), "We open at nine. "]
    first, second = Brain([*beginning, DOWN]), Brain([*beginning, Pace(1.0), "And close at six.", HangUp()])
    answered = await answer(failover(first, second))
    assert answered.parts == [
        Notes({"step": 2}),
        Language("en"),
        Pace(0.8),
        "We open at nine.\n",
        Pace(1.0),
        "And close at six.\n",
        HangUp(),
    ]
    assert (second.diary[0].language, second.diary[0].notes) == ("en", {"step": 2})


async def test_nothing_is_waited_for_after_the_end_of_the_call_was_asked_for() -> None:
    report = Report()
    answered = await answer(failover(Brain(["Adiós.", HangUp(), STALL]), Brain([DOWN]), report=report))
    assert (answered.sentences, answered.actions, report) == (["Adiós."], [HangUp()], [])


async def test_when_all_fail_the_last_error_is_raised() -> None:
    last = ProviderError("b", "down too", temporary=True)
    report = Report()
    answered = await answer(failover(Brain([FIRST_SENTENCE, DOWN]), Brain([last]), report=report))
    assert answered.sentences == [FIRST_SENTENCE.strip()]
    assert answered.failure is last
    assert report.names == [("a", "down", "b"), ("b", "down too", "")]


async def test_the_last_one_is_waited_for_longer() -> None:
    slow = [FIRST.alone - 0.1, "Abrimos ", BETWEEN.alone - 0.1, "a las nueve."]
    assert (await answer(failover(Brain([DOWN]), Brain(slow)))).sentences == ["Abrimos a las nueve."]
    failed = await answer(failover(Brain([STALL])))
    assert failed.failure is not None
    assert failed.failure.reason == "no answer in time"


async def test_the_listener_may_take_his_time() -> None:
    """A sentence is read aloud for ten seconds, while the rest of the reply arrives."""
    first, report = Brain([FIRST_SENTENCE, 0.5, SECOND_SENTENCE, 0.5, HangUp()]), Report()
    parts = []
    async with aclosing(failover(first, Brain([DOWN]), report=report).reply(dialog())) as reply:
        async for part in reply:
            parts.append(part)
            await asyncio.sleep(10)
    assert len(parts) == 3
    assert report == []


async def test_one_that_is_later_than_usual_gets_company_and_the_first_sentence_wins() -> None:
    first, second, report = Brain([1.2, "Tarde."]), Brain([0.3, "Pronto.", 1.0, "Y más."]), Report()
    team = members(first, second)
    usually(team[0], 0.5)
    answered = await answer(Failover(team, report.append))
    assert answered.sentences == ["Pronto.", "Y más."]
    assert answered.times == pytest.approx([0.8, 1.8], abs=2 * MOMENT)
    assert report.names == [("a", "late", "b")]


async def test_company_that_is_later_still_is_let_go() -> None:
    first, second, report = Brain([0.6, "Pronto.", 1.0, "Y más."]), Brain([0.3, "Tarde."]), Report()
    team = members(first, second)
    usually(team[0], 0.5)
    answered = await answer(Failover(team, report.append))
    assert (answered.sentences, report) == (["Pronto.", "Y más."], [])
    assert second.script.under_way == 0
    assert team[1].circuit.admits(0)


async def test_who_goes_on_in_mid_reply_gets_company_too() -> None:
    brains = [Brain([FIRST_SENTENCE, DOWN]), Brain([1.2, "Tarde."]), Brain([0.3, "Pronto."])]
    team, report = members(*brains), Report()
    usually(team[1], 0.5)
    answered = await answer(Failover(team, report.append))
    assert answered.sentences == [FIRST_SENTENCE.strip(), "Pronto."]
    assert report.names == [("a", "down", "b"), ("b", "late", "c")]


async def test_a_poorer_brain_is_no_company() -> None:
    first, flow = Brain([1.2, "Tarde."]), Brain(["Pronto."])
    team = members(first)
    usually(team[0], 0.5)
    poorer = members(flow)[0]
    brain = Failover([team[0], replace(poorer, beside=False)], Report().append)
    assert (await answer(brain)).sentences == ["Tarde."]
    assert flow.diary == []


@pytest.mark.parametrize("moment", [0.1, 0.6, 1.0, FIRST.usual + 0.1, FIRST.usual + 0.6])
async def test_a_caller_who_hangs_up_ends_everything_at_once(moment: float) -> None:
    async def ask(team: list[Member[LanguageModel]]) -> None:
        await answer(Failover(team, Report().append))

    for steps in ([0.3, FIRST_SENTENCE, STALL], [STALL]):
        first, second = Brain(steps), Brain(steps)
        team = members(first, second)
        usually(team[0], 0.5)
        asking = asyncio.create_task(ask(team))
        await asyncio.sleep(moment)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert (first.script.under_way, second.script.under_way) == (0, 0)


TEXT = st.text(alphabet="aé .,;!?¿\n3Dr", max_size=300)


def cut(parts: Iterable[str]) -> list[str]:
    sentences = Sentences()
    return [each for part in parts for each in sentences.feed(part)] + sentences.flush()


@given(TEXT, st.integers(1, 30))
def test_whoever_cuts_it_again_finds_the_same_sentences_at_once(text: str, size: int) -> None:
    pieces: list[str] = [text[at : at + size] for at in range(0, len(text), size)]
    reply, run, again = Reply(dialog(), Deadlines()), _run(), Sentences()
    found = []
    fed: list[str | End] = [*pieces, END]
    for piece in fed:
        passed = [part for part in reply.feed(run, piece) if isinstance(part, str)]
        found_now = [sentence for part in passed for sentence in again.feed(part)]
        assert len(found_now) == len(passed), "as soon as it is passed on"
        found += found_now
    assert found == cut(pieces)


def _run() -> Run[LanguageModel]:
    member = members(Brain())[0]
    return Run(member, member.circuit.begin(0), admitted=True, started=0)
