"""What every engine that speaks OpenAI's protocol shares: the client, the free question to it, and its errors."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from httpx2 import Limits
from openai import (
    DEFAULT_TIMEOUT,
    APIConnectionError,
    APIError,
    APIStatusError,
    AsyncOpenAI,
    DefaultAsyncHttpxClient,
    NotFoundError,
    OpenAIError,
    Timeout,
)

from assist.errors import ConfigurationError, ProviderError
from assist.settings import OpenAI, secret

NAME = "openai"

CONNECT = 3.0
"""Seconds to connect: a caller waits for it, if nothing was warm."""
ANSWER = 10.0
"""Seconds for the free question, while nobody waits."""
IDLE = 120.0
"""Seconds that a connection is kept for the next turn: the library's own 5 s are shorter than most turns, and after
some minutes what lies between may have forgotten it without a word."""


@asynccontextmanager
async def openai_client(
    server: OpenAI, base_url: str | None = None, key: str | None = None
) -> AsyncIterator[AsyncOpenAI]:
    """Lend a client for *base_url*, else for the *server* of the settings. It never tries again by itself.

    *key* names the variable that holds the key. The one of the settings is for the server of the settings only: it
    is not sent elsewhere unless it is named. Raises `ConfigurationError`.
    """
    async with (
        DefaultAsyncHttpxClient(limits=Limits(keepalive_expiry=IDLE)) as http,
        AsyncOpenAI(
            api_key=_key(server, base_url, key),
            base_url=base_url or server.base_url,
            max_retries=0,
            timeout=Timeout(DEFAULT_TIMEOUT.read, connect=CONNECT),
            http_client=http,
        ) as client,
    ):
        yield client


def _key(server: OpenAI, base_url: str | None, key: str | None) -> str:
    if key:
        return secret(key).get_secret_value()
    if server.api_key and base_url in (None, server.base_url):
        return server.api_key.get_secret_value()
    if base_url or server.base_url:
        # A server of one's own may want no key, but the SDK does.
        return "none"
    raise ConfigurationError("OPENAI_API_KEY: is missing: set it, or OPENAI_BASE_URL of a server without keys")


async def greet(client: AsyncOpenAI, model: str) -> None:
    """Connect, and learn at no cost whether the key and the *model* are known. Raises `ProviderError`."""
    try:
        try:
            await client.models.retrieve(model, timeout=ANSWER)
        except NotFoundError as error:
            if error.code == "model_not_found":
                raise
            # Some servers list what they have and describe nothing, and Azure knows a deployment by another name.
            await client.models.list(timeout=ANSWER)
    except (OpenAIError, ValueError, TypeError, AttributeError) as error:
        raise failure(error) from None


def failure(error: Exception) -> ProviderError:
    """Return what the SDK raised as a `ProviderError`: raise it ``from None``, a server's words may hold anything."""
    match error:
        case APIStatusError():
            return _refusal(error)
        case APIConnectionError():
            return ProviderError(NAME, "the connection failed", temporary=True)
        case APIError():
            return ProviderError(NAME, "the server gave up in mid-reply", temporary=True)
    return ProviderError(NAME, "the answer is malformed", temporary=True)


def _refusal(error: APIStatusError) -> ProviderError:
    reason = f"status {error.status_code}"
    if error.status_code == 404:
        reason += ", there is no such model, or the address is wrong"
    unpaid = error.code == "insufficient_quota"
    busy = error.status_code in (408, 409, 429) or error.status_code >= 500
    return ProviderError(
        NAME,
        reason,
        temporary=busy and not unpaid,
        retry_after=_seconds(error.response.headers.get("retry-after", "")),
        refused=unpaid or error.status_code in (401, 403, 404),
    )


def _seconds(header: str) -> float | None:
    try:
        wait = float(header)
    except ValueError:
        return None  # missing, or a date
    return wait if math.isfinite(wait) and wait >= 0 else None
