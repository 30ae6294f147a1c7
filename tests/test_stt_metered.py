"""What is put on the bill for hearing."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from decimal import Decimal

import pytest

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider.bill import Bill
from assist.provider.prices import Hearing, Prices, Table
from assist.provider.usage import Amount
from assist.stt import Pause, Transcript
from assist.stt.metered import Metered, Rationed

PRICES = Prices(Table(stt={"deepgram": {"nova-3": Hearing(minute=Decimal("0.60"))}}))
"""A cent a second."""
SECOND = bytes(LINE_BYTES_PER_SECOND)
DOWN = ProviderError("deepgram", "down", temporary=True)


class Ear:
    """Hears so many *pieces* of an utterance, all if there is no limit; tells what it heard so far; may then fail."""

    def __init__(self, name: str = "", *, pieces: int = 99, fails: bool = False, partial: bool = True) -> None:
        self._name = name
        self._pieces = pieces
        self._fails = fails
        self._partial = partial

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        async with aclosing(speech):
            for _ in range(self._pieces):
                if await anext(speech, None) is None:
                    break
        if self._partial:
            yield Transcript(self._name, language=languages[0], final=False)
        if self._fails:
            raise DOWN
        yield Transcript(self._name, language=languages[0])


class Caller:
    """Says *pieces*, and knows whether anybody still listens."""

    def __init__(self, *pieces: bytes | Pause) -> None:
        self._pieces = pieces
        self.let_go = False

    async def speech(self) -> Stream[bytes | Pause]:
        try:
            for piece in self._pieces:
                yield piece
        finally:
            self.let_go = True


async def heard(engine: Metered | Rationed, *pieces: bytes | Pause) -> list[Transcript]:
    async with aclosing(engine.transcribe(Caller(*pieces).speech(), ("es", "en"))) as transcripts:
        return [transcript async for transcript in transcripts]


def amounts(bill: Bill) -> Sequence[Amount]:
    return [item.amount for item in bill.items]


async def test_the_audio_that_was_sent_is_paid_for() -> None:
    bill = Bill(PRICES)
    metered = Metered(Ear("hola"), "deepgram", "nova-3", bill)
    assert await heard(metered, SECOND, Pause.BEGAN, Pause.OVER, SECOND, SECOND[:8000]) == [
        Transcript("hola", language="es", final=False),
        Transcript("hola", language="es"),
    ]
    await heard(metered, SECOND)
    assert amounts(bill) == [Amount(requests=2, seconds=3.5)]
    assert bill.cost_usd == Decimal("0.035")


async def test_what_the_engine_did_not_take_is_not_paid_for() -> None:
    bill = Bill(PRICES)
    await heard(Metered(Ear(pieces=1), "deepgram", "nova-3", bill), SECOND, SECOND)
    assert amounts(bill) == [Amount(requests=1, seconds=1.0)]


async def test_an_engine_that_fails_at_once_costs_nothing() -> None:
    bill = Bill(PRICES)
    with pytest.raises(ProviderError):
        await heard(Metered(Ear(fails=True, partial=False), "deepgram", "nova-3", bill), SECOND)
    assert amounts(bill) == []


async def test_an_engine_that_fails_while_it_hears_is_paid_for_what_it_heard() -> None:
    bill = Bill(PRICES)
    with pytest.raises(ProviderError):
        await heard(Metered(Ear(fails=True), "deepgram", "nova-3", bill), SECOND)
    assert amounts(bill) == [Amount(requests=1, seconds=1.0)]


async def test_an_engine_that_is_dropped_is_paid_for_what_it_heard() -> None:
    bill, caller = Bill(PRICES), Caller(SECOND, SECOND)
    async with aclosing(Metered(Ear(), "deepgram", "nova-3", bill).transcribe(caller.speech(), ("es",))) as stream:
        await anext(stream)
    assert amounts(bill) == [Amount(requests=1, seconds=2.0)]
    assert caller.let_go


async def test_the_speech_is_let_go_of_though_the_engine_never_began() -> None:
    class Broken:
        async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
            raise DOWN
            yield Transcript("")

    speech = Caller(SECOND, SECOND).speech()
    await anext(speech)
    with pytest.raises(ProviderError):
        await anext(Metered(Broken(), "deepgram", "nova-3", Bill(PRICES)).transcribe(speech, ("es",)))
    assert await anext(speech, None) is None


async def test_from_the_ceiling_on_the_free_engine_hears() -> None:
    bill = Bill(PRICES, Decimal("0.02"))
    rationed = Rationed(Metered(Ear("paid"), "deepgram", "nova-3", bill), Ear("free"), bill)
    answers = [(await heard(rationed, SECOND))[-1].text for _ in range(3)]
    assert answers == ["paid", "paid", "free"]
    assert amounts(bill) == [Amount(requests=2, seconds=2.0)]


async def test_cancelling_is_dropping() -> None:
    reached, bill = asyncio.Event(), Bill(PRICES)

    class Silent:
        async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
            await anext(speech)
            reached.set()
            await asyncio.Event().wait()
            yield Transcript("")

    task = asyncio.create_task(heard(Metered(Silent(), "deepgram", "nova-3", bill), SECOND))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    assert amounts(bill) == [Amount(requests=1, seconds=1.0)]
