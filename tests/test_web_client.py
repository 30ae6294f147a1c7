"""Tests for asking what is at an address that somebody else wrote, at a real server."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from assist.errors import WebError
from assist.web.client import Web, open_web
from tests.https_server import HERE, NAME, Names, Server, https_server

METADATA = "169.254.169.254"


async def _answer(request: web.BaseRequest) -> web.StreamResponse:
    match request.path:
        case "/echo":
            return web.Response(body=await request.read(), headers={"X-Agent": request.headers["User-Agent"]})
        case "/redirect":
            return web.Response(status=302, headers={"Location": "https://elsewhere.example/"})
        case "/cookie":
            answer = web.Response(text=request.headers.get("Cookie", "none"))
            answer.set_cookie("who", "you")
            return answer
        case "/bomb":
            return web.Response(body=gzip.compress(b"0" * 10_000_000), headers={"Content-Encoding": "gzip"})
        case "/never":
            await asyncio.Event().wait()
        case "/huge":
            return await _endless(request, b"a" * 100_000, 0)
        case "/drip":
            return await _endless(request, b"a", 0.05)
    return web.Response(status=404)


async def _endless(request: web.BaseRequest, chunk: bytes, pause: float) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(chunk)
        await asyncio.sleep(pause)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with https_server(_answer) as server:
        yield server


@pytest.fixture
async def our_web(server: Server) -> AsyncIterator[Web]:
    async with open_web(loopback=True, resolver=Names(), trusted=server.trusted) as our_web:
        yield our_web


async def test_what_is_sent_arrives_and_the_answer_comes_back(server: Server, our_web: Web) -> None:
    answer = await our_web.post(server.url("/echo"), b"hello", {"X-Any": "thing"})
    assert (answer.status, answer.body, answer.whole) == (200, b"hello", True)
    assert answer.headers["x-agent"] == "Assist"


async def test_a_redirection_is_an_answer(server: Server, our_web: Web) -> None:
    assert (await our_web.post(server.url("/redirect"), b"", {})).status == 302


async def test_no_cookie_is_kept(server: Server, our_web: Web) -> None:
    await our_web.post(server.url("/cookie"), b"", {})
    assert (await our_web.post(server.url("/cookie"), b"", {})).body == b"none"


async def test_of_a_huge_answer_only_the_beginning_is_read(server: Server, our_web: Web) -> None:
    answer = await our_web.post(server.url("/huge"), b"", {}, most=1000)
    assert (answer.body, answer.whole) == (b"a" * 1000, False)


async def test_an_answer_is_not_unpacked(server: Server, our_web: Web) -> None:
    answer = await our_web.post(server.url("/bomb"), b"", {})
    assert len(answer.body) < 20_000


@pytest.mark.parametrize("path", ["/never", "/drip"])
async def test_a_slow_answer_is_given_up(server: Server, our_web: Web, path: str) -> None:
    with pytest.raises(WebError, match="no answer in time") as caught:
        await our_web.post(server.url(path), b"", {}, within=0.3)
    assert not caught.value.refused


async def test_without_that_being_allowed_this_machine_is_not_asked(server: Server) -> None:
    async with open_web(resolver=Names(), trusted=server.trusted) as our_web:
        with pytest.raises(WebError, match="is no public address") as caught:
            await our_web.post(server.url("/echo"), b"", {})
    assert caught.value.refused


@pytest.mark.parametrize(
    "address", [METADATA, "10.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "::"]
)
async def test_a_name_that_resolves_to_an_address_nearby_is_not_asked(server: Server, address: str) -> None:
    async with open_web(loopback=True, resolver=Names({NAME: [[address]]}), trusted=server.trusted) as our_web:
        with pytest.raises(WebError, match="is no public address"):
            await our_web.post(server.url("/echo"), b"", {})


@pytest.mark.parametrize(
    "host", [METADATA, "10.0.0.1", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "2852039166", "0xA9FEA9FE", "127.1"]
)
async def test_an_address_nearby_that_is_written_as_a_number_is_not_asked(host: str) -> None:
    async with open_web(resolver=Names({"0xa9fea9fe": [[METADATA]]})) as our_web:
        with pytest.raises(WebError) as caught:
            await our_web.post(f"https://{host}/", b"", {}, within=1)
    assert caught.value.refused


async def test_a_name_is_asked_at_the_public_ones_of_its_addresses_only(server: Server) -> None:
    names = Names({NAME: [[METADATA, HERE]]})
    async with open_web(loopback=True, resolver=names, trusted=server.trusted) as our_web:
        assert (await our_web.post(server.url("/echo"), b"hello", {})).body == b"hello"


async def test_a_name_that_leads_elsewhere_the_next_time_is_not_followed(server: Server) -> None:
    """The address that was judged is the one that is connected to: there is no second question."""
    names = Names({NAME: [[METADATA], [HERE]]})
    async with open_web(loopback=True, resolver=names, trusted=server.trusted) as our_web:
        with pytest.raises(WebError, match="is no public address"):
            await our_web.post(server.url("/echo"), b"", {})
    assert names.asked == [NAME]


async def test_a_certificate_must_be_for_the_name(server: Server) -> None:
    names = Names({"other.example": [[HERE]]})
    async with open_web(loopback=True, resolver=names, trusted=server.trusted) as our_web:
        with pytest.raises(WebError, match="its certificate is not valid"):
            await our_web.post(server.url("/echo", "other.example"), b"", {})


async def test_a_certificate_must_be_of_somebody_trusted(server: Server) -> None:
    async with open_web(loopback=True, resolver=Names()) as our_web:
        with pytest.raises(WebError, match="its certificate is not valid"):
            await our_web.post(server.url("/echo"), b"", {})


async def test_a_name_that_nobody_knows_is_told_so(our_web: Web) -> None:
    with pytest.raises(WebError, match="its name is not known"):
        await our_web.post("https://nobody.example/", b"", {})


async def test_a_port_that_nobody_listens_at_is_told_so(our_web: Web, unused_tcp_port: int) -> None:
    with pytest.raises(WebError, match="no connection"):
        await our_web.post(f"https://{NAME}:{unused_tcp_port}/", b"", {})


async def test_a_proxy_of_the_environment_is_not_used(
    server: Server, our_web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert (await our_web.post(server.url("/echo"), b"hello", {})).body == b"hello"


async def test_a_connection_that_breaks_is_told_so(our_web: Web) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(hang_up, HERE, 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        with pytest.raises(WebError, match="the connection broke"):
            await our_web.post(f"http://{HERE}:{port}/", b"", {})
