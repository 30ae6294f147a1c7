"""What OpenAI's language model answers, and answers that are broken."""

import json
from contextlib import aclosing
from dataclasses import replace

import pytest

from assist.llm import (
    Brains,
    CollectDigits,
    Dialog,
    HangUp,
    LanguageModel,
    Message,
    Notes,
    Part,
    Speaker,
    Transfer,
    Usage,
)
from assist.provider import Opened
from tests import openai_brain
from tests.contracts import llm as contract
from tests.openai_brain import QUESTION, failure, parts
from tests.providers.http import HttpService
from tests.providers.openai import KEY
from tests.providers.openai_chat import USAGE, Completions, Cut, Step, Wait, chunk, end, event, text, tool_call

chat, server, opened, brain = openai_brain.chat, openai_brain.server, openai_brain.opened, openai_brain.brain


async def test_text_is_passed_on_as_it_comes(server: HttpService, chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text("Sí", ", de ", "nueve a dos."), Wait()]
    async with aclosing(brain.reply(QUESTION)) as reply:
        assert [await anext(reply) for _ in range(3)] == ["Sí", ", de ", "nueve a dos."]
        assert not server.client_left.is_set()


async def test_a_reply_ends_with_the_stream(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text("Sí."), *end()]
    assert await parts(brain) == ["Sí."]


async def test_events_may_be_split_anywhere(chat: Completions, brain: LanguageModel) -> None:
    whole = b"".join(step for step in [*text("Sí, ", "mañana."), *end()] if isinstance(step, bytes))
    chat.says = [whole[start : start + 7] for start in range(0, len(whole), 7)]
    assert await parts(brain) == ["Sí, ", "mañana."]


@pytest.mark.parametrize(
    ("name", "arguments", "action"),
    [
        ("transfer", ('{"desti', 'nation": "bil', 'ling"}'), Transfer("billing")),
        ("collect_digits", ('{"count"', ": 9}"), CollectDigits(9)),
        ("hang_up", ("{}",), HangUp()),
        ("hang_up", (), HangUp()),
    ],
)
async def test_a_tool_call_follows_the_text(
    chat: Completions, brain: LanguageModel, name: str, arguments: tuple[str, ...], action: Part
) -> None:
    chat.says = [*text("Un momento."), *tool_call(0, name, *arguments), *end("tool_calls")]
    assert await parts(brain) == ["Un momento.", action]


NOTING = replace(contract.ASSISTANT, find_out={"comes": ("yes", "no"), "when": ("soon", "later")})


def note(index: int, name: str, answer: str) -> list[Step]:
    return tool_call(index, f"note_{name}", json.dumps({"answer": answer}))


async def test_what_is_found_out_is_noted_beside_what_was_before(chat: Completions, opened: Opened[Brains]) -> None:
    dialog = replace(QUESTION, notes={"slots": {"name": "Ana", "when": "later"}, "other": 1})
    chat.says = [*text("Muy bien."), *note(0, "comes", "yes"), *note(1, "when", "soon"), *end("tool_calls")]
    assert await parts(opened.engine(NOTING), dialog) == [
        "Muy bien.",
        Notes({"slots": {"name": "Ana", "when": "soon", "comes": "yes"}, "other": 1}),
    ]
    names = [tool["function"]["name"] for tool in chat.diary[0]["tools"]]
    assert names[-2:] == ["note_comes", "note_when"]


async def test_it_is_noted_before_the_call_ends(chat: Completions, opened: Opened[Brains]) -> None:
    chat.says = [*text("Adiós."), *tool_call(0, "hang_up", "{}"), *note(1, "comes", "no"), *end("tool_calls")]
    assert await parts(opened.engine(NOTING)) == ["Adiós.", Notes({"slots": {"comes": "no"}}), HangUp()]


async def test_whoever_only_notes_something_down_is_asked_to_go_on(chat: Completions, opened: Opened[Brains]) -> None:
    chat.turns = [
        [*note(0, "comes", "yes"), *end("tool_calls")],
        [*text("¿Algo más?"), *note(0, "when", "soon"), *end("tool_calls")],
    ]
    answer = list(await contract.answer(opened.engine(NOTING), QUESTION))
    spent = [part for part in answer if isinstance(part, Usage)]
    assert [part for part in answer if not isinstance(part, Usage)] == [
        "¿Algo más?",
        Notes({"slots": {"comes": "yes", "when": "soon"}}),
    ]
    assert [len(request["messages"]) for request in chat.diary] == [3, 4]
    assert spent[-1] == spent[0].plus(spent[0]), "both requests are paid for"


async def test_whoever_only_ever_notes_things_down_says_nothing_for_good(
    chat: Completions, opened: Opened[Brains]
) -> None:
    chat.says = [*note(0, "comes", "yes"), *end("tool_calls")]
    assert await parts(opened.engine(NOTING)) == [Notes({"slots": {"comes": "yes"}})]
    assert len(chat.diary) == 2


@pytest.mark.parametrize(("name", "answer"), [("comes", "perhaps"), ("goes", "yes")])
async def test_an_answer_that_there_is_not_is_not_noted(
    chat: Completions, opened: Opened[Brains], name: str, answer: str
) -> None:
    chat.says = [*text("Bien."), *note(0, name, answer), *end("tool_calls")]
    assert "cannot be done" in str(await failure(opened.engine(NOTING)))


async def test_of_several_endings_the_first_counts_and_comes_last(chat: Completions, brain: LanguageModel) -> None:
    calls = [
        *tool_call(0, "transfer", '{"destination": "doctor"}'),
        *tool_call(1, "hang_up", "{}"),
        *tool_call(2, "collect_digits", '{"count": 4}'),
    ]
    chat.says = [*calls, *end("tool_calls")]
    assert await parts(brain) == [CollectDigits(4), Transfer("doctor")]


async def test_what_a_reply_cost_is_told(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text("Sí."), *end()]
    assert await contract.answer(brain, QUESTION) == ["Sí.", USAGE]


@pytest.mark.parametrize("last", [[Wait()], [Cut()], [b"data: garbage\n\n"], []])
async def test_a_reply_that_was_complete_is_no_failure(
    chat: Completions, brain: LanguageModel, last: list[Step]
) -> None:
    """Servers differ in what follows the finish reason."""
    chat.says = [*text("Sí."), *tool_call(0, "hang_up"), chunk({}, "tool_calls"), *last]
    assert await parts(brain) == ["Sí.", HangUp()]


async def test_of_an_answer_that_was_begun_nothing_may_be_missing(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text(), *end()]
    begun = Dialog("es", [*QUESTION.messages, Message(Speaker.ASSISTANT, "Sí, hasta las dos.")])
    assert await parts(brain, begun) == []


async def test_calls_that_a_server_gives_one_index_are_told_apart(chat: Completions, brain: LanguageModel) -> None:
    calls = [*tool_call(0, "collect_digits", '{"count": 4}', id="a"), *tool_call(0, "hang_up", "{}", id="b")]
    chat.says = [*calls, *end("tool_calls")]
    assert await parts(brain) == [CollectDigits(4), HangUp()]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ([Cut()], "the connection failed"),
        ([], "the reply broke off"),
        ([b"data: {not json\n\n"], "the answer is malformed"),
        ([b"data: [1, 2]\n\n"], "the answer is malformed"),
        ([b"data: \xff\xfe\n\n"], "the answer is malformed"),
        ([event({"choices": [{"delta": "text"}]})], "the answer is malformed"),
        ([event({"choices": None})], "the answer is malformed"),
        ([event({"error": {"message": KEY, "code": "server_error"}})], "the server gave up in mid-reply"),
    ],
)
async def test_a_broken_stream_is_temporary(
    chat: Completions, brain: LanguageModel, broken: list[Step], reason: str
) -> None:
    chat.says = [*text("Sí, "), *broken]
    error = await failure(brain)
    assert (str(error), error.temporary) == (f"openai: {reason}", True)


async def test_a_web_page_in_place_of_a_stream_is_no_reply(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [b"<html>Welcome to our network</html>"]
    assert (await failure(brain)).temporary


async def test_an_empty_reply_is_a_failure(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text(), *end()]
    assert str(await failure(brain)) == "openai: the reply is empty"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("transfer", '{"destination": "the Moon"}'),
        ("transfer", '{"destination": ["doctor"]}'),
        ("transfer", "{}"),
        ("collect_digits", '{"count": 0}'),
        ("collect_digits", '{"count": "four"}'),
        ("transfer", '{"destination": '),
        ("format_disk", "{}"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    chat: Completions, brain: LanguageModel, name: str, arguments: str
) -> None:
    chat.says = [*text("Bien."), *tool_call(0, name, arguments), *end("tool_calls")]
    error = await failure(brain)
    assert (str(error), error.temporary) == ("openai: the reply asks for something that cannot be done", True)
