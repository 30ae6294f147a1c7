"""How Amazon's services fail, as the rest of the house is told."""

import aiohttp
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from assist.provider.aws import FAILURES, failure


def refusal(status: int, code: str, **headers: str) -> ClientError:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": sent, "RequestId": "", "HostId": "", "RetryAttempts": 0}
    return ClientError(
        {"Error": {"Code": code, "Message": "the words"}, "ResponseMetadata": metadata},  # type: ignore[typeddict-item]
        "SynthesizeSpeech",
    )


@pytest.mark.parametrize(
    ("status", "code", "temporary", "refused"),
    [
        (400, "InvalidSsmlException", False, False),
        (400, "ThrottlingException", True, False),
        (400, "UnrecognizedClientException", False, True),
        (403, "AccessDeniedException", False, True),
        (403, "Whatever", False, True),
        (429, "TooManyRequestsException", True, False),
        (500, "ServiceFailureException", True, False),
        (503, "503", True, False),
    ],
)
def test_a_refusal_says_whether_to_try_again(status: int, code: str, temporary: bool, refused: bool) -> None:
    error = failure("polly", refusal(status, code))
    assert (error.temporary, error.refused) == (temporary, refused)
    assert f"status {status}" in str(error)


def test_only_the_code_of_an_answer_is_told() -> None:
    assert str(failure("polly", refusal(400, "InvalidSsmlException"))) == "polly: status 400, InvalidSsmlException"
    assert str(failure("polly", refusal(400, "the words"))) == "polly: status 400"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_amz_retry_after": "1500"}, 1.5),
        ({"retry_after": "7"}, 7),
        ({"x_amz_retry_after": "1500", "retry_after": "7"}, 1.5),
        ({"x_amz_retry_after": "soon", "retry_after": "7"}, 7),
        ({"retry_after": "Mon, 23 Nov 2026 03:00:00 GMT"}, None),
        ({"retry_after": "-1"}, None),
        ({"retry_after": "nan"}, None),
        ({}, None),
    ],
)
def test_a_busy_service_tells_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert failure("polly", refusal(429, "Throttling", **headers)).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "told", "temporary", "refused"),
    [
        (EndpointConnectionError(endpoint_url="u"), "the connection failed", True, False),
        (ConnectTimeoutError(endpoint_url="u"), "the connection failed", True, False),
        (ResponseStreamingError(error="e"), "the connection failed", True, False),
        (aiohttp.ClientPayloadError(), "the connection failed", True, False),
        (TimeoutError(), "the connection failed", True, False),
        (ResponseParserError(), "the answer is malformed", True, False),
        (NoCredentialsError(), "the credentials cannot be had", False, True),
        (ParamValidationError(report="r"), "the request is not one", False, False),
    ],
)
def test_whatever_the_library_raises_is_told(error: Exception, told: str, temporary: bool, refused: bool) -> None:
    assert isinstance(error, FAILURES)
    failed = failure("polly", error)
    assert (failed.reason, failed.temporary, failed.refused) == (told, temporary, refused)
