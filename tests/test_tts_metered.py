"""What is put on the bill for speaking."""

from contextlib import aclosing
from decimal import Decimal

import pytest

from assist.aio import Stream
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.errors import ProviderError
from assist.provider.bill import Bill
from assist.provider.prices import Prices, Speaking, Table
from assist.provider.usage import Amount
from assist.tts import TextToSpeech
from assist.tts.metered import Metered, Rationed

PRICES = Prices(Table(tts={"polly": {"neural": Speaking(million_characters=Decimal(1000))}}))
"""A tenth of a cent for each character."""
SECOND = bytes(LINE_BYTES_PER_SECOND)


class Voice:
    """Speaks each word for a second; may fail at the word *fails_at*. Keeps a diary."""

    def __init__(self, fails_at: int | None = None) -> None:
        self._fails_at = fails_at
        self.diary: list[tuple[str, str, float]] = []

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        self.diary.append((text, language, pace))
        for number, _ in enumerate(text.split()):
            if number == self._fails_at:
                raise ProviderError("polly", "down", temporary=True)
            yield SECOND


async def said(voice: TextToSpeech, text: str) -> int:
    async with aclosing(voice.synthesize(text, "es", pace=0.8)) as speech:
        return len([piece async for piece in speech])


async def test_the_characters_and_the_audio_are_counted() -> None:
    bill, voice = Bill(PRICES), Voice()
    metered = Metered(voice, "polly", "neural", bill)
    assert await said(metered, "Buenos días.") == 2
    await said(metered, "Sí.")
    assert [item.amount for item in bill.items] == [Amount(requests=2, seconds=3.0, characters=15)]
    assert bill.cost_usd == Decimal("0.015")
    assert voice.diary[0] == ("Buenos días.", "es", 0.8)


@pytest.mark.parametrize(("fails_at", "amounts"), [(0, []), (1, [Amount(requests=1, seconds=1.0, characters=12)])])
async def test_a_voice_that_fails_is_paid_for_the_sentence_once_it_spoke(fails_at: int, amounts: list[Amount]) -> None:
    bill = Bill(PRICES)
    with pytest.raises(ProviderError):
        await said(Metered(Voice(fails_at), "polly", "neural", bill), "Buenos días.")
    assert [item.amount for item in bill.items] == amounts


async def test_an_interrupted_sentence_is_paid_for_in_full() -> None:
    bill = Bill(PRICES)
    async with aclosing(Metered(Voice(), "polly", "neural", bill).synthesize("Buenos días.", "es")) as speech:
        await anext(speech)
    assert [item.amount for item in bill.items] == [Amount(requests=1, seconds=1.0, characters=12)]


async def test_a_text_without_a_sound_costs_nothing() -> None:
    bill = Bill(PRICES)
    assert await said(Metered(Voice(), "polly", "neural", bill), " ") == 0
    assert bill.items == ()


async def test_from_the_ceiling_on_the_free_voice_speaks() -> None:
    bill, free = Bill(PRICES, Decimal("0.003")), Voice()
    rationed = Rationed(Metered(Voice(), "polly", "neural", bill), free, bill)
    assert [await said(rationed, text) for text in ("Sí.", "Adiós.")] == [1, 1]
    assert free.diary == [("Adiós.", "es", 0.8)]
