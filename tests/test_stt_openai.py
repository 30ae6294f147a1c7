"""OpenAI's speech to text: the real SDK against a server that speaks the true protocol, or against the real one."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.stt import (
    FAULTS,
    HEARING,
    SERVED,
    Behaviour,
    ServedBehaviour,
    Subject,
    a_fault_is_told,
    examined,
    listener,
)
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.openai_stt import Transcriptions, openai_transcriptions

MODELS = ("gpt-transcribe", "gpt-4o-mini-transcribe", "whisper-1")


@pytest.fixture
def transcriptions() -> Transcriptions:
    return Transcriptions(listener)


@pytest.fixture(params=MODELS)
async def server(request: pytest.FixtureRequest, transcriptions: Transcriptions) -> AsyncIterator[HttpService]:
    async with openai_transcriptions(transcriptions, request.param) as running:
        yield running


@pytest.fixture
async def subject(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    async with examined(server, monkeypatch, partials=False) as engine:
        yield engine


@pytest.mark.parametrize("behaviour", HEARING, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_engine(behaviour: Behaviour, subject: Subject) -> None:
    await behaviour(subject)


@pytest.mark.parametrize("behaviour", SERVED, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_hosted_engine(behaviour: ServedBehaviour, subject: Subject, server: HttpService) -> None:
    await behaviour(subject, server)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
async def test_a_fault_is_told(fault: Fault, subject: Subject, server: HttpService) -> None:
    await a_fault_is_told(subject, server, fault)
