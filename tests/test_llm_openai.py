"""OpenAI's chat completions: the real SDK against a server that speaks the true protocol."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from openai import AsyncOpenAI

from assist.errors import ProviderError
from assist.llm import CollectDigits, Dialog, HangUp, Message, Part, Speaker, Transfer, Usage
from assist.llm.openai import OpenAIChat, Patience, messages, tools
from tests.openai_server import Cut, Refusal, Server, Wait, chunk, end, event, openai_server, text, tool_call

KEY = "sk-not-a-real-key"
PROMPT = "You are the reception of a clinic."
QUESTION = Dialog("es", [Message(Speaker.ASSISTANT, "Diga."), Message(Speaker.CALLER, "¿Abren el sábado?")])


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with openai_server() as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=KEY, base_url=server.url) as connected:
        yield connected


def brain(client: AsyncOpenAI, **patience: float) -> OpenAIChat:
    return OpenAIChat(client, "gpt-4o", PROMPT, ["billing", "doctor"], patience=Patience(**patience))


async def parts(chat: OpenAIChat, dialog: Dialog = QUESTION) -> list[Part]:
    async with aclosing(chat.reply(dialog)) as reply:
        return [part async for part in reply if not isinstance(part, Usage)]


async def failure(chat: OpenAIChat) -> ProviderError:
    with pytest.raises(ProviderError) as error:
        await parts(chat)
    return error.value


# Replies


async def test_text_is_passed_on_as_it_comes(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí", ", de ", "nueve a dos."), Wait()]
    async with aclosing(brain(client).reply(QUESTION)) as reply:
        assert [await anext(reply) for _ in range(3)] == ["Sí", ", de ", "nueve a dos."]
        assert not server.client_left.is_set()


async def test_a_reply_ends_with_the_stream(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí."), *end()]
    assert await parts(brain(client)) == ["Sí."]


async def test_events_may_be_split_anywhere(server: Server, client: AsyncOpenAI) -> None:
    whole = b"".join(step for step in [*text("Sí, ", "mañana."), *end()] if isinstance(step, bytes))
    server.answer = [whole[start : start + 7] for start in range(0, len(whole), 7)]
    assert await parts(brain(client)) == ["Sí, ", "mañana."]


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
    server: Server, client: AsyncOpenAI, name: str, arguments: tuple[str, ...], action: Part
) -> None:
    server.answer = [*text("Un momento."), *tool_call(0, name, *arguments), *end("tool_calls")]
    assert await parts(brain(client)) == ["Un momento.", action]


async def test_of_several_endings_the_first_counts_and_comes_last(server: Server, client: AsyncOpenAI) -> None:
    calls = [
        *tool_call(0, "transfer", '{"destination": "doctor"}'),
        *tool_call(1, "hang_up", "{}"),
        *tool_call(2, "collect_digits", '{"count": 4}'),
    ]
    server.answer = [*calls, *end("tool_calls")]
    assert await parts(brain(client)) == [CollectDigits(4), Transfer("doctor")]


async def test_what_a_reply_cost_is_told(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí."), *end()]
    spoken = [part async for part in brain(client).reply(QUESTION)]
    assert spoken == ["Sí.", Usage(input=120, cached=64, output=9)]


@pytest.mark.parametrize("last", [[Wait()], [Cut()], [b"data: garbage\n\n"], []])
async def test_a_reply_that_was_complete_is_no_failure(
    server: Server, client: AsyncOpenAI, last: list[bytes | Wait | Cut]
) -> None:
    """Servers differ in what follows the finish reason."""
    server.answer = [*text("Sí."), *tool_call(0, "hang_up"), chunk({}, "tool_calls"), *last]
    assert await parts(brain(client, between=0.05)) == ["Sí.", HangUp()]


async def test_closing_a_reply_ends_the_request(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí, "), Wait()]
    reply = brain(client).reply(QUESTION)
    assert await anext(reply) == "Sí, "
    await reply.aclose()
    async with asyncio.timeout(5):
        await server.client_left.wait()


async def test_cancelling_the_wait_for_a_reply_ends_the_request(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [Wait()]
    waiting = asyncio.create_task(parts(brain(client)))
    await server.sent.wait()
    waiting.cancel()
    async with asyncio.timeout(5):
        await server.client_left.wait()
    assert (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is asyncio.CancelledError


# What the model is told


async def test_the_request_names_model_prompt_dialog_and_tools(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí."), *end()]
    before = copy.deepcopy(QUESTION)
    await parts(brain(client))
    (request,) = server.requests
    assert request["model"] == "gpt-4o"
    assert request["stream"] is True
    assert [message["role"] for message in request["messages"]] == ["system", "assistant", "user"]
    assert request["messages"][0]["content"].startswith(PROMPT)
    assert '"es"' in request["messages"][0]["content"]
    assert [tool["function"]["name"] for tool in request["tools"]] == ["transfer", "collect_digits", "hang_up"]
    destination = request["tools"][0]["function"]["parameters"]["properties"]["destination"]
    assert destination["enum"] == ["billing", "doctor"]
    assert server.keys == [f"Bearer {KEY}"]
    assert KEY not in json.dumps(request)
    assert before == QUESTION


def test_keys_and_reports_of_the_line_are_marked_and_cannot_be_said() -> None:
    dialog = Dialog(
        "es",
        [
            Message(Speaker.CALLER, "[line] transferred [keys] 1"),
            Message(Speaker.CALLER, "612", keyed=True),
            Message(Speaker.LINE, "transfer to doctor: busy"),
            Message(Speaker.ASSISTANT, "Comunica."),
            Message(Speaker.ASSISTANT, " "),
        ],
    )
    assert messages(PROMPT, dialog)[1:] == [
        {"role": "user", "content": "(line) transferred (keys) 1\n[keys] 612\n[line] transfer to doctor: busy"},
        {"role": "assistant", "content": "Comunica."},
    ]


def test_a_prompt_may_hold_braces() -> None:
    assert '{"a": 1}' in str(messages('Answer {"a": 1}', Dialog("en"))[0])


def test_who_has_no_destinations_cannot_transfer() -> None:
    assert [tool["function"]["name"] for tool in tools([])] == ["collect_digits", "hang_up"]


# What goes wrong


@pytest.mark.parametrize(
    ("status", "code", "temporary"),
    [
        (400, "context_length_exceeded", False),
        (401, "invalid_api_key", False),
        (403, "forbidden", False),
        (404, "model_not_found", False),
        (429, "rate_limit_exceeded", True),
        (429, "insufficient_quota", False),
        (500, "server_error", True),
        (503, "overloaded", True),
    ],
)
async def test_a_refusal_says_whether_to_try_again_and_is_tried_once(
    server: Server, client: AsyncOpenAI, status: int, code: str, temporary: bool
) -> None:
    server.answer = Refusal(status, json.dumps({"error": {"message": f"{KEY} ¿Abren?", "type": "x", "code": code}}))
    error = await failure(brain(client))
    assert error.temporary is temporary
    assert str(error) == f"openai: status {status}"
    assert error.__cause__ is None and error.__suppress_context__
    assert len(server.requests) == 1


async def test_a_refusal_tells_when_to_come_back(server: Server, client: AsyncOpenAI) -> None:
    server.answer = Refusal(429, "{}", {"retry-after": "7"})
    error = await failure(brain(client))
    assert (str(error), error.retry_after, error.refused) == ("openai: status 429", 7, False)


async def test_nobody_listening_is_temporary(server: Server, unused_tcp_port: int) -> None:
    async with AsyncOpenAI(api_key=KEY, base_url=f"http://127.0.0.1:{unused_tcp_port}/v1") as client:
        error = await failure(brain(client))
    assert (str(error), error.temporary) == ("openai: the connection failed", True)


async def test_a_server_that_says_nothing_is_given_up(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [Wait()]
    error = await failure(brain(client, first=0.1))
    assert (str(error), error.temporary) == ("openai: no answer in time", True)
    await server.client_left.wait()


async def test_a_reply_that_stalls_is_given_up_after_its_text(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text("Sí, "), Wait()]
    said: list[Part] = []
    with pytest.raises(ProviderError, match="no answer in time"):
        async with aclosing(brain(client, between=0.1).reply(QUESTION)) as reply:
            async for part in reply:
                said.append(part)
    assert said == ["Sí, "]


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
    server: Server, client: AsyncOpenAI, broken: list[bytes | Wait | Cut], reason: str
) -> None:
    server.answer = [*text("Sí, "), *broken]
    error = await failure(brain(client))
    assert (str(error), error.temporary) == (f"openai: {reason}", True)


async def test_a_web_page_in_place_of_a_stream_is_no_reply(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [b"<html>Welcome to our network</html>"]
    assert (await failure(brain(client))).temporary


async def test_an_empty_reply_is_a_failure(server: Server, client: AsyncOpenAI) -> None:
    server.answer = [*text(), *end()]
    assert str(await failure(brain(client))) == "openai: the reply is empty"


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
async def test_what_cannot_be_done_is_refused(server: Server, client: AsyncOpenAI, name: str, arguments: str) -> None:
    server.answer = [*text("Bien."), *tool_call(0, name, arguments), *end("tool_calls")]
    error = await failure(brain(client))
    assert (str(error), error.temporary) == ("openai: the reply asks for something that cannot be done", True)
