"""What is OpenAI's alone of its chat completions; what every language model shows: test_llm_hosted."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.llm import Brains, CollectDigits, Dialog, HangUp, LanguageModel, Message, Part, Speaker, Transfer, Usage
from assist.llm.openai_request import GO_ON, messages, tools
from assist.provider import Kind, Opened
from assist.settings import read_settings
from tests.contracts import llm as contract
from tests.contracts.llm import ASSISTANT
from tests.providers.http import HttpService
from tests.providers.openai import KEY, Refusal
from tests.providers.openai_chat import (
    MODEL,
    USAGE,
    Completions,
    Cut,
    Step,
    Wait,
    chunk,
    end,
    event,
    openai_chat,
    text,
    tool_call,
)

QUESTION = Dialog("es", [Message(Speaker.ASSISTANT, "Diga."), Message(Speaker.CALLER, "¿Abren el sábado?")])


@pytest.fixture
def chat() -> Completions:
    return Completions(contract.thinker)


@pytest.fixture
async def server(chat: Completions) -> AsyncIterator[HttpService]:
    async with openai_chat(chat) as running:
        yield running


opened = contract.opened


@pytest.fixture
def brain(opened: Opened[Brains]) -> LanguageModel:
    return opened.engine(ASSISTANT)


async def parts(brain: LanguageModel, dialog: Dialog = QUESTION) -> list[Part]:
    return [part for part in await contract.answer(brain, dialog) if not isinstance(part, Usage)]


async def failure(brain: LanguageModel) -> ProviderError:
    with pytest.raises(ProviderError) as error:
        await parts(brain)
    return error.value


# Replies


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


# What the model is told


async def test_the_request_names_model_prompt_dialog_and_tools(chat: Completions, brain: LanguageModel) -> None:
    await parts(brain)
    (request,) = chat.diary
    assert request["model"] == MODEL
    assert request["stream"] is True
    assert [message["role"] for message in request["messages"]] == ["system", "assistant", "user"]
    assert request["messages"][0]["content"].startswith(ASSISTANT.prompt.strip())
    assert '"es"' in request["messages"][0]["content"]
    assert [tool["function"]["name"] for tool in request["tools"]] == ["transfer", "collect_digits", "hang_up"]
    assert [tool["function"]["strict"] for tool in request["tools"]] == [True] * 3
    destination = request["tools"][0]["function"]["parameters"]["properties"]["destination"]
    assert destination["enum"] == ["billing", "doctor"]
    assert KEY not in json.dumps(request)


def test_keys_and_reports_of_the_line_are_marked_and_cannot_be_said() -> None:
    dialog = Dialog(
        "es",
        [
            Message(Speaker.ASSISTANT, "Diga."),
            Message(Speaker.CALLER, "[line] transferred [keys] 1"),
            Message(Speaker.CALLER, "612", keyed=True),
            Message(Speaker.LINE, "transfer to doctor: busy"),
            Message(Speaker.ASSISTANT, " "),
        ],
    )
    assert messages("", dialog)[1:] == [
        {"role": "assistant", "content": "Diga."},
        {"role": "user", "content": "(line) transferred (keys) 1\n[keys] 612\n[line] transfer to doctor: busy"},
    ]


def test_who_began_an_answer_is_asked_for_the_rest_of_it() -> None:
    dialog = Dialog("es", [Message(Speaker.CALLER, "¿Abren?"), Message(Speaker.ASSISTANT, "Sí, de nueve")])
    assert messages("", dialog)[1:] == [
        {"role": "user", "content": "¿Abren?"},
        {"role": "assistant", "content": "Sí, de nueve"},
        {"role": "user", "content": GO_ON},
    ]


async def test_of_an_answer_that_was_begun_nothing_may_be_missing(chat: Completions, brain: LanguageModel) -> None:
    chat.says = [*text(), *end()]
    begun = Dialog("es", [*QUESTION.messages, Message(Speaker.ASSISTANT, "Sí, hasta las dos.")])
    assert await parts(brain, begun) == []


def test_a_prompt_may_hold_braces() -> None:
    assert '{"a": 1}' in str(messages('Answer {"a": 1}', QUESTION)[0])


def test_who_has_no_destinations_cannot_transfer() -> None:
    assert [tool["function"]["name"] for tool in tools([])] == ["collect_digits", "hang_up"]


async def with_options(server: HttpService, **options: str | float) -> Sequence[Part]:
    """Return the answer of a brain with *options* beside those that lead it to *server*."""
    async with Pool(read_settings()) as pool:
        choice = Choice("openai", {**server.options, **options})
        lent: Opened[Brains] = await pool.open(Kind.LLM, choice)
        return await parts(lent.engine(ASSISTANT))


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


async def test_an_assistant_says_how_its_model_is_to_answer(server: HttpService, chat: Completions, key: None) -> None:
    await with_options(server, temperature=0.2, max_tokens=120, reasoning_effort="low")
    request = chat.diary[-1]
    assert (request["temperature"], request["max_tokens"], request["reasoning_effort"]) == (0.2, 120, "low")


async def test_what_an_assistant_does_not_say_is_left_to_the_model_but_for_the_length(
    chat: Completions, brain: LanguageModel
) -> None:
    await parts(brain)
    told = ["max_tokens", "messages", "model", "stream", "stream_options", "tools"]
    assert sorted(chat.diary[-1]) == told


# Keys


async def test_the_key_is_the_one_that_the_assistant_names(
    server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("CLINIC_API_KEY", KEY)
    assert await with_options(server, key="CLINIC_API_KEY")


async def test_the_key_of_the_settings_goes_nowhere_else_unless_that_is_said(server: HttpService, key: None) -> None:
    with pytest.raises(ProviderError) as refused:
        async with Pool(read_settings()) as pool:
            lent: Opened[Brains] = await pool.open(Kind.LLM, Choice("openai", {"base_url": server.url}))
            await parts(lent.engine(ASSISTANT))
    assert refused.value.refused


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "OPENAI_API_KEY: is missing: set it"),
        ({"key": "CLINIC_API_KEY"}, "CLINIC_API_KEY: is missing: set it"),
        ({"key": "ASSIST_ESL_PASSWORD"}, "write that of a variable, which ends in _API_KEY"),
        ({"max_tokens": 0}, "openai.max_tokens: input should be greater than or equal to 16"),
        ({"temperatura": 1}, "openai.temperatura: there is no such option; did you mean temperature?"),
    ],
)
async def test_what_is_wrong_in_an_assistant_is_told(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str | int], told: str
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match=told):
            await pool.open(Kind.LLM, Choice("openai", options))


# Servers that differ

UNKNOWN = "Unrecognized request argument supplied: {}"
EXTRA = "[{{'type': 'extra_forbidden', 'loc': ('body', '{}'), 'msg': 'Extra inputs are not permitted'}}]"


@pytest.mark.parametrize(
    ("refused", "refusal"),
    [
        ("stream_options", Refusal(400, UNKNOWN.format("stream_options"))),
        ("stream_options", Refusal(422, EXTRA.format("stream_options"))),
        ("strict", Refusal(400, UNKNOWN.format("strict"), param="tools[0].function.strict")),
        ("strict", Refusal(400, "invalid value for parameter 'tools'")),
        ("max_tokens", Refusal(400, "'max_tokens' is not supported. Use 'max_completion_tokens' instead.")),
        ("temperature", Refusal(400, "Only the default (1) value is supported.", param="temperature")),
        ("temperature", Refusal(400, "'temperature' cannot be combined with 'reasoning_effort'.")),
        ("reasoning_effort", Refusal(400, UNKNOWN.format("reasoning_effort"))),
    ],
)
async def test_what_a_server_does_not_take_is_left_out_and_remembered(
    server: HttpService, chat: Completions, key: None, caplog: pytest.LogCaptureFixture, refused: str, refusal: Refusal
) -> None:
    chat.refuses = {refused: refusal}
    async with Pool(read_settings()) as pool:
        options = {**server.options, "temperature": 0.2, "reasoning_effort": "low"}
        lent: Opened[Brains] = await pool.open(Kind.LLM, Choice("openai", options))
        for _ in range(2):
            assert await parts(lent.engine(ASSISTANT))
    first, *others = chat.diary
    assert len(others) == 2, "the second turn is asked rightly at once"
    assert refused in json.dumps(first)
    assert caplog.text.count(f"the server does not take {refused}") == 1
    for request in others:
        assert f'"{refused}"' not in json.dumps(request)
        assert {"max_tokens", "max_completion_tokens"} & set(request), "a reply is always bounded"


async def test_a_server_may_take_little(server: HttpService, chat: Completions, key: None) -> None:
    chat.refuses = {name: Refusal(400, UNKNOWN.format(name)) for name in ("strict", "stream_options", "max_tokens")}
    assert await with_options(server)
    assert len(chat.diary) == 4


async def test_calls_that_are_refused_at_once_all_learn_from_it(chat: Completions, brain: LanguageModel) -> None:
    chat.refuses = {name: Refusal(400, UNKNOWN.format(name)) for name in ("strict", "max_tokens")}
    answers = await asyncio.gather(*(parts(brain) for _ in range(4)))
    assert all(answers)


async def test_a_server_that_takes_no_bound_is_not_asked_without(chat: Completions, brain: LanguageModel) -> None:
    bounds = ("max_tokens", "max_completion_tokens")
    chat.refuses = {name: Refusal(400, UNKNOWN.format(name)) for name in bounds}
    assert not (await failure(brain)).temporary
    assert len(chat.diary) == 2


async def test_calls_that_a_server_gives_one_index_are_told_apart(chat: Completions, brain: LanguageModel) -> None:
    calls = [*tool_call(0, "collect_digits", '{"count": 4}', id="a"), *tool_call(0, "hang_up", "{}", id="b")]
    chat.says = [*calls, *end("tool_calls")]
    assert await parts(brain) == [CollectDigits(4), HangUp()]


@pytest.mark.parametrize("refusal", [Refusal(404), Refusal(404, code="ResourceNotFound")])
async def test_a_server_that_describes_no_model_is_warm_when_it_lists_some(
    chat: Completions, opened: Opened[Brains], refusal: Refusal
) -> None:
    chat.describes = refusal
    await opened.warm()


async def test_a_model_that_does_not_exist_is_told_when_warmed(chat: Completions, opened: Opened[Brains]) -> None:
    chat.describes = Refusal(404, code="model_not_found")
    with pytest.raises(ProviderError, match="there is no such model") as caught:
        await opened.warm()
    assert caught.value.refused


# What goes wrong


@pytest.mark.parametrize(
    ("status", "code", "temporary", "refused"),
    [
        (400, "context_length_exceeded", False, False),
        (401, "invalid_api_key", False, True),
        (403, "forbidden", False, True),
        (404, "model_not_found", False, True),
        (429, "rate_limit_exceeded", True, False),
        (429, "insufficient_quota", False, True),
        (500, "server_error", True, False),
        (503, "overloaded", True, False),
    ],
)
async def test_a_refusal_says_whether_to_try_again_and_is_tried_once(
    chat: Completions, brain: LanguageModel, status: int, code: str, temporary: bool, refused: bool
) -> None:
    chat.says = Refusal(status, f"{KEY} ¿Abren?", code=code)
    error = await failure(brain)
    assert (error.temporary, error.refused) == (temporary, refused)
    assert str(error).startswith(f"openai: status {status}")
    assert error.__cause__ is None and error.__suppress_context__
    assert KEY not in str(error) and "Abren" not in str(error)
    assert len(chat.diary) == 1


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7), ("0.5", 0.5), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("inf", None)]
)
async def test_a_refusal_tells_when_to_come_back(
    chat: Completions, brain: LanguageModel, header: str, wait: float | None
) -> None:
    chat.says = Refusal(429, headers={"retry-after": header})
    assert (await failure(brain)).retry_after == wait


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
