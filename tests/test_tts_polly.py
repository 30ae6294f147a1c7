"""What is Amazon Polly's alone; what every voice shows: test_tts_hosted."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from assist.errors import ConfigurationError, ProviderError
from assist.provider import Opened
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import SHORT, examined, said
from tests.providers.http import HttpService
from tests.providers.polly import PollyService, amazon_polly
from tests.providers.speaker import beeps

if TYPE_CHECKING:
    pass


@pytest.fixture
def service() -> PollyService:
    return PollyService(beeps)


@pytest.fixture
async def server(service: PollyService) -> AsyncIterator[HttpService]:
    async with amazon_polly(service) as running:
        yield running


opened = tts.opened


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
