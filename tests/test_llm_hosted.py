"""Every hosted language model: the real SDK against a server that speaks the true protocol, and the real service."""

from collections.abc import AsyncIterator

import pytest

from assist.llm import Brains, LanguageModel
from assist.provider import Kind, Opened
from tests.contracts import hosted, llm
from tests.contracts.faculties import FACULTIES
from tests.contracts.hosted import Way
from tests.providers import Fault, ProviderServer
from tests.providers.everyone import service

WAYS = {"openai": Way("openai")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture
async def server(way: Way) -> AsyncIterator[ProviderServer]:
    async with service(Kind.LLM, way.engine, FACULTIES) as running:
        yield running


@pytest.fixture
async def opened(way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[Brains]]:
    async with llm.examined(server, monkeypatch, **way.options) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def brain(
    request: pytest.FixtureRequest, way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LanguageModel]:
    local = request.param == "local"
    async with llm.examined(server, monkeypatch, **way.options) if local else hosted.real(Kind.LLM, way) as engine:
        await engine.warm()
        yield engine.engine(llm.ASSISTANT)


@pytest.mark.parametrize("behaviour", llm.THINKING, ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_model_does(behaviour: llm.Thinking, brain: LanguageModel) -> None:
    await behaviour(brain)


@pytest.mark.parametrize("behaviour", [*llm.SERVED, *hosted.WARMING], ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_service_does(
    behaviour: llm.Served, server: ProviderServer, opened: Opened[Brains]
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("fault", hosted.FAULTS)
async def test_it_fails_as_every_service_does(fault: Fault, server: ProviderServer, opened: Opened[Brains]) -> None:
    await llm.fails(server, opened, fault)


async def test_after_being_warmed_it_needs_no_new_connection(server: ProviderServer, opened: Opened[Brains]) -> None:
    brain = opened.engine(llm.ASSISTANT)
    await hosted.after_being_warmed_it_needs_no_new_connection(server, opened, lambda: llm.answer(brain, llm.asked()))


async def test_without_its_key_it_is_not_opened(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hosted.without_its_key_it_is_not_opened(Kind.LLM, way, server, monkeypatch)


async def test_neither_the_key_nor_the_words_are_logged(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words = f"{llm.QUESTION.text} {llm.BEGINNING}"
    async with hosted.logging_all(caplog, server, words), llm.examined(server, monkeypatch, **way.options) as engine:
        await engine.warm()
        assert await llm.answer(engine.engine(llm.ASSISTANT), llm.asked())
