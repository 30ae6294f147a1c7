"""OpenAI's chat completions and models over HTTP/1.1, as a test tells it to.

Requests are held to the types of OpenAI's own SDK, and so is every chunk that is sent, unless a test asks for what is
none.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, get_type_hints

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.model import Model
from pydantic import JsonValue, TypeAdapter

from assist.llm import CollectDigits, HangUp, Part, Transfer, Usage
from tests.providers import Fault

KEY = "sk-not-a-real-key"
MODEL = "gpt-4o"
USAGE = Usage(input=120, cached=64, output=9)


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing until the client is gone."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection without ending the answer."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error."""

    status: int
    message: str = "no"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        said = {"message": self.message, "type": "invalid_request_error", "param": self.param, "code": self.code}
        return json.dumps({"error": said}).encode()


Step: TypeAlias = bytes | Wait | Cut
"""Of a streamed answer: a piece of the body, or what happens instead."""

Think: TypeAlias = Callable[[Sequence[str]], Sequence[Part]]
"""Answers a dialog, whose messages it is given without the instruction."""

REFUSALS = {
    Fault.UNAUTHORIZED: Refusal(401, code="invalid_api_key"),
    Fault.FORBIDDEN: Refusal(403),
    Fault.BUSY: Refusal(429, code="rate_limit_exceeded", headers={"retry-after": "7"}),
    Fault.BROKEN: Refusal(500),
}
INSTEAD: Mapping[Fault, Step] = {Fault.STALLED: Wait(), Fault.CUT: Cut()}
"""What comes after the beginning of an answer."""


class OpenAIChatServer:
    """Answers every request as it thinks, and keeps a diary."""

    engine = "openai"

    def __init__(self) -> None:
        self.think: Think = lambda dialog: ["Bien."]
        self.answer: Sequence[Step] | Refusal | None = None
        """What to send, instead of what `think` says."""
        self.refuses: Mapping[str, Refusal] = {}
        """How each parameter is refused that this server does not take; ``strict`` is one of a tool's."""
        self.models: Refusal | None = None
        """How it refuses to describe a model; None: it knows `MODEL`."""
        self.told: list[dict[str, Any]] = []
        """The requests for an answer."""
        self.requests = 0
        self.connections = 0
        self.asked = asyncio.Event()
        """A request for an answer has come."""
        self.sent = asyncio.Event()
        """Everything before a `Wait` is on its way."""
        self.client_left = asyncio.Event()
        self._fault: Fault | None = None
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._opening: asyncio.Task[None] | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def options(self) -> Mapping[str, JsonValue]:
        return {"base_url": self.url, "key": "OPENAI_API_KEY", "model": MODEL}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"OPENAI_API_KEY": KEY}

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        if fault is Fault.CLOSED and self._listener:
            self._close()
        if fault is not Fault.CLOSED and self._fault is Fault.CLOSED:
            self._open()
        self._fault = fault

    def dialog(self) -> list[str]:
        """Return the messages of the last request, without the instruction."""
        return [message["content"] for message in self.told[-1]["messages"][1:]]

    # Connections

    def _open(self) -> None:
        """Listen from now on, though it takes a moment until somebody answers."""
        listening = socket.create_server(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
        self._opening = asyncio.create_task(self._begin(listening))

    async def _begin(self, listening: socket.socket) -> None:
        self._listener = await asyncio.start_server(self._serve, sock=listening)

    def _close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for writer in self._writers:
            writer.transport.abort()

    async def __aenter__(self) -> "OpenAIChatServer":
        self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._opening:
            await self._opening
        self._close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._request(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _request(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, *lines = head.splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = request.split()
        self.requests += 1
        refusal = REFUSALS.get(self._fault) if self._fault else None
        if headers.get("authorization") != f"Bearer {KEY}":
            refusal = REFUSALS[Fault.UNAUTHORIZED]
        match method, path:
            case "POST", "/v1/chat/completions":
                self.told.append(checked(json.loads(body)))
                self.asked.set()
                await self._answer(refusal or self._refused(self.told[-1]), reader, writer)
            case "GET", "/v1/models":
                writer.write(refused(refusal) if refusal else found({"object": "list", "data": [described()]}))
            case "GET", _ if path == f"/v1/models/{MODEL}":
                refusal = refusal or self.models
                writer.write(refused(refusal) if refusal else found(described()))
            case _:
                writer.write(refused(Refusal(404, "there is no such page")))

    def _refused(self, request: dict[str, Any]) -> Refusal | None:
        named = {*request, *(name for tool in request.get("tools", ()) for name in tool["function"])}
        return next((refusal for name, refusal in self.refuses.items() if name in named), None)

    async def _answer(
        self, refusal: Refusal | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        refusal = refusal or (self.answer if isinstance(self.answer, Refusal) else None)
        if refusal:
            writer.write(refused(refusal))
            return
        if self._fault is Fault.SILENT:
            await self._wait(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for step in self._steps():
            if isinstance(step, Cut):
                raise ConnectionError
            if isinstance(step, Wait):
                await self._wait(reader)
            else:
                writer.write(b"%x\r\n%b\r\n" % (len(step), step))
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    def _steps(self) -> Sequence[Step]:
        assert not isinstance(self.answer, Refusal)
        steps = reply(self.think(self.dialog())) if self.answer is None else self.answer
        if self._fault is Fault.GARBAGE:
            return [b"data: {not json\n\n"]
        if self._fault and (instead := INSTEAD.get(self._fault)):
            # The role, and the first words.
            return [*steps[:2], instead]
        return steps

    async def _wait(self, reader: asyncio.StreamReader) -> None:
        self.sent.set()
        try:
            await reader.read()
        finally:
            self.client_left.set()
        raise ConnectionError


@asynccontextmanager
async def openai_chat() -> AsyncIterator[OpenAIChatServer]:
    """Serve on loopback until the block ends."""
    async with OpenAIChatServer() as server:
        yield server


# What is said in the protocol

_REQUEST = TypeAdapter(CompletionCreateParamsStreaming)


def checked(request: dict[str, Any]) -> dict[str, Any]:
    """Return *request* if the SDK's types allow for all of it."""
    unknown = set(request) - set(get_type_hints(CompletionCreateParamsStreaming))
    assert not unknown, f"not of the protocol: {unknown}"
    assert _plain(_REQUEST.validate_python(request)) == request
    return request


def _plain(value: Any) -> Any:
    """Return *value* with its lists walked through, which pydantic leaves until somebody asks."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value if isinstance(value, str) or not isinstance(value, Iterable) else [_plain(inner) for inner in value]


def described() -> dict[str, Any]:
    return Model(id=MODEL, created=1, object="model", owned_by="system").model_dump(exclude_unset=True)


def found(body: dict[str, Any]) -> bytes:
    return _response("200 OK", json.dumps(body).encode(), {})


def refused(refusal: Refusal) -> bytes:
    return _response(f"{refusal.status} No", refusal.body, refusal.headers)


def _response(status: str, body: bytes, more: Mapping[str, str]) -> bytes:
    headers = {"content-type": "application/json", "content-length": str(len(body)), **more}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _event(choices=[choice], usage=None)


def _event(**fields: Any) -> bytes:
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return event(ChatCompletionChunk.model_validate({**frame, **fields}, strict=True).model_dump(exclude_unset=True))


def text(*words: str) -> list[Step]:
    return [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in words)]


def tool_call(index: int, name: str, *arguments: str, id: str | None = None) -> list[Step]:
    """Return a call whose arguments are split as given."""
    function = {"name": name, "arguments": ""}
    opening = {"index": index, "id": id or f"call_{index}", "type": "function", "function": function}
    deltas = ({"index": index, "function": {"arguments": part}} for part in arguments)
    return [chunk({"tool_calls": [call]}) for call in (opening, *deltas)]


def end(finish: str = "stop", usage: Usage = USAGE) -> list[Step]:
    """Return what ends an answer: the reason, the cost and the mark."""
    cost = {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
    return [chunk({}, finish), _event(choices=[], usage=cost), b"data: [DONE]\n\n"]


def reply(parts: Iterable[Part]) -> list[Step]:
    """Return *parts* as the protocol says them."""
    words: list[str] = []
    calls: list[Step] = []
    usage = USAGE
    for number, part in enumerate(parts):
        match part:
            case str():
                words.append(part)
            case Usage():
                usage = part
            case Transfer(destination):
                calls += tool_call(number, "transfer", json.dumps({"destination": destination}))
            case CollectDigits(count):
                calls += tool_call(number, "collect_digits", json.dumps({"count": count}))
            case HangUp():
                calls += tool_call(number, "hang_up", "{}")
            case _:
                raise AssertionError("a chat model has no form for this")
    return [*text(*words), *calls, *end("tool_calls" if calls else "stop", usage)]
