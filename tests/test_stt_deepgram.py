"""Deepgram's streaming: the engine against a local server that speaks the true protocol."""

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
from tests.providers.deepgram import DeepgramServer, deepgram_server


@pytest.fixture
async def server() -> AsyncIterator[DeepgramServer]:
    async with deepgram_server(listener) as running:
        yield running


@pytest.fixture
async def subject(server: DeepgramServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    async with examined(server, monkeypatch, partials=True) as engine:
        yield engine


@pytest.mark.parametrize("behaviour", HEARING, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_engine(behaviour: Behaviour, subject: Subject) -> None:
    await behaviour(subject)


@pytest.mark.parametrize("behaviour", SERVED, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_hosted_engine(behaviour: ServedBehaviour, subject: Subject, server: DeepgramServer) -> None:
    await behaviour(subject, server)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
async def test_a_fault_is_told(fault: Fault, subject: Subject, server: DeepgramServer) -> None:
    await a_fault_is_told(subject, server, fault)
