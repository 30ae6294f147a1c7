"""What every engine that writes down speech must show, whichever it is.

`HEARING` holds what any engine shows, also an embedded one or a real service; `SERVED` what can only be seen with a
local server, as is `a_fault_is_told`, of each of `hosted.FAULTS`. Each is handed a `Subject`; the name of the
behaviour is the name of the test.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import pytest
from pydantic import JsonValue

from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider import Kind, Opened
from assist.stt import Pause, SpeechToText, Transcript
from tests.contracts import hosted
from tests.contracts.hosted import Way
from tests.contracts.talk import FRAME, TAIL, Piece, Talk, spoken
from tests.line_audio import frames
from tests.providers import Fault, Hear, ProviderServer
from tests.recordings import Recording, recording, recordings, word_errors

PATIENCE = 20.0
"""Seconds after which what is waited for will not come; a real service is given as much."""
PARTIALS = ("google", "deepgram")
"""Hosted engines that tell what they understand so far while the caller speaks."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An engine that is to be examined."""

    opened: Opened[SpeechToText]
    partials: bool
    """It tells what it understands so far while the caller speaks."""
    errors: float = 0.0
    """The share of words that may be misunderstood: none if `tests.providers.listener` hears."""


Behaviour: TypeAlias = Callable[[Subject], Awaitable[None]]
ServedBehaviour: TypeAlias = Callable[[Subject, ProviderServer], Awaitable[None]]


@asynccontextmanager
async def examined(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch, **options: JsonValue
) -> AsyncIterator[Subject]:
    """Lend the engine of *server*, opened as a call would have it whose assistant chose *options*.

    Nothing of it may be left when it is closed.
    """
    async with hosted.examined(Kind.STT, server, monkeypatch, options) as opened:
        yield Subject(opened, server.engine in PARTIALS)
    await _no_task_is_left(set())


@asynccontextmanager
async def real(way: Way) -> AsyncIterator[Subject]:
    """Lend the engine at its real service. Skips the test without a key for it."""
    async with hosted.real(Kind.STT, way) as opened:
        yield Subject(opened, way.engine in PARTIALS, errors=0.3)


@pytest.fixture
async def subject(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    """The engine of a test module's *server*."""
    async with examined(server, monkeypatch) as engine:
        yield engine


def listening(engine: SpeechToText) -> Hear:
    """Return what writes down Spanish and English as *engine* does, for a service that is to understand anything."""

    async def hear(audio: bytes) -> str:
        async with aclosing(engine.transcribe(Talk(audio).speech(), ("es", "en"))) as heard:
            return [transcript.text async for transcript in heard][-1]

    return hear


# Speaking


async def transcripts(subject: Subject, pieces: Sequence[Piece], *languages: str) -> list[Transcript]:
    """Return all that is understood, once the utterance has ended."""
    talk = Talk(*pieces)
    try:
        async with (
            asyncio.timeout(PATIENCE),
            aclosing(subject.opened.engine.transcribe(talk.speech(), languages or ("es",))) as heard,
        ):
            return [transcript async for transcript in heard]
    finally:
        assert talk.let_go, "the speech was not closed"


async def understood(subject: Subject, pieces: Sequence[Piece], *languages: str) -> Transcript:
    """Return the final transcript; before it none was."""
    *before, last = await transcripts(subject, pieces, *languages)
    assert last.final
    assert not any(transcript.final for transcript in before)
    return last


async def failure(subject: Subject, pieces: Sequence[Piece], server: ProviderServer) -> ProviderError:
    """Return how the engine fails; the error must not tell a secret."""
    with pytest.raises(ProviderError) as caught:
        await transcripts(subject, pieces)
    hosted.assert_no_secret(f"{caught.value} {caught.value.__cause__ or ''}", server, "")
    return caught.value


def assert_words(subject: Subject, said: Recording, heard: Transcript) -> None:
    wrong = word_errors(said.words, heard.text)
    assert wrong <= subject.errors * len(said.words.split()), f"{wrong} words of {len(said.words.split())} are wrong"
    assert not heard.alternatives or heard.text in heard.alternatives


# Any engine


async def a_human_is_understood(subject: Subject) -> None:
    for language, name in (("es", "privacy-incorrect"), ("en", "vm-delete")):
        said = recording(language, name)
        heard = await understood(subject, spoken(said), language)
        assert_words(subject, said, heard)
        assert heard.language in (language, "")


async def audio_may_be_cut_anywhere(subject: Subject) -> None:
    said = recording("es", "vm-nobodyavail")
    pieces: list[Piece] = [*frames(said.audio, 333), Pause.BEGAN, *frames(TAIL, 1001)]
    assert_words(subject, said, await understood(subject, pieces))


async def partial_results_come_while_the_caller_speaks(subject: Subject) -> None:
    said = recording("es", "dir-instr")
    first, rest = frames(said.audio, len(said.audio) // 4 * 2)[:2]
    rest += said.audio[len(first) + len(rest) :]
    goes_on = asyncio.Event()
    talk = Talk(*frames(first, FRAME), goes_on, *frames(rest, FRAME), Pause.BEGAN, TAIL)
    async with asyncio.timeout(PATIENCE), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        if subject.partials:
            begun = await anext(heard)
            assert begun.text
            assert not begun.final
        goes_on.set()
        *_, last = [transcript async for transcript in heard]
    assert last.final
    assert_words(subject, said, last)


async def silence_is_no_words(subject: Subject) -> None:
    nothing: list[list[Piece]] = [[bytes(LINE_BYTES_PER_SECOND), Pause.BEGAN, TAIL], [Pause.BEGAN], [bytes(2)], []]
    for pieces in nothing:
        heard = await understood(subject, pieces)
        assert (heard.text, heard.alternatives) == ("", ())


async def a_pause_within_an_utterance_changes_nothing(subject: Subject) -> None:
    said = recording("es", "dir-instr")
    half = len(said.audio) // 4 * 2
    hesitant: list[Piece] = [said.audio[:half], Pause.BEGAN, Pause.OVER, said.audio[half:]]
    ends: list[list[Piece]] = [[Pause.BEGAN, TAIL], []]
    for end in ends:
        assert_words(subject, said, await understood(subject, [*hesitant, *end]))


async def an_utterance_may_end_without_a_pause(subject: Subject) -> None:
    said = recording("es", "vm-passchanged")
    assert_words(subject, said, await understood(subject, frames(said.audio, FRAME)))


async def many_are_understood_at_once(subject: Subject) -> None:
    said = recordings("es")[:8]
    heard = await asyncio.gather(*(understood(subject, spoken(utterance)) for utterance in said))
    for utterance, transcript in zip(said, heard, strict=True):
        # Less may be misunderstood of all of them than of a single one, but nobody gets another's words.
        assert min(said, key=lambda other: word_errors(other.words, transcript.text)) is utterance
    words = Recording(" ".join(utterance.words for utterance in said), b"")
    assert_words(subject, words, Transcript(" ".join(transcript.text for transcript in heard)))


async def one_who_leaves_disturbs_nobody(subject: Subject) -> None:
    said = recording("es", "vm-nobodyavail")
    leaves = Talk(*frames(said.audio, FRAME), Pause.BEGAN, asyncio.Event())
    staying = asyncio.create_task(understood(subject, spoken(said)))
    leaving = asyncio.create_task(_all_of(subject, leaves))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert leaves.let_go
    assert_words(subject, said, await staying)
    assert_words(subject, said, await understood(subject, spoken(said)))


async def being_warm_already_is_no_trouble(subject: Subject) -> None:
    await asyncio.gather(subject.opened.warm(), subject.opened.warm())
    await subject.opened.warm()


HEARING: tuple[Behaviour, ...] = (
    a_human_is_understood,
    audio_may_be_cut_anywhere,
    partial_results_come_while_the_caller_speaks,
    silence_is_no_words,
    a_pause_within_an_utterance_changes_nothing,
    an_utterance_may_end_without_a_pause,
    many_are_understood_at_once,
    one_who_leaves_disturbs_nobody,
    being_warm_already_is_no_trouble,
)


# Hosted engines


async def leaving_in_mid_stream_frees_the_connection(subject: Subject, server: ProviderServer) -> None:
    for fault in (*([None] if subject.partials else []), Fault.SILENT, Fault.STALLED):
        server.fault = fault
        await _leave(subject, server)
    server.fault = None
    said = recording("es", "vm-nobodyavail")
    assert_words(subject, said, await understood(subject, spoken(said)))


async def leaving_after_the_end_of_the_speech_frees_the_connection(subject: Subject, server: ProviderServer) -> None:
    for fault in (Fault.SILENT, Fault.STALLED):
        server.fault = fault
        await _leave(subject, server, ended=True)


async def an_utterance_after_one_that_failed_is_understood(subject: Subject, server: ProviderServer) -> None:
    said = recording("es", "vm-nobodyavail")
    for fault in (Fault.CUT, Fault.GARBAGE, Fault.BROKEN, Fault.BUSY):
        server.fault = fault
        await failure(subject, spoken(said), server)
        server.fault = None
        assert_words(subject, said, await understood(subject, spoken(said)))


async def a_failure_is_told_while_the_caller_speaks(subject: Subject, server: ProviderServer) -> None:
    said = recording("es", "vm-nobodyavail")
    for fault in (Fault.UNAUTHORIZED, Fault.BROKEN, Fault.CUT):
        server.fault = fault
        await failure(subject, [*frames(said.audio, FRAME), Pause.BEGAN, asyncio.Event()], server)


SERVED: tuple[ServedBehaviour, ...] = (
    leaving_in_mid_stream_frees_the_connection,
    leaving_after_the_end_of_the_speech_frees_the_connection,
    an_utterance_after_one_that_failed_is_understood,
    a_failure_is_told_while_the_caller_speaks,
)


async def a_fault_is_told(subject: Subject, server: ProviderServer, fault: Fault) -> None:
    """The *fault* is told as what it is, without the words."""
    said = recording("es", "vm-nobodyavail")
    server.fault = fault
    hosted.assert_told(await failure(subject, spoken(said), server), fault, server, said.words)


async def _leave(subject: Subject, server: ProviderServer, *, ended: bool = False) -> None:
    """Hang up once the service has heard something."""
    server.asked.clear()
    server.client_left.clear()
    before = asyncio.all_tasks()
    audio = frames(recording("es", "dir-instr").audio, FRAME)
    talk = Talk(*audio, Pause.BEGAN, *([TAIL] if ended else [asyncio.Event()]))
    listening = asyncio.create_task(_all_of(subject, talk))
    async with asyncio.timeout(PATIENCE):
        await server.asked.wait()
        listening.cancel()
        await asyncio.wait([listening])
        assert listening.cancelled()
        assert talk.let_go
        await server.client_left.wait()
    await _no_task_is_left(before)


async def _all_of(subject: Subject, talk: Talk) -> None:
    async with aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        async for _ in heard:
            pass


async def _no_task_is_left(before: set[asyncio.Task[object]]) -> None:
    """Fail if the engine's own code goes on in a task that was not there *before*."""
    own = hosted.tasks_of_ours() - before
    left = (await asyncio.wait(own, timeout=PATIENCE))[1] if own else own
    assert not left
