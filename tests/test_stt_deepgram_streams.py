"""Streams to Deepgram, kept open between utterances, against a local server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from deepgram.listen.v1.types import ListenV1KeepAlive

from assist.audio.formats import Encoding
from assist.audio.g711 import silence
from assist.errors import ProviderError
from assist.stt.deepgram_streams import IDLE, Request, Streams
from tests.providers import Fault
from tests.providers.deepgram import KEY, DeepgramServer, deepgram_server
from tests.providers.listener import listener

SPANISH = "/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&language=es"
ENGLISH = "/v1/listen?model=nova-3&encoding=mulaw&sample_rate=8000&language=en"
TURNS = "/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
SECOND = silence(Encoding.PCMU, 8000)


def asking(server: DeepgramServer, path: str) -> Request:
    return Request(server.url + path, None if path == TURNS else ListenV1KeepAlive(type="KeepAlive"))


@pytest.fixture
async def server() -> AsyncIterator[DeepgramServer]:
    async with deepgram_server(listener) as running:
        yield running


@pytest.fixture
async def streams() -> AsyncIterator[Streams]:
    async with Streams(KEY) as lender:
        yield lender


async def test_a_stream_is_lent_again_for_the_same_request_only(server: DeepgramServer, streams: Streams) -> None:
    for path in (SPANISH, SPANISH, ENGLISH, SPANISH, ENGLISH):
        async with streams.lent(asking(server, path)) as stream:
            await stream.send_audio(SECOND)
    assert [query["language"] for query in server.queries] == [["es"], ["en"]]


async def test_a_stream_that_is_lent_is_nobody_elses(server: DeepgramServer, streams: Streams) -> None:
    async with streams.lent(asking(server, SPANISH)) as one, streams.lent(asking(server, SPANISH)) as other:
        await one.send_audio(SECOND)
        assert (one.position, other.position) == (1.0, 0.0)


async def test_a_stream_that_was_left_by_an_error_is_dropped(server: DeepgramServer, streams: Streams) -> None:
    with pytest.raises(RuntimeError):
        async with streams.lent(asking(server, SPANISH)):
            raise RuntimeError
    async with asyncio.timeout(5):
        await server.client_left.wait()
    async with streams.lent(asking(server, SPANISH)):
        assert len(server.queries) == 2


async def test_a_stream_that_died_meanwhile_is_replaced(server: DeepgramServer, streams: Streams) -> None:
    async with streams.lent(asking(server, SPANISH)) as stream:
        pass
    for open_stream in tuple(server.streams):
        open_stream.transport.abort()
    with pytest.raises(ProviderError, match="closed"):
        await stream.receive()
    async with streams.lent(asking(server, SPANISH)) as another:
        await another.send_audio(SECOND)
    assert len(server.queries) == 2


async def test_idle_streams_are_kept_alive(server: DeepgramServer) -> None:
    async with Streams(KEY, keep_alive=0.001) as streams, streams.lent(asking(server, SPANISH)):
        await asyncio.sleep(0)
        assert not server.kept_alive.is_set()
    async with Streams(KEY, keep_alive=0.001) as streams:
        async with streams.lent(asking(server, SPANISH)):
            pass
        async with asyncio.timeout(5):
            await server.kept_alive.wait()


async def test_no_more_are_kept_than_the_service_may_mind(server: DeepgramServer, streams: Streams) -> None:
    async def lend(together: asyncio.Barrier) -> None:
        async with streams.lent(asking(server, SPANISH)):
            await together.wait()

    together = asyncio.Barrier(IDLE + 2)
    await asyncio.gather(*(lend(together) for _ in range(IDLE + 2)))
    assert len(server.streams) == IDLE


async def test_closing_leaves_in_good_order(server: DeepgramServer) -> None:
    async with Streams(KEY) as streams:
        await streams.warm(asking(server, SPANISH))
    assert not server.streams
    assert not server.client_left.is_set()


async def test_being_warm_is_having_a_stream_open(server: DeepgramServer, streams: Streams) -> None:
    await streams.warm(asking(server, SPANISH))
    await streams.warm(asking(server, SPANISH))
    async with streams.lent(asking(server, SPANISH)):
        assert len(server.queries) == 1


async def test_a_key_that_is_not_known_is_refused(server: DeepgramServer) -> None:
    async with Streams("another") as streams:
        with pytest.raises(ProviderError, match=r"^deepgram: status 401$") as caught:
            await streams.warm(asking(server, SPANISH))
    assert caught.value.refused


async def test_what_the_service_does_not_know_is_not_to_be_sent_again(server: DeepgramServer, streams: Streams) -> None:
    with pytest.raises(ProviderError, match=r"^deepgram: status 400$") as caught:
        await streams.warm(asking(server, f"{SPANISH}&shout=true"))
    assert (caught.value.temporary, caught.value.refused) == (False, False)


async def test_a_service_that_hangs_up_is_told_by_its_code(server: DeepgramServer, streams: Streams) -> None:
    server.fault = Fault.SILENT
    async with streams.lent(asking(server, SPANISH)) as stream:
        for open_stream in tuple(server.streams):
            await open_stream.close(1011, "clínica")
        with pytest.raises(ProviderError, match=r"^deepgram: the stream was closed, code 1011$") as caught:
            await stream.receive()
        assert caught.value.temporary
