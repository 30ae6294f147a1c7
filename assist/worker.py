"""Holds the calls that FreeSWITCH sends, each from its connection to its record."""

import asyncio
import logging
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from assist.assistant import Assistant, Assistants
from assist.assistant.loading import made, parse
from assist.audio.endpointing import Rules
from assist.call.call import Call
from assist.call.ear import Ear, Ears
from assist.call.events import Event as CallEvent
from assist.call.session import Session
from assist.campaign.holding import HeldCall, Open, holding
from assist.engines import Kit
from assist.errors import CommandFailed, ConfigurationError, MediaLost, ProviderError, StoreError
from assist.journal import Journal, turns_of
from assist.log import CALL
from assist.monitor.tally import Tally
from assist.postbox import Postbox
from assist.settings import Settings
from assist.store import SESSION_KEPT, Store, TurnRecord
from assist.switch.channel import FreeSwitchChannel, open_channel
from assist.switch.connection import Connection
from assist.switch.events import Event
from assist.switch.listening import hear_from_now_on
from assist.switch.media import Media
from assist.tracing.spans import About
from assist.tracing.tracing import Tracing
from assist.whose import findable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a worker holds calls with."""

    store: Store
    media: Media
    ears: Ears
    kit: Kit
    tracing: Tracing
    postbox: Postbox
    campaigns: Open


@dataclass(frozen=True, slots=True)
class Arrival:
    """A call that is to be held."""

    channel: FreeSwitchChannel
    tally: Tally
    held: HeldCall | None
    """Of a campaign, if it is."""
    assistant: Assistant
    """As it talks to whoever is there."""
    session: Session | None
    """Where another worker left the call, if one did."""
    began: datetime


class Worker:
    """Holds the calls that FreeSWITCH sends."""

    def __init__(self, settings: Settings, assistants: Assistants, parts: Parts) -> None:
        self._settings = settings
        self._store = parts.store
        self._media = parts.media
        self._ears = parts.ears
        self._kit = parts.kit
        self._tracing = parts.tracing
        self._postbox = parts.postbox
        self._campaigns = parts.campaigns
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
                    holding(self._campaigns, connect) as held,
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
        began = datetime.fromtimestamp(session.started_at, UTC) if session else datetime.now(UTC)
        try:
            await self._converse(Arrival(channel, tally, held, assistant, session, began), ear)
        finally:
            ear.close()

    async def _converse(self, arrival: Arrival, ear: Ear) -> None:
        channel, assistant, session, began = arrival.channel, arrival.assistant, arrival.session, arrival.began
        held = arrival.held
        await self._keep_recording(channel)
        turns = await self._turns(channel.line.id) if session else []
        spent = session.spent if session else ()
        about = About(channel.line.id, assistant.name, channel.line.direction)
        async with (
            findable(self._store.callers, channel.line, assistant.home, began, self._settings.retention.history),
            Journal(self._store, channel.line, assistant.name, began, turns) as journal,
            self._tracing.call(about, began.timestamp(), spent) as traced,
        ):

            def note(event: CallEvent) -> None:
                journal.write(event)
                traced.note(event)
                arrival.tally.note(event)
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
                lasted = (datetime.now(UTC) - began).total_seconds()
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
