"""Google's speech to text: the SDK against a local server that speaks its protocol, or against the real one."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.provider import Kind
from assist.settings import read_settings
from tests.contracts import stt
from tests.contracts.stt import Subject, examined, listener
from tests.providers import Fault
from tests.providers.google import GoogleServer
from tests.providers.google_stt import google_stt_server


@pytest.fixture
async def server() -> AsyncIterator[GoogleServer]:
    async with google_stt_server(listener) as running:
        yield running


@pytest.fixture
async def subject(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    async with examined(server, monkeypatch, partials=True) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def either(
    request: pytest.FixtureRequest, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield await stack.enter_async_context(examined(server, monkeypatch, partials=True))
        elif "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ:
            pytest.skip("set GOOGLE_APPLICATION_CREDENTIALS to ask the real service")
        else:
            pool = await stack.enter_async_context(Pool(read_settings()))
            yield Subject(await pool.open(Kind.STT, Choice("google")), partials=True, errors=0.3)


@pytest.mark.parametrize("behaviour", stt.HEARING, ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_engine_does(either: Subject, behaviour: stt.Behaviour) -> None:
    await behaviour(either)


@pytest.mark.parametrize("behaviour", stt.SERVED, ids=lambda behaviour: behaviour.__name__)
async def test_it_does_what_every_hosted_engine_does(
    subject: Subject, server: GoogleServer, behaviour: stt.ServedBehaviour
) -> None:
    await behaviour(subject, server)


@pytest.mark.parametrize("fault", stt.FAULTS, ids=lambda fault: fault.name.lower())
async def test_a_fault_is_told(subject: Subject, server: GoogleServer, fault: Fault) -> None:
    await stt.a_fault_is_told(subject, server, fault)
