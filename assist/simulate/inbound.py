"""FreeSWITCH's own Event Socket, simulated: what listens on port 8021 and asks for a password."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from assist.errors import ProtocolError
from assist.simulate.event_socket import GOODBYE
from assist.simulate.jobs import perform, start_job
from assist.simulate.subscription import NOT_FOUND, Subscription, reply
from assist.simulate.switchboard import Switchboard
from assist.switch.wire import Command, CommandParser, frame


class InboundSocket:
    """One connection to it."""

    def __init__(
        self, board: Switchboard, password: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._board = board
        self._password = password
        self._reader = reader
        self._writer = writer
        self._subscription = Subscription(None)
        self._trusted = False
        self._over = False

    async def run(self) -> None:
        """Serve until either side ends it. A call that it asked for goes on without it."""
        self._board.subscribers.add(self)
        try:
            self._writer.write(frame({"Content-Type": "auth/request"}))
            await self._serve()
        except (OSError, ProtocolError):
            pass  # whoever was there is gone, or talks nonsense
        finally:
            self._board.subscribers.discard(self)
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def tell(self, event: Mapping[str, str]) -> None:
        if not self._writer.is_closing() and self._subscription.wants(event):
            self._writer.write(self._subscription.write(event))

    async def _serve(self) -> None:
        parser = CommandParser()
        while data := await self._reader.read(4096):
            for command in parser.feed(data):
                self._writer.write(await self._answer(command))
                if self._over:
                    self._writer.write(frame({"Content-Type": "text/disconnect-notice"}, GOODBYE))
                    return

    async def _answer(self, command: Command) -> bytes:
        verb, _, rest = command.text.partition(" ")
        if verb == "exit":
            self._over = True
            return reply("+OK bye")
        if verb == "auth" and not self._trusted:
            self._trusted = rest == self._password
            self._over = not self._trusted
            return reply("+OK accepted" if self._trusted else "-ERR invalid")
        if not self._trusted:
            return reply(NOT_FOUND)
        if verb == "api":
            return await perform(self._board, rest)
        if verb == "bgapi":
            return start_job(self._board, command)
        return reply(self._subscription.obey(verb, rest.split()) or NOT_FOUND)
