"""How Amazon's services fail."""

import math
import re

from aiohttp import ClientError as HttpError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    ParamValidationError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NotConnected
from botocore.parsers import ResponseParserError

from assist.errors import ProviderError

FAILURES = (ClientError, BotoCoreError, ResponseParserError, HttpError, TimeoutError)
"""All that the library raises when a service fails; while an answer is streamed, what it is built on raises too."""

UNKNOWN = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "SubscriptionRequiredException",
    "UnrecognizedClientException",
}
"""Codes that mean the key or the account, whatever their status."""
BUSY = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}
"""Codes that mean too many requests, though the status be 400."""


def failure(provider: str, error: Exception) -> ProviderError:
    """Return what the library raised as a `ProviderError`: raise it ``from None``, it may hold a server's words."""
    match error:
        case ClientError():
            return _refusal(provider, error)
        case NoCredentialsError() | CredentialRetrievalError() | TokenRetrievalError() | SSOError() | LoginError():
            return ProviderError(provider, "the credentials cannot be had", temporary=False, refused=True)
        case ParamValidationError():
            return ProviderError(provider, "the request is not one", temporary=False)
        case HTTPClientError() | NotConnected():
            return ProviderError(provider, "the connection failed", temporary=True)
        case BotoCoreError() | ResponseParserError():
            return ProviderError(provider, "the answer is malformed", temporary=True)
    return ProviderError(provider, "the connection failed", temporary=True)


def _refusal(provider: str, error: ClientError) -> ProviderError:
    answer = error.response["ResponseMetadata"]
    code, status = error.response["Error"]["Code"], answer["HTTPStatusCode"]
    refused = status in (401, 403) or code in UNKNOWN
    # A code is a name. What is none may be anything.
    told = f"status {status}, {code}" if re.fullmatch("[A-Za-z]{3,60}", code) else f"status {status}"
    return ProviderError(
        provider,
        told,
        temporary=not refused and (code in BUSY or status == 429 or status >= 500),
        retry_after=_seconds(answer["HTTPHeaders"]),
        refused=refused,
    )


def _seconds(headers: dict[str, str]) -> float | None:
    """Return how long to wait; Amazon says it in milliseconds, what stands before it in seconds."""
    for name, unit in (("x-amz-retry-after", 1000), ("retry-after", 1)):
        try:
            wait = float(headers[name]) / unit
        except (KeyError, ValueError):
            continue  # missing, or a date
        if math.isfinite(wait) and wait >= 0:
            return wait
    return None
