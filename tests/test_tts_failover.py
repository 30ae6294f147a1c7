import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider.circuit import FAILURES
from assist.provider.contest import MOMENT
from assist.tts.failover import AVOID, BETWEEN, FIRST, NEAR, USUAL_RATE, Failover, Rate, rest_after
from tests.scripted_engines import DOWN, REFUSED, STALL, Report, Steps, Voice, members, nothing_left, stall, usually
from tests.virtual_time import skip_waits

TEXT = "El taller abre mañana a las nueve, cierra a las dos y vuelve a abrir a las cuatro."
CLAUSE = TEXT.index("cierra")


def audio(characters: float) -> bytes:
    """Return as much as a usual voice takes for so many."""
    return b"\1\0" * round(characters / USUAL_RATE * LINE_BYTES_PER_SECOND / 2)


ALL = [0.2, audio(len(TEXT))]
HEAD = audio(CLAUSE)


@pytest.fixture(autouse=True)
async def _skip_waits() -> None:
    skip_waits()


class Heard:
    """What a caller hears of one sentence, and when."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.began_after: float | None = None
        self.took = 0.0


async def hear(voice: Failover, text: str = TEXT) -> Heard:
    clock, heard = asyncio.get_running_loop().time, Heard()
    start = clock()
    async with nothing_left(), aclosing(voice.synthesize(text, "es")) as pieces:
        async for piece in pieces:
            if heard.began_after is None:
                heard.began_after = clock() - start
            heard.pieces.append(piece)
        heard.took = clock() - start
    return heard


async def test_one_that_is_well_is_heard_as_it_is_and_no_later() -> None:
    first, second, report = Voice([0.2, b"\1\0", 0.1, b"\2\0"]), Voice(ALL), Report()
    heard = await hear(Failover(members(first, second), report.append))
    assert heard.pieces == [b"\1\0", b"\2\0"]
    assert heard.began_after == pytest.approx(0.2)
    assert heard.took == pytest.approx(0.3)
    assert (second.diary, report) == ([], [])


FAILURES_BEFORE_AUDIO: list[tuple[Steps, str, float]] = [
    ([DOWN], "down", 0.0),
    ([0.5, DOWN], "down", 0.5),
    ([REFUSED], "status 401", 0.0),
    ([STALL], "no answer in time", FIRST.usual),
    ([b"", STALL], "no answer in time", FIRST.usual),
    ([ValueError("what was said")], "ValueError", 0.0),
    ([0.1], "no audio", 0.1),
]


@pytest.mark.parametrize(("steps", "reason", "after"), FAILURES_BEFORE_AUDIO)
async def test_before_the_first_audio_another_speaks_the_whole_sentence(
    steps: Steps, reason: str, after: float, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, report = Voice(steps), Voice([0.2, b"\1\0"]), Report()
    heard = await hear(Failover(members(first, second), report.append))
    assert heard.pieces == [b"\1\0"]
    assert heard.began_after == pytest.approx(after + 0.2, abs=2 * MOMENT)
    assert second.diary == [TEXT]
    assert report.names == [("a", reason, "b")]
    assert first.script.under_way == 0
    assert "what was said" not in caplog.text


@pytest.mark.parametrize(
    ("steps", "after"),
    [
        ([HEAD, DOWN], 0.0),
        ([HEAD[:800], HEAD[800:], DOWN], 0.0),
        ([HEAD, ConnectionError()], 0.0),
        ([HEAD, STALL], CLAUSE / USUAL_RATE + BETWEEN.usual),
    ],
)
async def test_in_mid_sentence_another_goes_on_with_the_next_clause(steps: Steps, after: float) -> None:
    first, second, report = Voice(steps), Voice([0.2, b"\2\0"]), Report()
    heard = await hear(Failover(members(first, second), report.append))
    assert b"".join(heard.pieces) == HEAD + b"\2\0"
    assert second.diary == [TEXT[CLAUSE:]]
    assert heard.took == pytest.approx(after + 0.2, abs=2 * MOMENT)
    assert [told[::2] for told in report.names] == [("a", "b")]


async def test_a_voice_that_is_ahead_of_the_listener_may_pause() -> None:
    """Three seconds of audio, nothing for three seconds, then the rest: nobody hears a gap."""
    first, second, report = Voice([audio(45), 3.4, audio(45)]), Voice(ALL), Report()
    await hear(Failover(members(first, second), report.append))
    assert (second.diary, report) == ([], [])


async def test_at_a_slow_pace_less_was_said_in_the_same_time() -> None:
    second = Voice(ALL)
    voice = Failover(members(Voice([HEAD + HEAD, DOWN]), second), Report().append)
    async with aclosing(voice.synthesize(TEXT, "es", pace=0.5)) as pieces:
        async for _ in pieces:
            pass
    assert second.diary == [TEXT[CLAUSE:]]


async def test_where_a_slow_voice_broke_off_is_known_from_its_other_sentences() -> None:
    slowly = audio(2 * len(TEXT))
    second = Voice(ALL)
    voice = Failover(members(Voice(*[[slowly]] * 5, [HEAD + HEAD, DOWN]), second), Report().append)
    for _ in range(6):
        await hear(voice)
    assert second.diary == [TEXT[CLAUSE:]]


async def test_a_third_goes_on_where_the_second_broke_off() -> None:
    voices = [Voice([HEAD, DOWN]), Voice([audio(len("cierra a las dos y ")), DOWN]), Voice([b"\3\0"])]
    report = Report()
    await hear(Failover(members(*voices), report.append))
    assert voices[2].diary == ["vuelve a abrir a las cuatro."]
    assert report.names == [("a", "down", "b"), ("b", "down", "c")]


async def test_one_that_fails_after_the_last_word_is_not_replaced() -> None:
    first, second, report = Voice([audio(len(TEXT)), DOWN]), Voice(ALL), Report()
    await hear(Failover(members(first, second), report.append))
    assert (second.diary, report) == ([], [])


async def test_when_all_fail_the_last_error_is_raised() -> None:
    last = ProviderError("b", "down too", temporary=True)
    report = Report()
    with pytest.raises(ProviderError) as caught:
        await hear(Failover(members(Voice([DOWN]), Voice([last])), report.append))
    assert caught.value is last
    assert report.names == [("a", "down", "b"), ("b", "down too", "")]


async def test_the_last_one_is_waited_for_longer() -> None:
    slow = Voice([FIRST.alone - 0.1, audio(20), 20 / USUAL_RATE + BETWEEN.alone - 0.1, audio(len(TEXT) - 20)])
    assert len((await hear(Failover(members(Voice([DOWN]), slow), Report().append))).pieces) == 2
    with pytest.raises(ProviderError, match="no answer in time"):
        await hear(Failover(members(Voice([STALL])), Report().append))


async def test_what_cannot_be_spoken_by_anybody_is_silence() -> None:
    first, second = Voice([]), Voice([])
    assert (await hear(Failover(members(first, second), Report().append), "日本")).pieces == []


async def test_one_that_is_late_gets_no_company() -> None:
    first, second = Voice([0.9, audio(len(TEXT))]), Voice(ALL)
    team = members(first, second)
    usually(team[0], 0.2)
    await hear(Failover(team, Report().append))
    assert second.diary == []


async def test_a_call_stays_with_the_voice_that_took_over_for_a_while() -> None:
    first, second = Voice([DOWN], ALL), Voice(ALL)
    team = members(first, second)
    voice, another_call = Failover(team, Report().append), Failover(team, Report().append)
    await hear(voice)
    await hear(voice)
    assert (len(first.diary), len(second.diary)) == (1, 2)
    await hear(another_call)
    assert (len(first.diary), len(second.diary)) == (2, 2)
    await asyncio.sleep(AVOID)
    await hear(voice)
    assert (len(first.diary), len(second.diary)) == (3, 2)


async def test_one_that_failed_often_is_asked_by_no_call_until_its_pause_is_over() -> None:
    first, second = Voice(*[[STALL]] * FAILURES, ALL), Voice(ALL)
    team = members(first, second)
    for _ in range(FAILURES):
        await hear(Failover(team, Report().append))
    assert team[0].circuit.due is not None
    assert (await hear(Failover(team, Report().append))).began_after == pytest.approx(0.2)
    await asyncio.sleep(team[0].circuit.due)
    await hear(Failover(team, Report().append))
    assert len(first.diary) == FAILURES + 1
    assert team[0].circuit.due is None


async def test_those_that_were_given_up_are_asked_again_when_nobody_else_is_left() -> None:
    refused, given_up, broken = Voice([b"\1\0"]), Voice([b"\2\0"]), Voice([DOWN])
    team = members(refused, given_up, broken)
    team[0].circuit.begin(0).failed(asyncio.get_running_loop().time(), REFUSED)
    team[1].circuit.begin(0).failed(
        asyncio.get_running_loop().time(), ProviderError("b", "status 429", temporary=True, retry_after=60)
    )
    report = Report()
    assert (await hear(Failover(team, report.append))).pieces == [b"\2\0"]
    assert report.names == [("c", "down", "b")]
    assert refused.diary == []


MOMENTS = [0.1, 0.3, FIRST.usual + 0.1, FIRST.usual + 0.3]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_caller_who_speaks_over_it_ends_everything_at_once(moment: float) -> None:
    async def speak() -> None:
        await hear(voice)

    for steps in ([0.2, audio(2), STALL], [STALL]):
        first, second = Voice(steps), Voice([0.2, audio(2), STALL])
        team = members(first, second)
        voice = Failover(team, Report().append)
        speaking = asyncio.create_task(speak())
        await asyncio.sleep(moment)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        assert (first.script.under_way, second.script.under_way) == (0, 0)


async def test_an_engine_that_does_not_let_go_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    freed = asyncio.Event()

    class Clinging:
        async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> AsyncIterator[bytes]:
            try:
                await stall()
                yield b""
            finally:
                await freed.wait()

    team = members(Clinging(), Voice([0.2, b"\1\0"]))
    before, clock = asyncio.all_tasks(), asyncio.get_running_loop().time
    start = clock()
    voice = Failover(team, Report().append)
    assert [piece async for piece in voice.synthesize(TEXT, "es")] == [b"\1\0"]
    assert clock() - start < FIRST.usual + 0.2 + 0.2
    assert "tts: a does not let go of a request" in caplog.text
    freed.set()
    await asyncio.wait(asyncio.all_tasks() - before)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("spoken", "rest"),
    [
        ("", TEXT),
        ("El", TEXT),
        ("El taller abre mañ", "mañana a las nueve, cierra a las dos y vuelve a abrir a las cuatro."),
        ("El taller abre maña", "a las nueve, cierra a las dos y vuelve a abrir a las cuatro."),
        ("El taller abre mañana a las nu", TEXT[CLAUSE:]),
        ("El taller abre mañana a las nueve, cier", TEXT[CLAUSE:]),
        (TEXT[:-4], ""),
        (TEXT, ""),
        (TEXT * 2, ""),
    ],
)
def test_the_rest_begins_where_a_voice_may(spoken: str, rest: str) -> None:
    assert rest_after(TEXT, len(spoken)) == rest


@given(st.text("aé ,.?", max_size=80), st.integers(0, 100))
def test_the_rest_is_an_end_of_the_text_that_begins_with_a_word(text: str, spoken: int) -> None:
    rest = rest_after(text, spoken)
    assert text.endswith(rest)
    before = text[: len(text) - len(rest)]
    assert not before or not rest or before[-1].isspace()


def read_by(rate: Rate, sentences: Sequence[str], speed: float) -> int:
    for sentence in sentences:
        rate.learn(len(sentence), len(sentence) / speed)
    return rate.characters(10)


def test_the_rate_of_a_voice_is_learned() -> None:
    assert read_by(Rate(), [], 0) == USUAL_RATE * 10
    assert read_by(Rate(), [TEXT] * 10, 10) == pytest.approx(10 * 10, abs=NEAR)
