"""The composition root: settings in, a running worker out. With `engines`, the only code that knows every class."""

import asyncio
import logging
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from assist.assistant import Assistants
from assist.audio.vad import Vad
from assist.call.ear import Ears
from assist.campaign.at_hand import at_hand
from assist.embedded_redis import redis_server
from assist.engines import open_kit
from assist.errors import ConfigurationError, StoreError
from assist.monitor.pulse import pulse, taking_calls
from assist.postbox import open_postbox
from assist.settings import Settings
from assist.store import Store, open_store
from assist.store import Worker as WorkerState
from assist.switch.control import control
from assist.switch.directory import MediaDirectory, sweep
from assist.switch.media import Media
from assist.switch.server import Server, serve
from assist.tracing.tracing import open_tracing
from assist.tts.cache import SpeechCache
from assist.worker import Parts, Worker

log = logging.getLogger(__name__)


TELL_ALIVE = 2.0
"""Seconds between two signs of life of a worker in the store."""


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
        campaigns = await stack.enter_async_context(at_hand(settings, url))
        parts = Parts(store, media, ears, kit, tracing, postbox, campaigns)
        hold = Worker(settings, assistants, parts).hold
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


async def sweep_media(settings: Settings) -> None:
    """Remove what calls that are over left in the media directory. Needs FreeSWITCH's own Event Socket."""
    esl = settings.esl
    if esl.password is None:
        return
    password = esl.password.get_secret_value()

    async def alive(calls: list[str]) -> set[str]:
        async with control(esl.host, esl.port, password) as freeswitch:
            return {call for call in calls if await freeswitch.uuid_exists(call)}

    removed = await sweep(MediaDirectory(settings.files.media_dir), alive)
    if removed:
        log.info("removed %d files of calls that are over", removed)


WORKER_COMMAND = (sys.executable, "-m", "assist", "worker")
API_COMMAND = (sys.executable, "-m", "assist", "api", "--supervised")
