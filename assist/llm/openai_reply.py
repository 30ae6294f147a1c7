"""What a chat model answers: chunks in, text and actions out. Nothing here waits."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

from assist.errors import ProviderError
from assist.llm import CollectDigits, HangUp, Part, Transfer, Usage
from assist.llm.openai_request import MOST_DIGITS, NOTE
from assist.provider.openai import NAME


class Draft:
    """A reply on its way, of a model that may transfer to *destinations* and is to *find_out* something.

    It may be the mere *rest* of one, of which nothing may be missing.
    """

    def __init__(
        self, destinations: Collection[str], find_out: Mapping[str, Sequence[str]], *, rest: bool = False
    ) -> None:
        self._destinations = destinations
        self._find_out = find_out
        self._empty_is_fine = rest
        self._calls: list[_ToolCall] = []
        self._spoke = False
        self.finished = False
        """The model said that this is all."""
        self.usage: Usage | None = None

    def feed(self, chunk: ChatCompletionChunk) -> str:
        """Return what *chunk* adds to the text. The SDK checks nothing: anything may be missing or of another type."""
        if chunk.usage:
            self.usage = _usage(chunk.usage)
        text = ""
        for choice in chunk.choices:
            text += choice.delta.content or choice.delta.refusal or ""
            for delta in choice.delta.tool_calls or ():
                self._call(delta).add(delta)
            self.finished = self.finished or choice.finish_reason is not None
        self._spoke = self._spoke or bool(text)
        return text

    def _call(self, delta: ChoiceDeltaToolCall) -> "_ToolCall":
        # By both: some servers give every call the same index, others every piece of one its id.
        for call in reversed(self._calls):
            if call.index == delta.index and delta.id in (None, "", call.id):
                return call
        self._calls.append(_ToolCall(delta.index, delta.id))
        return self._calls[-1]

    def actions(self) -> list[Part]:
        """Return what to do after the text. Raises `ProviderError` unless all of a usable reply has come."""
        if not self.finished:
            raise ProviderError(NAME, "the reply broke off", temporary=True)
        asked = [call.part(self._destinations) for call in self._calls if call.noted(self._find_out) is None]
        if not (asked or self._spoke or self._empty_is_fine):
            raise ProviderError(NAME, "the reply is empty", temporary=True)
        last = [part for part in asked if isinstance(part, Transfer | HangUp)]
        return [part for part in asked if part not in last] + last[:1]

    def found_out(self) -> dict[str, str]:
        """Return what was written down, the last of each name."""
        return dict(noted for call in self._calls if (noted := call.noted(self._find_out)))

    @property
    def only_notes(self) -> bool:
        """Whether all of it has come, and it wrote something down and is nothing else."""
        notes = [call for call in self._calls if call.noted(self._find_out)]
        return self.finished and bool(notes) and len(notes) == len(self._calls) and not self._spoke


@dataclass(slots=True)
class _ToolCall:
    index: int
    id: str | None
    name: str = ""
    arguments: str = ""
    """JSON; split anywhere while it comes."""

    def add(self, delta: ChoiceDeltaToolCall) -> None:
        if delta.function:
            self.name += delta.function.name or ""
            self.arguments += delta.function.arguments or ""

    def noted(self, find_out: Mapping[str, Sequence[str]]) -> tuple[str, str] | None:
        """Return what it writes down, if it does and that is one of the answers there may be."""
        name = self.name.removeprefix(NOTE)
        if name == self.name or name not in find_out:
            return None
        try:
            match json.loads(self.arguments):
                case {"answer": str(answer)} if answer in find_out[name]:
                    return name, answer
        except ValueError:
            pass
        return None

    def part(self, destinations: Collection[str]) -> Part:
        """Return what it asks for. Raises `ProviderError` if that cannot be done."""
        try:
            match self.name, json.loads(self.arguments or "{}"):
                case "transfer", {"destination": str(name)} if name in destinations:
                    return Transfer(name)
                case "collect_digits", {"count": int(count)} if 1 <= count <= MOST_DIGITS:
                    return CollectDigits(count)
                case "hang_up", dict():
                    return HangUp()
        except ValueError:
            pass
        raise ProviderError(NAME, "the reply asks for something that cannot be done", temporary=True)


def _usage(told: CompletionUsage) -> Usage:
    details = told.prompt_tokens_details
    return Usage(told.prompt_tokens, (details and details.cached_tokens) or 0, told.completion_tokens)
