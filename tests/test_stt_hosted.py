"""Every hosted ear: the engine against a server that speaks the true protocol, and against the real service."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assist.provider import Kind
from tests.contracts import hosted, stt
from tests.contracts.faculties import FACULTIES
from tests.contracts.hosted import Way
from tests.contracts.stt import Subject
from tests.contracts.talk import spoken
from tests.providers import Fault, ProviderServer
from tests.providers.everyone import ENGINES, service
from tests.recordings import recording

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper

MODELS = {
    "google": ["telephony"],
    "deepgram": ["nova-3", "flux-general-multi"],
    "openai": ["gpt-transcribe", "gpt-4o-mini-transcribe", "whisper-1"],
}
WAYS = {f"{engine} {model}": Way(engine, {"model": model}) for engine, models in MODELS.items() for model in models}
SAID = recording("es", "vm-nobodyavail")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture
async def server(way: Way) -> AsyncIterator[ProviderServer]:
    async with service(Kind.STT, way.engine, FACULTIES) as running:
        yield running


@pytest.fixture
async def subject(way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    async with stt.examined(server, monkeypatch, **way.options) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def any_subject(
    request: pytest.FixtureRequest, way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
    local = request.param == "local"
    async with stt.examined(server, monkeypatch, **way.options) if local else stt.real(way) as engine:
        yield engine


@pytest.mark.parametrize("behaviour", stt.HEARING, ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_engine_does(behaviour: stt.Behaviour, any_subject: Subject) -> None:
    await behaviour(any_subject)


@pytest.mark.parametrize("behaviour", stt.SERVED, ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_service_does(
    behaviour: stt.ServedBehaviour, subject: Subject, server: ProviderServer
) -> None:
    await behaviour(subject, server)


@pytest.mark.parametrize("behaviour", hosted.WARMING, ids=lambda behaviour: behaviour.__name__)
async def test_it_is_warmed_as_every_service(
    behaviour: hosted.Warming, subject: Subject, server: ProviderServer
) -> None:
    await behaviour(server, subject.opened)


@pytest.mark.parametrize("fault", hosted.FAULTS)
async def test_it_fails_as_every_service_does(fault: Fault, subject: Subject, server: ProviderServer) -> None:
    await stt.a_fault_is_told(subject, server, fault)


async def test_after_being_warmed_it_needs_no_new_connection(subject: Subject, server: ProviderServer) -> None:
    await hosted.after_being_warmed_it_needs_no_new_connection(
        server, subject.opened, lambda: stt.understood(subject, spoken(SAID))
    )


async def test_without_its_key_it_is_not_opened(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hosted.without_its_key_it_is_not_opened(Kind.STT, way, server, monkeypatch)


async def test_neither_the_key_nor_the_words_are_logged(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        hosted.logging_all(caplog, server, SAID.words),
        stt.examined(server, monkeypatch, **way.options) as subject,
    ):
        await subject.opened.warm()
        stt.assert_words(subject, SAID, await stt.understood(subject, spoken(SAID)))


@pytest.mark.models
@pytest.mark.parametrize("engine", ENGINES[Kind.STT])
async def test_a_human_is_understood_when_a_model_listens(
    whisper: "Whisper", monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    async with (
        service(Kind.STT, engine, replace(FACULTIES, hear=stt.listening(whisper))) as server,
        stt.examined(server, monkeypatch) as subject,
    ):
        await stt.a_human_is_understood(replace(subject, errors=0.2))
