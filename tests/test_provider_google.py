"""What Google's engines share: whom the key speaks for, where the service may be, and what its errors mean."""

from pathlib import Path

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.credentials import AnonymousCredentials
from google.rpc.status_pb2 import Status

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind
from assist.provider.google import Ending, failure, find_account, open_channel
from assist.settings import read_settings
from tests.providers.google import PROJECT, private_key, write_key
from tests.providers.google_stt import google_stt_server
from tests.providers.listener import listener

KEY = "GOOGLE_APPLICATION_CREDENTIALS"


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (KEY, "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(variable, raising=False)


async def test_a_key_that_is_missing_is_told_with_the_mend() -> None:
    with pytest.raises(ConfigurationError, match=rf"^{KEY}: is missing: set it to the path of a service account's key"):
        await find_account(read_settings().google)


@pytest.mark.parametrize("content", [None, "", "no key", "{}", '{"type": "service_account", "private_key": "secret"}'])
async def test_a_file_that_is_no_key_is_told_with_its_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    monkeypatch.setenv(KEY, str(path))
    with pytest.raises(ConfigurationError, match=rf"^{KEY}: .*{path}.*: set it to the path") as caught:
        await find_account(read_settings().google)
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(("variable", "project"), [(None, PROJECT), ("another", "another")])
async def test_the_project_is_that_of_the_settings_or_of_the_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str | None, project: str
) -> None:
    monkeypatch.setenv(KEY, str(write_key(tmp_path / "key.json", private_key())))
    if variable:
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", variable)
    assert (await find_account(read_settings().google)).project == project


async def test_a_key_of_somebody_else_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    async with google_stt_server(listener) as server:
        monkeypatch.setenv(KEY, str(write_key(tmp_path / "key.json", stranger)))
        async with Pool(read_settings()) as pool:
            opened = await pool.open(Kind.STT, Choice("google", server.options))
            with pytest.raises(ProviderError, match="UNAUTHENTICATED") as caught:
                await opened.warm()
            assert caught.value.refused
            monkeypatch.setenv(KEY, server.environment[KEY])
            again = await pool.open(Kind.STT, Choice("google", {**server.options, "model": "long"}))
            await again.warm()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://example.com",
        "example.com",
        "http://example.com",
        "http://speech.googleapis.com",
        "https://speech.googleapis.com.example.com",
        "https://googleapis.com@example.com",
        "ftp://127.0.0.1",
        "example.com/-speech.googleapis.com",
    ],
)
def test_tokens_are_sent_to_google_and_to_this_machine_only(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^google\.endpoint: .*: write a host of googleapis.com"):
        open_channel(endpoint, "speech.googleapis.com", AnonymousCredentials())  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "endpoint",
    [
        "speech.googleapis.com",
        "eu-speech.googleapis.com:443",
        "https://speech.googleapis.com",
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://[::1]:1",
    ],
)
async def test_google_and_this_machine_may_be_asked(endpoint: str) -> None:
    async with open_channel(endpoint, "speech.googleapis.com", AnonymousCredentials()) as channel:  # type: ignore[no-untyped-call]
        assert channel.get_state() is grpc.ChannelConnectivity.IDLE


@pytest.mark.parametrize(
    ("code", "temporary", "refused"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, False, True),
        (grpc.StatusCode.PERMISSION_DENIED, False, True),
        (grpc.StatusCode.INVALID_ARGUMENT, False, False),
        (grpc.StatusCode.NOT_FOUND, False, False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, True, False),
        (grpc.StatusCode.UNAVAILABLE, True, False),
        (grpc.StatusCode.INTERNAL, True, False),
        (grpc.StatusCode.DEADLINE_EXCEEDED, True, False),
        (grpc.StatusCode.ABORTED, True, False),
    ],
)
def test_a_status_tells_whether_to_ask_again(code: grpc.StatusCode, temporary: bool, refused: bool) -> None:
    error = failure(Ending(code, ()))
    assert (error.temporary, error.refused, error.retry_after) == (temporary, refused, None)


@pytest.mark.parametrize("details", [b"", b"\xff\xff", Status(code=8, message="no more").SerializeToString()])
def test_details_that_name_no_delay_are_none(details: bytes) -> None:
    ending = Ending(grpc.StatusCode.RESOURCE_EXHAUSTED, (("grpc-status-details-bin", details),))
    assert failure(ending).retry_after is None
