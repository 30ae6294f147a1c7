"""A server that speaks OpenAI's chat completions over HTTP/1.1, as a test tells it to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias


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
    body: str
    headers: dict[str, str] = field(default_factory=dict)


Step: TypeAlias = bytes | Wait | Cut
"""Of a streamed answer: a piece of the body, or what happens instead."""


class Server:
    """Answers every request with `answer`, and keeps a diary."""

    def __init__(self) -> None:
        self.url = ""
        self.answer: list[Step] | Refusal = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.sent = asyncio.Event()
        """Everything before a `Wait` is on its way."""
        self.client_left = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._note(head.decode(), reader)
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.client_left.set()
        finally:
            writer.close()

    async def _note(self, head: str, reader: asyncio.StreamReader) -> None:
        request, *lines = head.splitlines()
        assert request.startswith("POST /v1/chat/completions "), request
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.keys.append(headers["authorization"])
        self.requests.append(json.loads(await reader.readexactly(int(headers["content-length"]))))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self.answer, Refusal):
            writer.write(refused(self.answer))
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for step in self.answer:
            if isinstance(step, Cut):
                raise ConnectionError
            if isinstance(step, Wait):
                self.sent.set()
                await reader.readuntil(b"\r\n\r\n")
            else:
                writer.write(b"%x\r\n%b\r\n" % (len(step), step))
            await writer.drain()
        writer.write(b"0\r\n\r\n")


def refused(refusal: Refusal) -> bytes:
    body = refusal.body.encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **refusal.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {refusal.status} No\r\n{lines}\r\n".encode() + body


@asynccontextmanager
async def openai_server() -> AsyncIterator[Server]:
    """Serve on loopback until the block ends."""
    server = Server()
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    async with listener:
        yield server


def event(data: object) -> bytes:
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(_frame() | {"choices": [choice], "usage": None})


def text(*words: str) -> list[Step]:
    return [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in words)]


def tool_call(index: int, name: str, *arguments: str) -> list[Step]:
    """Return a call whose arguments are split as given."""
    opening = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
    deltas = ({"index": index, "function": {"arguments": part}} for part in arguments)
    return [chunk({"tool_calls": [call]}) for call in (opening, *deltas)]


def end(finish: str = "stop") -> list[Step]:
    """Return what ends an answer: the reason, the cost and the mark."""
    usage = {
        "prompt_tokens": 120,
        "completion_tokens": 9,
        "total_tokens": 129,
        "prompt_tokens_details": {"cached_tokens": 64},
    }
    return [chunk({}, finish), event(_frame() | {"choices": [], "usage": usage}), b"data: [DONE]\n\n"]


def _frame() -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
