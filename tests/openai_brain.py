"""OpenAI's language model, on a local server that answers as a test tells it to.

A test module takes the fixtures by assigning them.
"""

from collections.abc import AsyncIterator, Sequence

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ProviderError
from assist.llm import Brains, Dialog, LanguageModel, Message, Part, Speaker, Usage
from assist.provider import Kind, Opened
from assist.settings import read_settings
from tests.contracts import llm as contract
from tests.contracts.llm import ASSISTANT
from tests.providers.http import HttpService
from tests.providers.openai import KEY
from tests.providers.openai_chat import Completions, openai_chat

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


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


async def parts(brain: LanguageModel, dialog: Dialog = QUESTION) -> list[Part]:
    return [part for part in await contract.answer(brain, dialog) if not isinstance(part, Usage)]


async def failure(brain: LanguageModel) -> ProviderError:
    with pytest.raises(ProviderError) as error:
        await parts(brain)
    return error.value


async def with_options(server: HttpService, **options: str | float) -> Sequence[Part]:
    """Return the answer of a brain with *options* beside those that lead it to *server*."""
    async with Pool(read_settings()) as pool:
        choice = Choice("openai", {**server.options, **options})
        lent: Opened[Brains] = await pool.open(Kind.LLM, choice)
        return await parts(lent.engine(ASSISTANT))
