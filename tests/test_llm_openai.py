"""What is OpenAI's alone of its chat completions; what every language model shows: test_llm_hosted."""

import json

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.llm import Brains, LanguageModel
from assist.provider import Kind, Opened
from assist.settings import read_settings
from tests import openai_brain
from tests.contracts.llm import ASSISTANT
from tests.openai_brain import failure, parts, with_options
from tests.providers.http import HttpService
from tests.providers.openai import KEY, Refusal
from tests.providers.openai_chat import MODEL, Completions

chat, server, opened, brain = openai_brain.chat, openai_brain.server, openai_brain.opened, openai_brain.brain
key = openai_brain.key


# What is asked for


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


# What goes wrong


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
