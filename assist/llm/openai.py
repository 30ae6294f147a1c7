"""Chat completions, streamed: OpenAI's GPT-4 family, and any server that speaks its protocol.

Azure is such a server: its ``base_url`` is ``https://RESOURCE.openai.azure.com/openai/v1/``, its model the name of
the deployment. So are vLLM (``http://HOST:8000/v1``) and Ollama (``http://HOST:11434/v1``).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any, Literal

from openai import APIStatusError, AsyncOpenAI, AsyncStream, OpenAIError
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from pydantic import Field
from pydantic.dataclasses import dataclass

from assist.aio import Stream
from assist.assistant import Assistant
from assist.assistant.hours import STRICT
from assist.llm import Brains, Dialog, Notes, Part, Usage
from assist.llm.openai_dialect import BOUND, Dialect
from assist.llm.openai_reply import Draft
from assist.llm.openai_request import NOTED, goes_on, messages, tools
from assist.provider import Opened
from assist.provider.openai import failure, greet, openai_client
from assist.settings import Settings

COMPLETE = 0.25
"""Seconds for what may follow a reply that is complete: what it cost."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Options:
    """What an assistant may say of it."""

    model: str | None = None
    """None: that of the settings. With Azure, the deployment."""
    base_url: str | None = None
    """Of another server than that of the settings."""
    key: str | None = None
    """Name of the variable that holds the key of that server: it ends in ``_API_KEY``. None: it wants none."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """None: as the model likes it. Models that reason take no other."""
    max_tokens: Annotated[int, Field(ge=16, le=4096)] = 400
    """Of one reply: about two minutes of speech. Models that reason need more, they think in tokens too."""
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
    """Of models that reason; the less, the sooner they speak."""


class OpenAIChat:
    """Answers as one assistant, with *model* at the server of *client*, which is asked in its *dialect*.

    *manner* is said with each request: at least `BOUND`.
    """

    def __init__(
        self, client: AsyncOpenAI, model: str, assistant: Assistant, manner: Mapping[str, Any], dialect: Dialect
    ) -> None:
        self._client = client
        self._assistant = assistant
        self._dialect = dialect
        self._asked = {
            "model": model,
            "tools": tools(assistant.destinations, assistant.find_out),
            "stream_options": {"include_usage": True},
            **manner,
        }

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        """See `LanguageModel`. Closing it ends the request."""
        told, found = messages(self._assistant.prompt, dialog), dict[str, str]()
        spent = Usage(0, 0, 0)
        while True:
            draft = Draft(self._assistant.destinations, self._assistant.find_out, rest=goes_on(dialog) or bool(found))
            async with aclosing(self._spoken(told, draft)) as parts:
                async for part in parts:
                    if isinstance(part, Usage):
                        part = spent = spent.plus(part)
                    yield part
            if not draft.only_notes or found:
                break
            found, told = draft.found_out(), [*told, NOTED]
        actions = draft.actions()
        if found := {**found, **draft.found_out()}:
            slots = dialog.notes.get("slots")
            yield Notes({**dialog.notes, "slots": {**(slots if isinstance(slots, dict) else {}), **found}})
        for action in actions:
            yield action

    async def _spoken(self, told: list[ChatCompletionMessageParam], draft: Draft) -> Stream[Part]:
        """Yield what is said of the answer to *told*, and what it costs; *draft* takes all of it."""
        try:
            async with await self._ask(told) as chunks, aclosing(_read(chunks, draft)) as texts:
                async for text in texts:
                    yield text
        except (OpenAIError, ValueError, TypeError, AttributeError) as error:
            if not draft.finished:
                # Without its cause: what a server answers may hold words of the caller, or the key.
                raise failure(error) from None
        if draft.usage:
            yield draft.usage

    async def _ask(self, told: list[ChatCompletionMessageParam]) -> AsyncStream[ChatCompletionChunk]:
        while True:
            request = self._dialect.spoken(self._asked)
            try:
                chunks: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(
                    messages=told, stream=True, **request
                )
            except APIStatusError as refused:
                self._dialect.learn(refused, request)
                if self._dialect.spoken(self._asked) == request:
                    raise
            else:
                return chunks


async def _read(chunks: AsyncStream[ChatCompletionChunk], draft: Draft) -> Stream[str]:
    """Yield the text that comes, as long as there is something to wait for."""
    try:
        while True:
            async with asyncio.timeout(COMPLETE if draft.finished else None):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            if text := draft.feed(chunk):
                yield text
    except TimeoutError:
        return  # all of it was said


@asynccontextmanager
async def opened(options: Options, settings: Settings) -> AsyncIterator[Opened[Brains]]:
    """Lend brains with one client between them. Raises `ConfigurationError`."""
    model = options.model or settings.openai.model
    dialect = Dialect(modern=not (options.base_url or settings.openai.base_url))
    optional = {"temperature": options.temperature, "reasoning_effort": options.reasoning_effort}
    manner = {BOUND: options.max_tokens, **{name: value for name, value in optional.items() if value is not None}}
    async with openai_client(settings.openai, options.base_url, options.key) as client:
        yield Opened(
            lambda assistant: OpenAIChat(client, model, assistant, manner, dialect), model, lambda: greet(client, model)
        )
