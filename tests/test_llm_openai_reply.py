"""What OpenAI's language model answers, and answers that are broken."""

from contextlib import aclosing

import pytest

from assist.llm import CollectDigits, Dialog, HangUp, LanguageModel, Message, Part, Speaker, Transfer
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
