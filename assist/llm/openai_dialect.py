"""What one server takes of the protocol. Compatible servers differ, and tell so by refusing a request."""

import copy
import logging
from collections.abc import Mapping
from typing import Any, TypeAlias

from openai import APIStatusError

from assist.provider.openai import NAME

log = logging.getLogger(__name__)

Request: TypeAlias = Mapping[str, Any]
"""Arguments of a chat completion."""

BOUND = "max_completion_tokens"
"""The length of a reply, as OpenAI wants it said."""
CLASSIC_BOUND = "max_tokens"
"""The same, as everybody else understands it."""

STRICT = "strict"
"""Of a tool: the model is held to its schema. What comes is checked in any case."""
OPTIONAL = ("stream_options", "temperature", "reasoning_effort")
"""What else a reply can do without."""


class Dialect:
    """One server's, learned from its refusals and shared by all calls: each is met once in the life of a process."""

    def __init__(self, *, modern: bool) -> None:
        """*modern*: the length of a reply is said as OpenAI wants it first, not as everybody else does."""
        self._bounds = [BOUND, CLASSIC_BOUND] if modern else [CLASSIC_BOUND, BOUND]
        self._left_out: set[str] = set()

    def spoken(self, request: Request) -> dict[str, Any]:
        """Return *request*, which says `BOUND` and has strict tools, as the server takes it, as far as is known."""
        told = {name: value for name, value in request.items() if name not in self._left_out}
        told[self._bounds[0]] = told.pop(BOUND)
        if STRICT in self._left_out:
            told["tools"] = copy.deepcopy(told["tools"])
            for tool in told["tools"]:
                del tool["function"][STRICT]
        return told

    def learn(self, refused: APIStatusError, request: Request) -> None:
        """Note what of *request*, as `spoken`, the server does not take; nothing if it does not tell."""
        if refused.status_code not in (400, 422):
            return
        culprit = self._culprit(f"{refused.param or ''} {refused.body or ''}", request)
        if culprit is None:
            return
        log.warning("%s: the server does not take %s: it is left out from now on", NAME, culprit)
        if culprit == self._bounds[0]:
            del self._bounds[0]
        else:
            self._left_out.add(culprit)

    def _culprit(self, told: str, request: Request) -> str | None:
        """Return what can be left out of *request* and is named first in what the server *told*."""
        candidates = {name for name in OPTIONAL if name in request} - self._left_out
        if STRICT not in self._left_out:
            candidates.add(STRICT)
        if len(self._bounds) > 1:
            # A reply without any bound is not asked for.
            candidates.add(self._bounds[0])
        if named := [(told.find(name), name) for name in candidates if name in told]:
            return min(named)[1]
        return STRICT if STRICT in candidates and "tools" in told else None
