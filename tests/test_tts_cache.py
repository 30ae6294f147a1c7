"""Sentences that were said before: faster, the same, and never a reason for a call to wait or to fail."""

import asyncio
import logging
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from assist.assistant.choice import Choice
from assist.errors import ProviderError, StoreError
from assist.store import Store, open_store
from assist.tts import TextToSpeech
from assist.tts.cache import BACKLOG, SpeechCache, identity_of, name_of
from tests.fakes import FakeVoice
from tests.redis_process import redis_process

ROOM = 1_000_000
SENTENCE = "Un momento, por favor."


class FakeShelf:
    """Keeps sentences in memory, or is down; tells when one was put there."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.down = False
        self.asked = 0
        self.put = asyncio.Event()

    async def load_speech(self, name: str) -> bytes | None:
        self.asked += 1
        if self.down:
            raise StoreError("Redis: ConnectionError")
        return self.kept.get(name)

    async def save_speech(self, name: str, speech: bytes, *, room: int) -> bool:
        if self.down:
            raise StoreError("Redis: ConnectionError")
        self.kept[name] = speech
        self.put.set()
        return True


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
async def cache(shelf: FakeShelf) -> AsyncIterator[SpeechCache]:
    async with SpeechCache(shelf, ROOM) as opened:
        yield opened


async def said(voice: TextToSpeech, text: str = SENTENCE, language: str = "es", pace: float = 1.0) -> list[bytes]:
    async with aclosing(voice.synthesize(text, language, pace=pace)) as speech:
        return [piece async for piece in speech]


async def test_what_was_said_is_said_again_without_the_engine(cache: SpeechCache, shelf: FakeShelf) -> None:
    engine = FakeVoice()
    voice = cache.around(engine, "fake")
    first = await said(voice)
    await shelf.put.wait()
    assert b"".join(await said(voice)) == b"".join(first)
    assert engine.diary == [SENTENCE]


@pytest.mark.parametrize(
    ("identity", "text", "language", "pace"),
    [
        ("other", SENTENCE, "es", 1.0),
        ("fake", "Otro momento, por favor.", "es", 1.0),
        ("fake", SENTENCE, "en", 1.0),
        ("fake", SENTENCE, "es", 0.8),
    ],
)
async def test_what_would_sound_different_is_synthesised(
    cache: SpeechCache, shelf: FakeShelf, identity: str, text: str, language: str, pace: float
) -> None:
    engine = FakeVoice()
    await said(cache.around(engine, "fake"))
    await shelf.put.wait()
    await said(cache.around(engine, identity), text, language, pace)
    assert engine.diary == [SENTENCE, text]


async def test_a_sentence_that_was_not_heard_to_the_end_is_not_kept(cache: SpeechCache, shelf: FakeShelf) -> None:
    voice = cache.around(FakeVoice(), "fake")
    async with aclosing(voice.synthesize("uno dos tres", "es")) as speech:
        await anext(speech)
    await said(voice, "otra frase")
    await shelf.put.wait()
    assert list(shelf.kept) == [name_of("fake", "otra frase", "es")]


async def test_an_engine_that_fails_fails_and_nothing_is_kept(cache: SpeechCache, shelf: FakeShelf) -> None:
    with pytest.raises(ProviderError):
        await said(cache.around(FakeVoice(fails=True), "fake"))
    await said(cache.around(FakeVoice(), "other"))
    await shelf.put.wait()
    assert len(shelf.kept) == 1


async def test_silence_is_not_kept(cache: SpeechCache, shelf: FakeShelf) -> None:
    voice = cache.around(FakeVoice(), "fake")
    assert await said(voice, "") == []
    await said(voice)
    await shelf.put.wait()
    assert len(shelf.kept) == 1


async def test_a_store_that_is_down_is_told_and_left_alone_for_a_while(
    cache: SpeechCache, shelf: FakeShelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.down = True
    voice = cache.around(FakeVoice(), "fake")
    with caplog.at_level(logging.WARNING):
        assert [await said(voice) for _ in range(3)] == [[b"\1\0" * 800] * 4] * 3
    assert shelf.asked == 1
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "momento" not in caplog.text


async def test_more_than_can_be_written_is_dropped(cache: SpeechCache, shelf: FakeShelf) -> None:
    for number in range(BACKLOG + 5):
        cache.keep(str(number), b"\0\0")
    await shelf.put.wait()
    assert len(shelf.kept) <= BACKLOG


async def test_nothing_runs_once_it_is_closed(shelf: FakeShelf) -> None:
    before = asyncio.all_tasks()
    async with SpeechCache(shelf, ROOM) as cache:
        await said(cache.around(FakeVoice(), "fake"))
    assert asyncio.all_tasks() == before


def test_the_name_of_a_sentence_tells_nothing_of_it() -> None:
    assert re.fullmatch("[0-9a-f]{64}", name_of("fake", "Le llamo al 600 000 009", "es"))
    assert name_of("fake", " Un  momento ", "es") == name_of("fake", "Un momento", "es")


def test_a_voice_is_known_by_its_engine_its_options_and_its_model() -> None:
    known = {
        identity_of(choice, model)
        for choice in (Choice("a"), Choice("b"), Choice("a", {"voice": "x"}), Choice("a", {"voice": "y"}))
        for model in ("", "m")
    }
    assert len(known) == 8
    one, other = Choice("a", {"voice": "x", "rate": 1}), Choice("a", {"rate": 1, "voice": "x"})
    assert identity_of(one, "m") == identity_of(other, "m")


# On a real Redis


@asynccontextmanager
async def store_in(directory: Path) -> AsyncIterator[tuple[Store, int]]:
    with redis_process(directory) as redis:
        async with open_store(redis.url, timedelta(days=1)) as store:
            await store.ping(within=5)
            yield store, redis.process.pid


async def test_another_process_finds_what_one_said(tmp_path: Path) -> None:
    async with store_in(tmp_path) as (store, _), SpeechCache(store, ROOM) as cache:
        first = await said(cache.around(FakeVoice(), "fake"))
        async with asyncio.timeout(5):
            while not await store.has_speech(name_of("fake", SENTENCE, "es")):
                pass  # each answer lets the writer go on
        silent = FakeVoice(fails=True)
        async with SpeechCache(store, ROOM) as elsewhere:
            assert b"".join(await said(elsewhere.around(silent, "fake"))) == b"".join(first)


async def test_a_redis_that_hangs_delays_one_sentence_and_no_other(tmp_path: Path) -> None:
    async with store_in(tmp_path) as (store, pid), SpeechCache(store, ROOM) as cache:
        voice = cache.around(FakeVoice(), "fake")
        os.kill(pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(5):  # bounded by IN_CALL; the rest is for a slow machine
                assert [await said(voice) for _ in range(50)]
        finally:
            os.kill(pid, signal.SIGCONT)


async def test_no_words_are_in_redis(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, timedelta(days=1)) as store, Redis.from_url(redis.url) as client:
            await store.save_speech(name_of("fake", SENTENCE, "es"), b"\1\0", room=ROOM, within=5)
            keys = [str(key) async for key in client.scan_iter()]
            values = [str(await client.dump(key)) async for key in client.scan_iter()]
    assert len(keys) == 3
    assert "momento" not in " ".join(keys + values)
