"""The composition root: settings in, a running worker out. With `engines`, the only code that knows every class."""

import asyncio
import logging
import math
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from assist.assistant import Assistant, Assistants
from assist.assistant.loading import made, parse
from assist.audio.endpointing import Rules
from assist.audio.vad import Vad
from assist.call.call import Call
from assist.call.channel import Direction
from assist.call.ear import Ear, Ears
from assist.call.events import Event as CallEvent
from assist.call.session import Session
from assist.campaign.files import read_files
from assist.campaign.holding import HeldCall, holding
from assist.campaign.ledger import Ledger
from assist.campaign.plans import Plans
from assist.campaign.service import ledger_of
from assist.embedded_redis import redis_server
from assist.engines import Kit, open_kit
from assist.errors import CommandFailed, ConfigurationError, MediaLost, ProviderError, StoreError
from assist.journal import Journal, follow, turns_of
from assist.log import CALL
from assist.monitor.pulse import pulse, taking_calls
from assist.monitor.tally import Tally
from assist.postbox import Postbox, open_postbox
from assist.settings import Settings
from assist.store import SESSION_KEPT, Store, TurnRecord, open_store, operator
from assist.store import Worker as WorkerState
from assist.switch.channel import FreeSwitchChannel, open_channel
from assist.switch.connection import Connection
from assist.switch.control import Control, control
from assist.switch.directory import MediaDirectory, sweep
from assist.switch.events import Event
from assist.switch.listening import hear_from_now_on
from assist.switch.media import Media
from assist.switch.server import Server, serve
from assist.tracing.spans import About
from assist.tracing.tracing import Tracing, open_tracing
from assist.tts.cache import SpeechCache
from assist.whose import findable

log = logging.getLogger(__name__)


TELL_ALIVE = 2.0
"""Seconds between two signs of life of a worker in the store."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker holds calls with."""

    store: Store
    media: Media
    ears: Ears
    kit: Kit
    tracing: Tracing
    postbox: Postbox


class Worker:
    """Holds the calls that FreeSWITCH sends."""

    def __init__(self, settings: Settings, assistants: Assistants, parts: Parts, campaigns: "Campaigns") -> None:
        self._settings = settings
        self._store = parts.store
        self._media = parts.media
        self._ears = parts.ears
        self._kit = parts.kit
        self._tracing = parts.tracing
        self._postbox = parts.postbox
        self._campaigns = campaigns
        self._assistants = assistants
        self._saved: dict[str, float] = {}
        """Versions of assistants, by when their files were kept for other workers."""

    async def hold(self, connection: Connection, connect: Event) -> None:
        """Hold one call until its end. An error leaves it to the dialplan."""
        CALL.set(connect["Unique-ID"])
        try:
            with Tally(connect) as tally:
                await hear_from_now_on(connection, connect, self._media)
                async with (
                    holding(self._campaigns.open, connect) as held,
                    open_channel(connection, connect, self._media) as channel,
                ):
                    await self._hold(channel, held, tally)
        except (ConfigurationError, MediaLost, ProviderError, StoreError) as error:
            log.error("the call is left to the dialplan: %s", error)

    async def _hold(self, channel: FreeSwitchChannel, held: HeldCall | None, tally: Tally) -> None:
        session = await self._session(channel.line.id)
        assistant = await self._assistant(channel.line.assistant, session)
        if held:
            assistant = held.assistant(assistant)
        ear = self._ear(assistant, session)
        try:
            await self._converse(channel, ear, assistant, session, held, tally)
        finally:
            ear.close()

    async def _converse(
        self,
        channel: FreeSwitchChannel,
        ear: Ear,
        assistant: Assistant,
        session: Session | None,
        held: HeldCall | None,
        tally: Tally,
    ) -> None:
        await self._keep_recording(channel)
        started = datetime.fromtimestamp(session.started_at, UTC) if session else datetime.now(UTC)
        turns = await self._turns(channel.line.id) if session else []
        spent = session.spent if session else ()
        about = About(channel.line.id, assistant.name, channel.line.direction)
        async with (
            findable(self._store.callers, channel.line, assistant.home, started, self._settings.retention.history),
            Journal(self._store, channel.line, assistant.name, started, turns) as journal,
            self._tracing.call(about, started.timestamp(), spent) as traced,
        ):

            def note(event: CallEvent) -> None:
                journal.write(event)
                traced.note(event)
                tally.note(event)
                if held:
                    held.note(event)

            engines = await self._kit.engines(assistant, note, spent)
            traced.bill = engines.bill
            errand = held.errand(assistant) if held else None

            call = Call(channel, ear, assistant, engines, self._store, note, errand)
            with self._postbox.holding(channel.line.id, call.orders):
                if session:
                    await self._postbox.missed(channel.line.id, call.orders, session.ordered)
                cause = await call.run(session)
            log.info("the call is over: %s", cause)
            used = engines.bill.items if engines.bill else ()
            await journal.conclude(used)
            if held:
                lasted = (datetime.now(UTC) - started).total_seconds()
                await held.finish(lasted, sum((item.cost_usd for item in used if item.cost_usd), Decimal(0)))

    async def _assistant(self, name: str, session: Session | None) -> Assistant:
        """Return the assistant as its file is now, or as it was when the call that is taken over began."""
        assistant = self._assistants.get(name)
        try:
            if session is None or session.version == assistant.version:
                await self._keep_file(assistant)
            elif text := await self._store.load_assistant(session.version):
                return made(parse(Path(f"{name}.yaml"), text))
        except (StoreError, ConfigurationError) as error:
            log.warning("whoever takes this call over finds the assistant as its file is then: %s", error)
        return assistant

    async def _keep_file(self, assistant: Assistant) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._saved.get(assistant.version, -math.inf) > SESSION_KEPT.total_seconds():
            await self._store.save_assistant(assistant.version, self._assistants.text(assistant.name))
            self._saved[assistant.version] = now

    async def _keep_recording(self, channel: FreeSwitchChannel) -> None:
        """Record the call for good, if that is wanted; a call is worth more than its recording.

        One that is being recorded already, since it was taken over, goes on being so.
        """
        if folder := self._settings.files.recordings_dir:
            await channel.answer()
            try:
                await channel.record(folder.absolute() / f"{channel.line.id}.wav")
            except CommandFailed as error:
                log.error("the call is not recorded in %s: %s: may FreeSWITCH write there?", folder, error)

    def _ear(self, assistant: Assistant, session: Session | None) -> Ear:
        timing = assistant.timing
        return self._ears.open(
            since=session.position if session else 0,
            rules=Rules(end_of_turn=timing.end_of_turn_ms),
            digit_gap=timing.digit_gap_ms / 1000,
        )

    async def _session(self, call: str) -> Session | None:
        """Return where another worker left this call, if one did."""
        try:
            data = await self._store.load_session(call)
            return Session.from_json(data) if data else None
        except (StoreError, ValueError) as error:
            log.warning("the call starts anew: what was known of it cannot be read: %s", type(error).__name__)
            return None

    async def _turns(self, call: str) -> list[TurnRecord]:
        """Return the turns that another worker held of this call."""
        try:
            return await turns_of(self._store, call)
        except StoreError as error:
            log.warning("the history will lack the turns before this worker took the call over: %s", error)
            return []


class Campaigns:
    """What calls of campaigns need, opened by the first of them: an installation without any needs no ledger."""

    def __init__(self, settings: Settings, url: str, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._url = url
        self._stack = stack
        self._opening = asyncio.Lock()
        self._opened: tuple[Ledger, Plans] | None = None

    async def open(self) -> tuple[Ledger, Plans]:
        """Return the ledger, and the campaigns as their files are. Raises `AssistError`."""
        async with self._opening:
            if self._opened is None:
                # A fifth of a second, in which other calls go on.
                plans = (await asyncio.to_thread(read_files, self._settings)).plans
                ledger = await self._stack.enter_async_context(ledger_of(self._settings, self._url))
                self._opened = ledger, plans
            return self._opened


@asynccontextmanager
async def worker(settings: Settings, alive: AbstractAsyncContextManager[None]) -> AsyncIterator[Server]:
    """Take calls while the block lasts; leaving it stops taking them and waits for those in progress.

    *alive* is entered when everything is loaded and left when the last call is over. Raises `AssistError` or
    `OSError` if it cannot even begin.
    """
    _make_recordings_dir(settings.files.recordings_dir)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(redis_server(settings))
        store = await stack.enter_async_context(open_store(url, settings.redis.retention))
        cache = await stack.enter_async_context(SpeechCache(store, settings.redis.speech_room))
        assistants = Assistants(settings.files.assistants_dir)
        kit = await stack.enter_async_context(open_kit(settings, cache, assistants))
        media = await stack.enter_async_context(Media(settings.files.media_dir))
        ears = Ears(await asyncio.to_thread(Vad))
        stack.callback(ears.close)
        tracing = await stack.enter_async_context(open_tracing(settings.tracing))
        postbox = await stack.enter_async_context(open_postbox(store))
        await stack.enter_async_context(alive)
        listen, limit = settings.listen, settings.workers.calls
        campaigns = Campaigns(settings, url, await stack.enter_async_context(AsyncExitStack()))
        hold = Worker(settings, assistants, Parts(store, media, ears, kit, tracing, postbox), campaigns).hold
        serving: asyncio.Future[Server] = asyncio.get_running_loop().create_future()
        telling = asyncio.create_task(_tell_alive(store, serving, limit))
        stack.callback(telling.cancel)
        pulsing = asyncio.create_task(pulse(kit.circuits), name="pulse")
        stack.callback(pulsing.cancel)
        server = await stack.enter_async_context(
            serve(hold, listen.host, listen.port, limit=limit, peers=listen.peers, reuse_port=True)
        )
        log.info("takes calls at %s:%d, %d at once", listen.host, server.port, limit)
        serving.set_result(server)
        with taking_calls(limit):
            yield server


def _make_recordings_dir(directory: Path | None) -> None:
    try:
        if directory:
            directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"ASSIST_RECORDINGS_DIR: {directory} cannot be made: {error.strerror}") from error


async def _tell_alive(store: Store, serving: asyncio.Future[Server], limit: int) -> None:
    """Let everybody with the same store see this worker, from when it serves until it is cancelled."""
    server = await serving
    # In containers two processes may have one machine's name and one number.
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    while True:
        with suppress(StoreError):
            await store.worker_alive(WorkerState(name, len(server.calls), limit))
        await asyncio.sleep(TELL_ALIVE)


async def place_call(
    settings: Settings, number: str, assistant: str, gateway: str, call: str
) -> AsyncIterator[CallEvent]:
    """Call *number* under the id *call* and yield what happens once it is answered. Raises `AssistError`.

    Whoever stops iterating ends the call.
    """
    Assistants(settings.files.assistants_dir).get(assistant)
    endpoint = f"sofia/gateway/{gateway}/{number}"
    variables = {"assist_assistant": assistant, "assist_direction": Direction.OUTBOUND.value}
    async with (
        redis_server(settings) as url,
        open_store(url, settings.redis.retention) as store,
        switch(settings) as freeswitch,
    ):
        await store.audit.record(operator(), "call.place", call, assistant=assistant)
        try:
            await freeswitch.originate(endpoint, number, uuid=call, context="assist", variables=variables)
        except asyncio.CancelledError:
            await _hang_up(freeswitch, call)
            raise
        try:
            async for event in follow(store, call, lambda: freeswitch.uuid_exists(call)):
                yield event
        finally:
            await _hang_up(freeswitch, call)


async def _hang_up(freeswitch: Control, call: str) -> None:
    with suppress(CommandFailed):
        # It fails if the call has ended by itself, as it should.
        await freeswitch.hang_up(call)


@asynccontextmanager
async def switch(settings: Settings) -> AsyncIterator[Control]:
    """Lend a connection to FreeSWITCH's own Event Socket. Raises `ConfigurationError`, `ConnectionLost`."""
    password = settings.esl.password
    async with control(settings.esl.host, settings.esl.port, password.get_secret_value() if password else "") as lent:
        yield lent


async def sweep_media(settings: Settings) -> None:
    """Remove what calls that are over left in the media directory. Needs FreeSWITCH's own Event Socket."""
    if settings.esl.password is None:
        return

    async def alive(calls: list[str]) -> set[str]:
        async with switch(settings) as freeswitch:
            return {call for call in calls if await freeswitch.uuid_exists(call)}

    removed = await sweep(MediaDirectory(settings.files.media_dir), alive)
    if removed:
        log.info("removed %d files of calls that are over", removed)


WORKER_COMMAND = (sys.executable, "-m", "assist", "worker")
API_COMMAND = (sys.executable, "-m", "assist", "api", "--supervised")
