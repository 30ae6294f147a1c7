"""Amazon Polly: the real SDK against a server that speaks the true protocol, or against the real one."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind, Opened
from assist.settings import read_settings
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import SHORT, examined, pico_speaking, said
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.polly import PollyService, amazon_polly

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper


@pytest.fixture
def service() -> PollyService:
    return PollyService(tts.beeps)


@pytest.fixture
async def server(service: PollyService) -> AsyncIterator[HttpService]:
    async with amazon_polly(service) as running:
        yield running


@pytest.fixture
async def opened(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    async with examined(server, monkeypatch) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def voice(
    request: pytest.FixtureRequest, server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TextToSpeech]:
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield (await stack.enter_async_context(examined(server, monkeypatch))).engine
        elif "AWS_ACCESS_KEY_ID" not in os.environ:
            pytest.skip("set AWS_ACCESS_KEY_ID to ask the real service")
        else:
            pool = await stack.enter_async_context(Pool(read_settings()))
            yield (await pool.open(Kind.TTS, Choice("polly"))).engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(voice: TextToSpeech, behaviour: tts.Voice) -> None:
    await behaviour(voice)


@pytest.mark.parametrize("behaviour", tts.SERVED, ids=tts.name)
async def test_it_does_what_every_service_does(
    server: HttpService, opened: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("fault", tts.FAULTS)
async def test_it_fails_as_every_service_does(server: HttpService, opened: Opened[TextToSpeech], fault: Fault) -> None:
    await tts.fails(server, opened, fault)


@pytest.mark.models
@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(whisper: "Whisper", monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    async with (
        pico_speaking(language) as speak,
        amazon_polly(PollyService(speak)) as server,
        examined(server, monkeypatch) as opened,
    ):
        await tts.words_arrive(opened.engine, whisper, language)


async def test_after_being_warmed_it_needs_no_new_connection(server: HttpService, opened: Opened[TextToSpeech]) -> None:
    await opened.warm()
    for _ in range(3):
        await said(opened.engine, SHORT)
    assert server.connections == 1


# What it asks for


async def test_it_asks_for_the_format_of_the_line(service: PollyService, opened: Opened[TextToSpeech]) -> None:
    await said(opened.engine, SHORT, "es")
    await said(opened.engine, "Good morning.", "en")
    asked = {"Engine": "neural", "OutputFormat": "pcm", "SampleRate": "8000"}
    assert service.diary == [
        {**asked, "VoiceId": "Lucia", "Text": SHORT},
        {**asked, "VoiceId": "Joanna", "Text": "Good morning."},
    ]
    assert opened.model == "neural"


async def test_an_assistant_chooses_voice_and_engine(
    service: PollyService, server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, voices={"es": "Mia"}, engine="generative") as opened:
        await opened.warm()
        await said(opened.engine, SHORT, "es")
        await said(opened.engine, SHORT, "en")
    assert [(asked["VoiceId"], asked["Engine"]) for asked in service.diary] == [
        ("Mia", "generative"),
        ("Joanna", "generative"),
    ]


@pytest.mark.parametrize(("pace", "rate"), [(0.8, "80%"), (1.1, "110%"), (0.01, "20%"), (9.0, "200%")])
async def test_at_another_pace_the_text_is_marked_up_and_cannot_mark_itself_up(
    service: PollyService, opened: Opened[TextToSpeech], pace: float, rate: str
) -> None:
    await said(opened.engine, "5 < 7 & 8 > 2 ]]> &amp; <break", pace=pace)
    (asked,) = service.diary
    assert asked["TextType"] == "ssml"
    text = "5 &lt; 7 &amp; 8 &gt; 2 &gt; &amp;amp; &lt;break"
    assert asked["Text"] == f'<speak><prosody rate="{rate}">{text}</prosody></speak>'


# What goes wrong


@pytest.mark.parametrize(
    ("variable", "wrong"), [("AWS_ACCESS_KEY_ID", "AKIDOFNOBODY"), ("AWS_SECRET_ACCESS_KEY", "no")]
)
async def test_a_wrong_key_is_refused(
    server: HttpService, monkeypatch: pytest.MonkeyPatch, variable: str, wrong: str
) -> None:
    server.environment = {**server.environment, variable: wrong}
    async with examined(server, monkeypatch) as opened:
        for asked in (opened.warm(), said(opened.engine, SHORT)):
            with pytest.raises(ProviderError) as error:
                await asked
            assert error.value.refused


async def test_a_voice_that_has_not_this_engine_is_told_by_name(
    server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, voices={"es": "Conchita"}) as opened:
        with pytest.raises(ProviderError, match="no voice Conchita with the engine neural in this region") as error:
            await opened.warm()
        assert not error.value.temporary
        with pytest.raises(ProviderError, match="status 400, EngineNotSupportedException") as error:
            await said(opened.engine, SHORT)
        assert not error.value.temporary


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["AWS_REGION"], "AWS_REGION: is missing"),
        (["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "AWS_ACCESS_KEY_ID: is missing"),
        (["AWS_SECRET_ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY"),
    ],
)
async def test_what_is_missing_is_told_with_its_variable(
    server: HttpService, monkeypatch: pytest.MonkeyPatch, missing: list[str], told: str
) -> None:
    server.environment = {name: value for name, value in server.environment.items() if name not in missing}
    for name in (*missing, "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=told):
        async with examined(server, monkeypatch):
            pass


async def test_an_answer_without_a_sound_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silence(text: str) -> bytes:
        return bytes(8000)

    async with amazon_polly(PollyService(silence)) as server, examined(server, monkeypatch) as opened:
        with pytest.raises(ProviderError, match="polly: the answer is silence"):
            await said(opened.engine, SHORT)
