"""FreeSWITCH's own Event Socket, which we call: `async with control(host, port, password) as switch`."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager

from assist.errors import CommandFailed, ConfigurationError, ConnectionLost, HungUp, ProtocolError
from assist.switch import commands, endings
from assist.switch.connection import Connection
from assist.switch.events import Event

GREETING_SECONDS = 5.0
"""Within which a FreeSWITCH that is well asks for the password and takes it."""

SHIPPED_PASSWORD = "ClueCon"

NOTHING = "no reply"
"""What FreeSWITCH calls an empty answer: a failure."""


class Control:
    """Asks one FreeSWITCH about, and for, any of its calls."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def originate(
        self,
        endpoint: str,
        extension: str,
        *,
        uuid: str,
        context: str = "default",
        variables: Mapping[str, str] | None = None,
        remembered: bool = False,
    ) -> None:
        """Call *endpoint*, as ``sofia/gateway/carrier/NUMBER``; return once it answers and is in *extension*.

        The channel's id is *uuid*; a second call with that id fails while the first lives. Raises
        `HungUp` with the cause if nobody answers. Cancelling does not end the call: `hang_up` does.
        *remembered*: how it ended is in `endings` until somebody says `forget`.
        """
        values = {"origination_uuid": uuid, **(variables or {})}
        order = commands.originate(endpoint, extension, context, values, remembered=remembered)
        try:
            answer = await self.connection.bgapi(order)
        except CommandFailed as failure:
            raise HungUp(failure.reason) from failure
        answered = answer.removeprefix("+OK").strip()
        if answered != uuid:
            # sofia refuses an id that is taken; loopback calls all the same, under another.
            await self.hang_up(answered)
            raise CommandFailed("the id is taken", "originate")

    async def status(self) -> str:
        """Return what FreeSWITCH says of itself: version, uptime, sessions."""
        return await self.connection.api("status")

    async def name(self, port: int) -> str:
        """Return what no other FreeSWITCH is called, restarted or not; *port* is where it was reached."""
        own_port = await self._printed("global_getvar assist_esl_port") or str(port)
        return f"{await self.connection.api('switchname')}:{own_port}"

    async def seconds_up(self) -> float:
        """Return how long it has been up."""
        return float(await self.connection.api("uptime s"))

    async def remembers(self) -> bool:
        """Return whether it can keep how calls ended."""
        return await self.connection.api(endings.MODULE) == "true"

    async def endings(self) -> Mapping[str, Event]:
        """Return what ``CHANNEL_HANGUP_COMPLETE`` told of each call that is remembered, by its id."""
        return endings.read(await self._printed(endings.ALL))

    async def forget(self, uuid: str) -> None:
        """Let it forget how that call ended. Raises `CommandFailed` if it does not know."""
        await self.connection.api(endings.forgetting(uuid))

    async def uuid_exists(self, uuid: str) -> bool:
        """Return whether that channel is alive."""
        return await self.connection.api(f"uuid_exists {commands.word(uuid)}") == "true"

    async def channels(self) -> Set[str]:
        """Return the ids of all channels. FreeSWITCH tells of one that has just begun or ended a little late."""
        try:
            shown: list[dict[str, str]] = json.loads(await self.connection.api("show channels as json")).get("rows", [])
        except ValueError as error:
            raise ProtocolError("show channels: is no JSON") from error
        return {channel["uuid"] for channel in shown}

    async def hang_up(self, uuid: str, cause: str = "NORMAL_CLEARING") -> None:
        """End that call. Raises `CommandFailed` if there is none."""
        await self.connection.api(f"uuid_kill {commands.word(uuid)} {commands.word(cause)}")

    async def _printed(self, command: str) -> str:
        """Return what a command prints that may print nothing."""
        try:
            return await self.connection.api(command)
        except CommandFailed as failure:
            if failure.reason == NOTHING:
                return ""
            raise


@asynccontextmanager
async def control(host: str, port: int, password: str) -> AsyncIterator[Control]:
    """Yield the switch at that address. Raises `ConfigurationError` or `ConnectionLost`; never reconnects."""
    if password in ("", SHIPPED_PASSWORD):
        raise ConfigurationError(
            "event socket: the password is empty or the one FreeSWITCH is shipped with: set another"
        )
    where = f"event socket {host}:{port}"
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        raise ConnectionLost(f"{where}: {error or 'no answer'}") from error
    async with Connection(reader, writer) as connection:
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await connection.greeted()
                await connection.command(f"auth {password}")
        except CommandFailed as error:
            raise ConfigurationError(f"{where}: wrong password") from error
        except TimeoutError as error:
            raise ConnectionLost(f"{where}: did not ask for a password; is it FreeSWITCH?") from error
        yield Control(connection)
