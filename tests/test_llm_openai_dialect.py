"""Servers that speak as OpenAI does, but for what each of them does not take."""

import asyncio
import json

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.llm import Brains, LanguageModel
from assist.provider import Kind, Opened
from assist.settings import read_settings
from tests import openai_brain
from tests.contracts.llm import ASSISTANT
from tests.openai_brain import failure, parts, with_options
from tests.providers.http import HttpService
from tests.providers.openai import Refusal
from tests.providers.openai_chat import Completions

chat, server, opened, brain = openai_brain.chat, openai_brain.server, openai_brain.opened, openai_brain.brain
key = openai_brain.key

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
