"""What Google's engines share: who asks, the channel to the service, and its errors."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, TypeVar, cast
from urllib.parse import urlsplit

import google.auth
import grpc
from google.api_core import grpc_helpers_async
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.oauth2 import service_account
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from assist.errors import ConfigurationError, ProviderError
from assist.settings import Google

T = TypeVar("T")

NAME = "google"

KEY = "GOOGLE_APPLICATION_CREDENTIALS"
KEY_MEND = "set it to the path of a service account's key file"
SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)

CONNECT = 3.0
"""Seconds to connect: a caller waits for it, if nothing was warm."""
RECONNECT = 0.5
"""Seconds that a request waits for a lost connection to be tried again; gRPC would fail it at once meanwhile."""
CHANNEL: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.min_reconnect_backoff_ms", int(CONNECT * 1000)),  # which is also the time that connecting may take
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2000),
    # So that a connection stays open between calls, and one that died is not found out in a caller's turn.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.client_idle_timeout_ms", 24 * 3600 * 1000),
)

_REFUSED = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED}
_HOPELESS = _REFUSED | {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.UNIMPLEMENTED,
}
"""What the same request would come to again."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks, and who pays."""

    credentials: Credentials
    project: str | None
    """Its ID."""


async def find_account(settings: Google) -> Account:
    """Return whom the key file speaks for. Raises `ConfigurationError`."""
    path = settings.application_credentials
    if path is None:
        raise ConfigurationError(f"{KEY}: is missing: {KEY_MEND}")
    try:
        await asyncio.to_thread(path.read_bytes)
        # It reads the variable by itself.
        credentials, project = await asyncio.to_thread(google.auth.default, default_scopes=SCOPES)
    except OSError as error:
        raise ConfigurationError(f"{KEY}: cannot read {path} ({error.strerror}): {KEY_MEND}") from None
    except (GoogleAuthError, ValueError):
        # Without the cause, which may hold the key.
        raise ConfigurationError(f"{KEY}: {path} holds no key of Google's: {KEY_MEND}") from None
    if isinstance(credentials, service_account.Credentials):
        # Signed here: nobody has to be asked for a token in a caller's turn.
        credentials = credentials.with_always_use_jwt_access(True)  # type: ignore[no-untyped-call]
    return Account(credentials, settings.cloud_project or project)


def open_channel(endpoint: str, service: str, credentials: Credentials) -> grpc.aio.Channel:
    """Return a channel to *endpoint*, a host of Google's for its *service*. Raises `ConfigurationError`.

    An ``http://`` endpoint is a proxy or a server on this machine, which is spoken to in the clear.
    """
    url = urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
    name = url.hostname or ""
    if url.scheme == "http" and _is_here(name):
        local, options = grpc.local_channel_credentials(), (*CHANNEL, ("grpc.enable_http_proxy", 0))
    elif url.scheme == "https" and name.endswith(".googleapis.com"):
        local, options = None, CHANNEL
    else:
        # Whoever writes an assistant must not be able to have the key's tokens sent to a host of theirs.
        raise ConfigurationError(
            "google.endpoint: is neither Google's nor on this machine: "
            "write a host of googleapis.com, or http://127.0.0.1 with a port"
        )
    channel: grpc.aio.Channel = grpc_helpers_async.create_channel(
        url.netloc,
        credentials=credentials,
        ssl_credentials=local,
        default_scopes=SCOPES,
        default_host=service,
        options=options,
    )
    return channel


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def ready(channel: grpc.aio.Channel) -> None:
    """Give a lost connection the time of one more attempt; if it has none, the next request fails at once."""
    if channel.get_state() is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
        with suppress(TimeoutError):
            async with asyncio.timeout(RECONNECT):
                await channel.channel_ready()


@dataclass(frozen=True, slots=True)
class Ending:
    """With what the service ended a request."""

    code: grpc.StatusCode
    metadata: tuple[tuple[str, str | bytes], ...]


def endings(call: grpc.aio.Call) -> list[Ending]:
    """Return a list that will hold how *call*, a stream that has just begun, has ended.

    Once a write fails because the service has ended the request, gRPC forgets with what status it did
    (grpc/grpc#36066). So it is noted when it comes.
    """
    noted: list[Ending] = []
    call.add_done_callback(lambda ended: noted.append(_ending(ended)))
    return noted


@contextmanager
def errors_told(noted: Sequence[Ending] = ()) -> Iterator[None]:
    """Raise what gRPC raises as `ProviderError`, without the words and names that its messages may hold.

    *noted* are the `endings` of the stream that the block is about, if it is one.
    """
    try:
        yield
    except grpc.aio.AioRpcError as error:
        last = Ending(error.code(), tuple(error.trailing_metadata()))
        raise failure(next(iter(noted), last)) from None
    except asyncio.CancelledError:
        # A request that is let go of elsewhere looks like this, too.
        task = asyncio.current_task()
        if task and task.cancelling():
            raise
        raise ProviderError(NAME, "the request was dropped", temporary=True) from None


def failure(ending: Ending) -> ProviderError:
    """Return what *ending* means."""
    return ProviderError(
        NAME,
        f"status {ending.code.name}",
        temporary=ending.code not in _HOPELESS,
        retry_after=_delay(ending),
        refused=ending.code in _REFUSED,
    )


def malformed() -> ProviderError:
    """Return what an answer is that is not of the protocol."""
    return ProviderError(NAME, "the answer is malformed", temporary=True)


def _ending(call: grpc.aio.Call) -> Ending:
    return Ending(_at_once(call.code()), tuple(_at_once(call.trailing_metadata())))


def _at_once(known: Coroutine[None, None, T]) -> T:
    """Return what *known* returns: it need not wait for it."""
    try:
        known.send(None)
    except StopIteration as result:
        return cast(T, result.value)
    raise AssertionError("the call has not ended")


def _delay(ending: Ending) -> float | None:
    """Return after how many seconds the service wants to be asked again, if it says so."""
    details = next((value for key, value in ending.metadata if key == "grpc-status-details-bin"), b"")
    info = RetryInfo()
    with suppress(DecodeError):
        for detail in Status.FromString(details).details:
            if detail.Unpack(info):
                return float(info.retry_delay.seconds + info.retry_delay.nanos / 1e9)
    return None
