"""What Google's local services share: the key, the faults, and a door that can be shut.

The services are gRPC servers whose messages are the SDK's own types. A request that the published schema refuses is
answered as Google answers it, with INVALID_ARGUMENT. Whoever asks is told by the signature of the token: it must be
that of the key file the server gives away.
"""

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

import grpc
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from pydantic import JsonValue

from assist.aio import race
from tests.providers import Fault

T = TypeVar("T")

PROJECT = "assist-laboratory"
RETRY_AFTER = 7
GARBAGE = b"\xff\xff\xff\xff"
"""No message of protobuf's."""

STATUS: Final = {
    Fault.UNAUTHORIZED: grpc.StatusCode.UNAUTHENTICATED,
    Fault.FORBIDDEN: grpc.StatusCode.PERMISSION_DENIED,
    Fault.BUSY: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Fault.BROKEN: grpc.StatusCode.INTERNAL,
}

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


class GoogleServer:
    """See `tests.providers.ProviderServer`. The methods of a service ask it what to do."""

    engine = "google"

    def __init__(self, audience: str, key_file: Path) -> None:
        self.requests = 0
        self.client_left = asyncio.Event()
        self.asked = asyncio.Event()
        """Set when a request brings something to say or to hear."""
        self.messages: list[Any] = []
        """Those that opened a request, as the schema reads them."""
        self.door = Door()
        self._audience = audience
        self._key_file = key_file
        self._fault: Fault | None = None

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._fault = fault
        if fault is Fault.CLOSED:
            self.door.shut()
        else:
            self.door.open()

    @property
    def connections(self) -> int:
        return self.door.opened

    @property
    def options(self) -> Mapping[str, JsonValue]:
        return {"endpoint": f"http://127.0.0.1:{self.door.port}"}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"GOOGLE_APPLICATION_CREDENTIALS": str(self._key_file), "GOOGLE_CLOUD_PROJECT": PROJECT}

    def watched(self, method: Callable[[Any, Context], Awaitable[T]]) -> Callable[[Any, Context], Awaitable[T]]:
        """Return *method*, which tells when the client leaves."""

        async def answered(request: Any, context: Context) -> T:
            try:
                return await method(request, context)
            except asyncio.CancelledError:
                self.client_left.set()
                raise

        return answered

    async def admit(self, context: Context) -> None:
        """Return unless the request is to be refused."""
        self.requests += 1
        if not self._is_known(context):
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "invalid authentication credentials")
        match self._fault:
            case Fault.BUSY:
                await context.abort(STATUS[Fault.BUSY], "Quota exceeded", (("grpc-status-details-bin", _retry_info()),))
            case Fault.UNAUTHORIZED | Fault.FORBIDDEN | Fault.BROKEN as fault:
                await context.abort(STATUS[fault], "as the test wants it")

    async def answer(self, context: Context, message: Any) -> None:
        """Send *message*, of a stream, or what the fault puts in its place."""
        if self._fault is Fault.SILENT:
            await self.never()
        if self._fault is Fault.GARBAGE:
            message = GARBAGE
        self.door.moved.clear()
        await context.write(message)
        if self._fault is Fault.STALLED:
            await self.never()
        if self._fault is Fault.CUT:
            await self.door.moved.wait()
            await self.cut()

    async def alone(self, message: Any) -> Any:
        """Return *message*, all of an answer, or what the fault puts in its place."""
        match self._fault:
            case Fault.SILENT | Fault.STALLED:
                await self.never()
            case Fault.CUT:
                await self.cut()
            case Fault.GARBAGE:
                return GARBAGE
        return message

    async def cut(self) -> NoReturn:
        self.door.cut()
        await self.never()

    async def never(self) -> NoReturn:
        """Wait until the client has left."""
        await asyncio.Event().wait()
        raise AssertionError

    def _is_known(self, context: Context) -> bool:
        kind, _, token = str(dict(context.invocation_metadata() or ()).get("authorization", "")).partition(" ")
        try:
            jwt.decode(token, certs=_public_key(), audience=self._audience)  # type: ignore[no-untyped-call]
        except (GoogleAuthError, ValueError):
            return False
        return kind == "Bearer"


class Door:
    """A port before the server's own, which can be shut while the server runs."""

    def __init__(self) -> None:
        self.moved = asyncio.Event()
        """Something has gone out through it."""
        self.behind = 0
        """The server's port."""
        self.opened = 0
        """For so many."""
        self._socket: socket.socket | None = None
        self._port = 0
        self._accepting: asyncio.Task[None] | None = None
        self._guests: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return self._port

    def open(self) -> None:
        if self._socket:
            return
        self._socket = socket.create_server(("127.0.0.1", self._port))
        self._socket.setblocking(False)
        self._port = self._socket.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._socket))

    def shut(self) -> None:
        """Nobody comes in any more, and all are thrown out."""
        if self._socket and self._accepting:
            self._accepting.cancel()
            self._socket.close()
            self._socket = None
        self.cut()

    def cut(self) -> None:
        for guest in self._guests:
            guest.cancel()

    async def ended(self) -> None:
        """Return when all who were thrown out are gone."""
        if self._guests:
            await asyncio.wait(self._guests)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = await asyncio.get_running_loop().sock_accept(listener)
            self.opened += 1
            guest = asyncio.create_task(self._let_through(connection))
            self._guests.add(guest)
            guest.add_done_callback(self._guests.discard)

    async def _let_through(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        try:
            await race(
                _pump(reader, inner_writer, lambda: None),
                _pump(inner_reader, writer, self.moved.set),
            )
        except ConnectionError:
            pass
        finally:
            writer.close()
            inner_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, moved: Callable[[], None]) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
        moved()


Methods: TypeAlias = Mapping[str, "grpc.RpcMethodHandler[Any, Any]"]


@asynccontextmanager
async def google_server(
    service: str, audience: str, methods: Callable[[GoogleServer], Methods]
) -> AsyncIterator[GoogleServer]:
    """Lend the gRPC *service* whose *methods* are those, on loopback."""
    with tempfile.TemporaryDirectory() as directory:
        server = GoogleServer(audience, write_key(Path(directory) / "key.json", private_key()))
        inner = grpc.aio.server()
        inner.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, dict(methods(server)))])
        server.door.behind = inner.add_insecure_port("127.0.0.1:0")
        await inner.start()
        server.door.open()
        try:
            yield server
        finally:
            server.door.shut()
            await server.door.ended()
            await inner.stop(None)


@cache
def private_key() -> rsa.RSAPrivateKey:
    """Return the key that every server takes."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def write_key(path: Path, key: rsa.RSAPrivateKey) -> Path:
    """Leave *key* in a file as Google gives them away."""
    content = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "laboratory",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": f"assist@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@cache
def _public_key() -> bytes:
    return private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _retry_info() -> bytes:
    detail = AnyMessage()
    detail.Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_AFTER)))
    code = STATUS[Fault.BUSY].value[0]
    return bytes(Status(code=code, message="Quota exceeded", details=[detail]).SerializeToString())


async def refuse(context: Context, what: str) -> NoReturn:
    """Answer that the request is not as the schema wants it."""
    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, what)


def serialized(message: Any) -> bytes:
    """Return *message* as it travels; see `GARBAGE`."""
    return message if isinstance(message, bytes) else bytes(type(message).serialize(message))
