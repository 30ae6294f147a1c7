"""What every language model must show, whichever it is.

`THINKING` is asked of every engine, of the real services too; `SERVED` of those that have a local server, which thinks
by `thinker`; so is `fails`, with each of `hosted.FAULTS`.
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from pathlib import Path
from typing import TypeAlias

import pytest
from pydantic import JsonValue

from assist.assistant import load
from assist.errors import ProviderError
from assist.llm import Brains, Dialog, HangUp, LanguageModel, Message, Part, Speaker, Transfer, Usage
from assist.provider import Kind, Opened
from tests.contracts import hosted
from tests.providers import Fault, ProviderServer

ASSISTANT = load(Path(__file__).parent.parent / "data" / "assistants" / "centralita.yaml")

SOON = 20.0
"""Seconds after which what is waited for will not come; a real service is given as much."""

GREETING = Message(Speaker.ASSISTANT, "Ha llamado a la clínica. ¿En qué puedo ayudarle?")
QUESTION = Message(Speaker.CALLER, "¿Abren el lunes?")
BEGINNING = "Sí, abrimos los lunes"
REST = ", de nueve a dos."


Thinking: TypeAlias = Callable[[LanguageModel], Awaitable[None]]
Served: TypeAlias = Callable[[ProviderServer, Opened[Brains]], Awaitable[None]]


def thinker(dialog: Sequence[str]) -> Sequence[Part]:
    """Answer as `ASSISTANT` would: what a local server thinks with."""
    said = " ".join(dialog[1:])
    if "factura" in said:
        return ["Le paso con ", "facturación.", Transfer("billing")]
    if "Adiós" in said:
        return ["Gracias por llamar. ", "Adiós.", HangUp()]
    # Who is told its own beginning is asked for the rest of it.
    return [", de nueve ", "a dos."] if BEGINNING in dialog else [BEGINNING, REST]


def examined(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch, **options: JsonValue
) -> AbstractAsyncContextManager[Opened[Brains]]:
    """Lend the engine of *server*, opened as a call would have it whose assistant chose *options*."""
    return hosted.examined(Kind.LLM, server, monkeypatch, options)


@pytest.fixture
async def opened(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[Brains]]:
    """The engine of a test module's *server*."""
    async with examined(server, monkeypatch) as engine:
        yield engine


def asked(text: str = QUESTION.text) -> Dialog:
    return Dialog("es", [GREETING, Message(Speaker.CALLER, text)])


async def answer(brain: LanguageModel, dialog: Dialog) -> list[Part]:
    async with asyncio.timeout(SOON), aclosing(brain.reply(dialog)) as reply:
        return [part async for part in reply]


def spoken(parts: Sequence[Part]) -> str:
    return "".join(part for part in parts if isinstance(part, str))


def actions(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if not isinstance(part, str | Usage)]


# Of every model


async def a_question_is_answered_aloud(brain: LanguageModel) -> None:
    parts = await answer(brain, asked())
    assert any(word in spoken(parts).lower() for word in ("nueve", "9", "lunes"))
    assert not set(spoken(parts)) & set("*#[]`")
    assert actions(parts) == []


async def whoever_asks_for_somebody_is_transferred(brain: LanguageModel) -> None:
    parts = await answer(brain, asked("Páseme con facturación, es por una factura."))
    assert actions(parts) == [Transfer("billing")]
    assert parts[-1] == Transfer("billing")


async def a_goodbye_ends_the_call_after_the_words(brain: LanguageModel) -> None:
    parts = await answer(brain, asked("Nada más, gracias. Adiós."))
    assert actions(parts) == [HangUp()]
    assert parts[-1] == HangUp()


async def what_it_cost_is_told(brain: LanguageModel) -> None:
    (cost,) = [part for part in await answer(brain, asked()) if isinstance(part, Usage)]
    assert 0 <= cost.cached <= cost.input
    assert cost.input > 0
    assert cost.output > 0


async def an_answer_that_is_begun_is_not_begun_again(brain: LanguageModel) -> None:
    dialog = Dialog("es", [GREETING, QUESTION, Message(Speaker.ASSISTANT, BEGINNING)])
    rest = spoken(await answer(brain, dialog))
    assert BEGINNING.lower() not in rest.lower()


async def the_dialog_is_not_changed(brain: LanguageModel) -> None:
    for dialog in (asked(), Dialog("es", [QUESTION, Message(Speaker.ASSISTANT, BEGINNING)])):
        before = copy.deepcopy(dialog)
        await answer(brain, dialog)
        assert dialog == before


async def many_calls_are_answered_at_once(brain: LanguageModel) -> None:
    questions = [QUESTION.text, "Páseme con facturación, es por una factura."] * 4
    answers = await asyncio.gather(*(answer(brain, asked(text)) for text in questions))
    assert [actions(parts) for parts in answers] == [[], [Transfer("billing")]] * 4


THINKING: list[Thinking] = [
    a_question_is_answered_aloud,
    whoever_asks_for_somebody_is_transferred,
    a_goodbye_ends_the_call_after_the_words,
    what_it_cost_is_told,
    an_answer_that_is_begun_is_not_begun_again,
    the_dialog_is_not_changed,
    many_calls_are_answered_at_once,
]


# Of those with a local server


async def the_beginning_is_there_before_the_end(server: ProviderServer, opened: Opened[Brains]) -> None:
    server.fault = Fault.STALLED
    async with aclosing(opened.engine(ASSISTANT).reply(asked())) as reply:
        assert await asyncio.wait_for(anext(reply), SOON) == BEGINNING
        assert not server.client_left.is_set()


async def closing_in_mid_reply_frees_the_connection(server: ProviderServer, opened: Opened[Brains]) -> None:
    before = hosted.tasks_of_ours()
    server.fault = Fault.STALLED
    async with aclosing(opened.engine(ASSISTANT).reply(asked())) as reply:
        assert await asyncio.wait_for(anext(reply), SOON)
    await _freed(server, opened, before)


async def cancelling_before_the_first_word_frees_the_connection(server: ProviderServer, opened: Opened[Brains]) -> None:
    before = hosted.tasks_of_ours()
    server.fault = Fault.SILENT
    waiting = asyncio.create_task(answer(opened.engine(ASSISTANT), asked()))
    await asyncio.wait_for(server.asked.wait(), SOON)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    await _freed(server, opened, before)


async def being_warm_already_is_no_trouble(server: ProviderServer, opened: Opened[Brains]) -> None:
    await asyncio.gather(opened.warm(), opened.warm())
    await opened.warm()
    assert spoken(await answer(opened.engine(ASSISTANT), asked())) == BEGINNING + REST


SERVED: list[Served] = [
    the_beginning_is_there_before_the_end,
    closing_in_mid_reply_frees_the_connection,
    cancelling_before_the_first_word_frees_the_connection,
    being_warm_already_is_no_trouble,
]


async def fails(server: ProviderServer, opened: Opened[Brains], fault: Fault) -> None:
    """The *fault* is told as what it is, after one try and without the words; the next question is answered."""
    brain, requests = opened.engine(ASSISTANT), server.requests
    server.fault = fault
    with pytest.raises(ProviderError) as caught:
        await answer(brain, asked())
    hosted.assert_told(caught.value, fault, server, QUESTION.text)
    assert server.requests - requests <= 1
    server.fault = None
    assert spoken(await answer(brain, asked())) == BEGINNING + REST


async def _freed(server: ProviderServer, opened: Opened[Brains], before: set[asyncio.Task[object]]) -> None:
    """The service has seen the client leave, nothing goes on, and the next question is answered."""
    await asyncio.wait_for(server.client_left.wait(), SOON)
    server.fault = None
    assert spoken(await answer(opened.engine(ASSISTANT), asked())) == BEGINNING + REST
    assert not hosted.tasks_of_ours() - before
