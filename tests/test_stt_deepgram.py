"""What is Deepgram's alone of its streaming; what every ear shows: test_stt_hosted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from assist.assistant.choice import Choice
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind
from assist.settings import read_settings
from assist.stt import Pause
from tests.contracts import stt
from tests.contracts.stt import Subject, assert_words, examined, transcripts, understood
from tests.contracts.talk import FRAME, TAIL, Piece, Talk, spoken
from tests.line_audio import frames
from tests.providers import Fault
from tests.providers.deepgram import DeepgramServer, deepgram_server
from tests.providers.listener import listener
from tests.recordings import recording

SAID = recording("es", "vm-nobodyavail")
MODELS = ("nova-3", "flux-general-multi")


@pytest.fixture
async def server() -> AsyncIterator[DeepgramServer]:
    async with deepgram_server(listener) as running:
        yield running


subject = stt.subject


@pytest.fixture(params=MODELS)
async def local(
    request: pytest.FixtureRequest, server: DeepgramServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
    async with examined(server, monkeypatch, model=request.param) as engine:
        yield engine


# What is asked for


async def test_the_line_is_sent_as_it_is_in_the_language_that_is_spoken(
    subject: Subject, server: DeepgramServer
) -> None:
    await understood(subject, spoken(SAID), "es")
    (query,) = server.queries
    assert {name: query[name] for name in ("model", "encoding", "sample_rate", "language")} == {
        "model": ["nova-3"],
        "encoding": ["mulaw"],
        "sample_rate": ["8000"],
        "language": ["es"],
    }


async def test_options_are_asked_for(server: DeepgramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with examined(
        server,
        monkeypatch,
        model="nova-2-phonecall",
        regions={"es": "es-419"},
        keyterms=["Peláez", "cita previa"],
        numerals=False,
        mip_opt_out=True,
    ) as subject:
        await understood(subject, spoken(SAID), "es")
    (query,) = server.queries
    assert query["model"] == ["nova-2-phonecall"]
    assert query["language"] == ["es-419"]
    assert query["keyterm"] == ["Peláez", "cita previa"]
    assert (query["numerals"], query["mip_opt_out"]) == (["false"], ["true"])


async def test_where_several_languages_may_be_spoken_the_words_tell_which(
    local: Subject, server: DeepgramServer
) -> None:
    server.spoken = "en-US"
    said = recording("en", "vm-delete")
    heard = await understood(local, spoken(said), "es", "en")
    assert_words(local, said, heard)
    assert heard.language == "en"
    (query,) = server.queries
    assert query["language_hint"] == ["es", "en"]
    assert query.get("language") == (["multi"] if local.opened.model == "nova-3" else None)


async def test_a_model_of_one_language_is_not_asked_for_another(
    server: DeepgramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, model="flux-general-en") as subject:
        await subject.opened.warm()
        said = recording("en", "vm-delete")
        assert_words(subject, said, await understood(subject, spoken(said), "en"))
        with pytest.raises(ProviderError, match="does not know language 'es'") as caught:
            await understood(subject, spoken(said), "es")
    assert not caught.value.temporary
    assert len(server.queries) == 1


# Turns


async def until_the_turn_is_over(subject: Subject, *pieces: Piece) -> str:
    """Return what had been understood when the engine held that the caller had finished; he goes on listening."""
    talk = Talk(*pieces, asyncio.Event())
    async with asyncio.timeout(5), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        while not (transcript := await anext(heard)).turn_over:
            pass
        return transcript.text


async def test_silence_as_long_as_was_asked_for_ends_the_turn(
    server: DeepgramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, endpointing=300) as subject:
        quiet = frames(bytes(LINE_BYTES_PER_SECOND), FRAME)
        assert await until_the_turn_is_over(subject, *frames(SAID.audio, FRAME), *quiet) == SAID.words


async def test_a_gap_between_words_ends_the_turn(server: DeepgramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async with examined(server, monkeypatch, endpointing=5000, utterance_end=1000) as subject:
        quiet = frames(bytes(2 * LINE_BYTES_PER_SECOND), FRAME)
        assert await until_the_turn_is_over(subject, *frames(SAID.audio, FRAME), Pause.BEGAN, *quiet) == SAID.words


async def test_a_pause_that_is_too_short_ends_no_turn(subject: Subject) -> None:
    heard = await transcripts(subject, [*frames(SAID.audio, FRAME), *frames(TAIL, FRAME)])
    assert not any(transcript.turn_over for transcript in heard)


@pytest.mark.parametrize("cut", [False, True])
async def test_a_turn_of_several_of_the_models_turns_is_one(
    server: DeepgramServer, monkeypatch: pytest.MonkeyPatch, cut: bool
) -> None:
    async with examined(server, monkeypatch, model="flux-general-multi") as subject:
        server.turn_end = 0.4
        gap = bytes(LINE_BYTES_PER_SECOND // 2)
        end: list[Piece] = [] if cut else [Pause.BEGAN, TAIL]
        pieces: list[Piece] = [*frames(SAID.audio, FRAME), gap, *frames(SAID.audio, FRAME), *end]
        heard = await understood(subject, pieces)
    assert heard.text == f"{SAID.words} {SAID.words}"


async def test_all_was_understood_when_the_turn_ends(subject: Subject, server: DeepgramServer) -> None:
    """What was said is asked for at the pause, so that the end of the turn waits for nothing."""
    confirmed = asyncio.Event()
    talk = Talk(*frames(SAID.audio, FRAME), Pause.BEGAN, TAIL, confirmed)
    async with asyncio.timeout(5), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        while (await anext(heard)).text != SAID.words:
            pass
        server.fault = Fault.SILENT
        confirmed.set()
        last = await anext(heard)
    assert (last.text, last.final) == (SAID.words, True)


# Streams


async def test_who_stops_listening_at_the_final_transcript_leaves_the_stream_open(
    subject: Subject, server: DeepgramServer
) -> None:
    for _ in range(2):
        talk = Talk(*spoken(SAID))
        async with aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
            async for transcript in heard:
                if transcript.final:
                    break
        assert talk.let_go
    assert len(server.queries) == 1


async def test_warming_opens_what_was_spoken_last(subject: Subject, server: DeepgramServer) -> None:
    await subject.opened.warm()
    await understood(subject, [bytes(FRAME)], "en")
    await subject.opened.warm()
    assert [query["language"] for query in server.queries] == [["es"], ["en"]]


# Keys


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "DEEPGRAM_API_KEY: is missing"),
        ({"endpoint": "wss://api.eu.deepgram.com"}, "DEEPGRAM_API_KEY: is missing"),
        ({"key": "OTHER_API_KEY"}, "OTHER_API_KEY: is missing"),
        ({"modle": "nova-3"}, "deepgram.modle: there is no such option"),
    ],
)
async def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, options: dict[str, str], told: str) -> None:
    monkeypatch.delenv("DEEPGRAM_API_KEY", raising=False)
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match=told):
            await pool.open(Kind.STT, Choice("deepgram", options))


@pytest.mark.parametrize("host", ["example.org", "deepgram.com.example.org", "notdeepgram.com"])
async def test_the_key_is_not_sent_elsewhere_unless_that_is_said(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("DEEPGRAM_API_KEY", "secret")
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match=r"deepgram\.key: is missing"):
            await pool.open(Kind.STT, Choice("deepgram", {"endpoint": f"wss://{host}"}))
