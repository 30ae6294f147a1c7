"""OpenAI's chat completions as a local server, which answers as a test tells it to.

Requests are held to the types of OpenAI's own SDK, and so is every chunk that is sent, unless a test asks for what is
none.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, get_type_hints

from aiohttp import web
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from assist.llm import CollectDigits, HangUp, Part, Transfer, Usage
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.openai import NO_MODEL, Refusal, admitted, described, openai_service

MODEL = "gpt-4o"
KNOWN = described(MODEL).model_dump(exclude_unset=True)
USAGE = Usage(input=120, cached=64, output=9)


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing until the client is gone."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection without ending the answer."""


Step: TypeAlias = bytes | Wait | Cut
"""Of a streamed answer: a piece of the body, or what happens instead."""
Think: TypeAlias = Callable[[Sequence[str]], Sequence[Part]]
"""Answers a dialog, whose messages it is given without the instruction."""

INSTEAD: Mapping[Fault, Step] = {Fault.STALLED: Wait(), Fault.CUT: Cut()}
"""What comes after the beginning of an answer."""


class Completions:
    """Answers as it thinks, and keeps what it was asked."""

    def __init__(self, think: Think) -> None:
        self.diary: list[dict[str, Any]] = []
        """The requests for an answer."""
        self.says: Sequence[Step] | Refusal | None = None
        """What to send, instead of what it thinks."""
        self.turns: list[Sequence[Step]] = []
        """What to send first, an answer each."""
        self.refuses: Mapping[str, Refusal] = {}
        """How each parameter is refused that this server does not take; ``strict`` is one of a tool's."""
        self.describes: Refusal | None = None
        """How it refuses to describe a model; None: it knows `MODEL`."""
        self._think = think

    async def answer(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        if instead := admitted(service, request):
            return instead
        match request.method, request.path:
            case "POST", "/chat/completions":
                self.diary.append(checked(await request.json()))
                return await self._reply(service, request)
            case "GET", "/models":
                return web.json_response({"object": "list", "data": [KNOWN]})
            case "GET", path if path == f"/models/{MODEL}" and not self.describes:
                return web.json_response(KNOWN)
        return (self.describes or NO_MODEL).response()

    async def _reply(self, service: HttpService, request: web.BaseRequest) -> web.StreamResponse:
        if refusal := self._refused():
            return refusal.response()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        for step in self._steps(service.fault):
            match step:
                case Wait():
                    await asyncio.Event().wait()
                case Cut():
                    assert request.transport
                    request.transport.close()
                    raise ConnectionResetError
                case _:
                    await response.write(step)
        await response.write_eof()
        return response

    def _refused(self) -> Refusal | None:
        if isinstance(self.says, Refusal):
            return self.says
        asked = self.diary[-1]
        named = {*asked, *(name for tool in asked.get("tools", ()) for name in tool["function"])}
        return next((refusal for name, refusal in self.refuses.items() if name in named), None)

    def _steps(self, fault: Fault | None) -> Sequence[Step]:
        assert not isinstance(self.says, Refusal)
        dialog = [message["content"] for message in self.diary[-1]["messages"][1:]]
        if self.turns:
            return self.turns.pop(0)
        steps = reply(self._think(dialog)) if self.says is None else self.says
        if fault and (instead := INSTEAD.get(fault)):
            # The role, and the first words.
            return [*steps[:2], instead]
        return steps


def openai_chat(completions: Completions) -> HttpService:
    """Return the service, to be entered."""
    return openai_service(completions.answer, model=MODEL)


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
