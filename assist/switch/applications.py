"""The dialplan applications that run on one call."""

import asyncio
from uuid import uuid4

from assist.switch.connection import Connection
from assist.switch.events import Event


class Applications:
    """Starts them, and knows when each has ended."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._running: dict[str, asyncio.Future[Event]] = {}

    async def run(self, application: str, argument: str = "") -> Event:
        """Return the CHANNEL_EXECUTE_COMPLETE of *application*. It never comes if the call ends before its turn."""
        identifier = str(uuid4())
        ended = self.expect(identifier)
        try:
            await self._connection.execute(application, argument, event_uuid=identifier)
            return await ended
        finally:
            self.forget(identifier)

    def expect(self, identifier: str) -> asyncio.Future[Event]:
        """Return what will hold the CHANNEL_EXECUTE_COMPLETE of the application with that event UUID."""
        self._running[identifier] = asyncio.get_running_loop().create_future()
        return self._running[identifier]

    def forget(self, identifier: str) -> None:
        """Nobody waits for it any more."""
        self._running.pop(identifier, None)

    def notice(self, event: Event) -> None:
        """Take notice of *event* of the call."""
        if event.name == "CHANNEL_EXECUTE_COMPLETE":
            ended = self._running.get(event.get("Application-UUID"))
            if ended and not ended.done():
                ended.set_result(event)
