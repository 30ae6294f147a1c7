import asyncio
from contextlib import aclosing

import pytest

from assist.aio import Stream
from assist.errors import ProviderError
from assist.provider.circuit import FAILURES
from assist.provider.contest import MOMENT, SOONEST
from assist.stt import Pause, Transcript
from assist.stt.failover import FINAL, Failover
from tests.scripted_engines import DOWN, REFUSED, STALL, Listener, Report, Steps, members, nothing_left, usually
from tests.virtual_time import skip_waits

PIECE = b"\1\0" * 800
SPOKEN: list[bytes | Pause] = [PIECE, PIECE, Pause.BEGAN, PIECE, Pause.OVER, PIECE, Pause.BEGAN, PIECE]
SECONDS = 0.1 * len(SPOKEN)
AFTERWARDS = [PIECE, PIECE, PIECE, PIECE, Pause.BEGAN, PIECE]
"""What is heard by who comes when the caller has finished."""

HELLO = Transcript("hola", ("hola", "ola"), "es")
OTHER = Transcript("ola")
PARTIAL = Transcript("ho", final=False)


@pytest.fixture(autouse=True)
async def _skip_waits() -> None:
    skip_waits()


class Caller:
    """Says something, a tenth of a second for each piece."""

    def __init__(self) -> None:
        self.ended_at = 0.0
        self.listened_to = False

    async def speech(self) -> Stream[bytes | Pause]:
        self.listened_to = True
        try:
            for piece in SPOKEN:
                await asyncio.sleep(0.1)
                yield piece
            self.ended_at = asyncio.get_running_loop().time()
        finally:
            self.listened_to = False


class Understood:
    """What came of an utterance, and how long after its end."""

    def __init__(self) -> None:
        self.transcripts: list[Transcript] = []
        self.after = 0.0


async def understand(stt: Failover) -> Understood:
    caller, understood = Caller(), Understood()
    async with nothing_left(), aclosing(stt.transcribe(caller.speech(), ("es", "en"))) as transcripts:
        async for transcript in transcripts:
            understood.transcripts.append(transcript)
        understood.after = asyncio.get_running_loop().time() - caller.ended_at
    assert not caller.listened_to
    return understood


async def test_one_that_is_well_is_passed_on_as_it_is_and_no_later() -> None:
    first, second, report = Listener([0.2, PARTIAL, 0.1, HELLO], [PARTIAL]), Listener([OTHER]), Report()
    understood = await understand(Failover(members(first, second), report.append))
    assert understood.transcripts == [PARTIAL, PARTIAL, HELLO]
    assert understood.after == pytest.approx(0.3)
    assert first.diary == [SPOKEN]
    assert (second.diary, report) == ([], [])


AT_ONCE: list[tuple[Steps, str]] = [
    ([DOWN], "down"),
    ([REFUSED], "status 401"),
    ([0.3, DOWN], "down"),
    ([PARTIAL, 0.35, DOWN], "down"),
    ([0.75, DOWN], "down"),
    ([ValueError("what was said")], "ValueError"),
]


@pytest.mark.parametrize(("early", "reason"), AT_ONCE)
async def test_while_the_caller_speaks_another_takes_over_with_all_that_was_said_and_nothing_is_lost(
    early: Steps, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, report = Listener([HELLO], early), Listener([0.3, OTHER]), Report()
    understood = await understand(Failover(members(first, second), report.append))
    assert understood.transcripts[-1] == OTHER
    assert understood.after == pytest.approx(0.3)
    audio = [piece for piece in second.diary[0] if piece is PIECE]
    assert audio == [PIECE] * SPOKEN.count(PIECE)
    assert second.diary[0][-2:] == SPOKEN[-2:]
    assert report.names == [("a", reason, "b")]
    assert "what was said" not in caplog.text


@pytest.mark.parametrize(
    ("late", "reason", "after"),
    [
        ([DOWN], "down", 0.0),
        ([PARTIAL, DOWN], "down", 0.0),
        ([STALL], "no answer in time", FINAL.usual),
        ([PARTIAL, 0.5, PARTIAL, STALL], "no answer in time", FINAL.usual),
        ([], "ended too early", 0.0),
    ],
)
async def test_after_the_end_another_hears_it_all_again(late: Steps, reason: str, after: float) -> None:
    first, second, report = Listener(late), Listener([0.3, OTHER]), Report()
    understood = await understand(Failover(members(first, second), report.append))
    assert understood.transcripts[-1] == OTHER
    assert understood.after == pytest.approx(after + 0.3, abs=2 * MOMENT)
    assert second.diary == [AFTERWARDS]
    assert report.names == [("a", reason, "b")]
    assert first.script.under_way == 0


async def test_one_that_comes_late_has_as_much_time_as_the_first_had() -> None:
    report = Report()
    team = members(Listener([STALL]), Listener([0.8, HELLO]), Listener([OTHER]))
    understood = await understand(Failover(team, report.append))
    assert understood.transcripts == [HELLO]
    assert report.names == [("a", "no answer in time", "b")]


async def test_one_that_ends_while_the_caller_speaks_is_replaced() -> None:
    class Hasty:
        async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
            async with aclosing(speech):
                await anext(speech)
                yield HELLO

    second, report = Listener([OTHER]), Report()
    understood = await understand(Failover(members(Hasty(), second), report.append))
    assert understood.transcripts == [HELLO, OTHER]
    assert report.names == [("a", "ended too early", "b")]


async def test_what_was_understood_before_the_end_is_final_if_nothing_comes_after_it() -> None:
    understood = await understand(Failover(members(Listener([], [PARTIAL])), Report().append))
    assert understood.transcripts == [PARTIAL, Transcript("ho")]


async def test_nothing_is_waited_for_after_the_final_transcript() -> None:
    understood = await understand(Failover(members(Listener([0.2, HELLO, STALL])), Report().append))
    assert understood.transcripts == [HELLO]
    assert understood.after == pytest.approx(0.2)


async def test_a_noise_is_no_failure() -> None:
    first, second, report = Listener([Transcript("")]), Listener([OTHER]), Report()
    assert (await understand(Failover(members(first, second), report.append))).transcripts == [Transcript("")]
    assert report == []


async def test_one_that_is_later_than_usual_gets_company_and_the_first_final_one_wins() -> None:
    first, second, report = Listener([0.9, HELLO], [PARTIAL]), Listener([0.3, OTHER], [PARTIAL]), Report()
    team = members(first, second)
    usually(team[0], 0.25)
    understood = await understand(Failover(team, report.append))
    assert understood.transcripts == [PARTIAL, OTHER], "what is not final is of the one in use"
    assert understood.after == pytest.approx(0.25 + 0.3, abs=2 * MOMENT)
    assert report.names == [("a", "late", "b")]
    assert first.script.under_way == 0


async def test_company_that_is_later_still_is_let_go_and_not_blamed() -> None:
    first, second, report = Listener([0.4, HELLO]), Listener([0.3, OTHER]), Report()
    team = members(first, second)
    usually(team[0], 0.25)
    understood = await understand(Failover(team, report.append))
    assert understood.transcripts == [HELLO]
    assert understood.after == pytest.approx(0.4)
    assert (second.script.under_way, report) == (0, [])


async def test_one_that_answers_at_once_may_take_a_moment_longer() -> None:
    first, second = Listener([SOONEST - 0.01, HELLO]), Listener([OTHER])
    team = members(first, second)
    usually(team[0], 0.01)
    await understand(Failover(team, Report().append))
    assert second.diary == []


async def test_one_that_is_always_late_is_left_alone_in_the_end() -> None:
    first, second = Listener([STALL]), Listener([0.1, OTHER])
    team = members(first, second)
    usually(team[0], 0.25)
    waits = [(await understand(Failover(team, Report().append))).after for _ in range(FAILURES + 1)]
    assert waits[-1] == pytest.approx(0.1)
    assert max(waits) < FINAL.usual


async def test_when_company_fails_the_late_one_is_still_heard() -> None:
    first, second, report = Listener([2.0, HELLO]), Listener([DOWN]), Report()
    team = members(first, second)
    usually(team[0], 0.25)
    understood = await understand(Failover(team, report.append))
    assert understood.transcripts == [HELLO]
    assert understood.after == pytest.approx(2.0), "nobody else is left to ask"
    assert report.names == [("b", "down", "a")]


async def test_when_all_fail_the_last_error_is_raised() -> None:
    last = ProviderError("b", "down too", temporary=True)
    report = Report()
    with pytest.raises(ProviderError) as caught:
        await understand(Failover(members(Listener([STALL]), Listener([last])), report.append))
    assert caught.value is last
    assert report.names == [("a", "no answer in time", "b"), ("b", "down too", "")]


async def test_the_last_one_is_waited_for_longer() -> None:
    team = members(Listener([DOWN]), Listener([FINAL.alone - 0.1, OTHER]))
    assert (await understand(Failover(team, Report().append))).transcripts == [OTHER]
    with pytest.raises(ProviderError, match="no answer in time"):
        await understand(Failover(members(Listener([STALL])), Report().append))


async def test_speech_that_breaks_off_is_told_as_what_it_is() -> None:
    async def broken() -> Stream[bytes | Pause]:
        yield PIECE
        raise OSError("the ear is gone")

    stt = Failover(members(Listener([HELLO])), Report().append)
    with pytest.raises(OSError, match="the ear is gone"):
        async with nothing_left(), aclosing(stt.transcribe(broken(), ("es",))) as transcripts:
            async for _ in transcripts:
                pass


@pytest.mark.parametrize("moment", [0.05, SECONDS / 2, SECONDS + 0.1, SECONDS + 0.3, SECONDS + FINAL.usual + 0.1])
async def test_a_caller_who_hangs_up_ends_everything_at_once(moment: float) -> None:
    for early in ([], [0.2, DOWN]):
        first, second = Listener([STALL], early), Listener([STALL])
        team = members(first, second)
        usually(team[0], 0.2)
        understanding = asyncio.create_task(understand(Failover(team, Report().append)))
        await asyncio.sleep(moment)
        understanding.cancel()
        await asyncio.gather(understanding, return_exceptions=True)
        assert (first.script.under_way, second.script.under_way) == (0, 0)
