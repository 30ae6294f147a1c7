"""The bill of a call, and its ceiling."""

import asyncio
from contextlib import suppress
from decimal import Decimal

import pytest

from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.bill import Bill, Item
from assist.provider.prices import Prices, Speaking, Table
from assist.provider.usage import Amount

PRICES = Prices(Table(tts={"polly": {"neural": Speaking(million_characters=Decimal(1000))}}))
"""A tenth of a cent for each character."""
NEURAL = (Kind.TTS, "polly", "neural")
SENTENCE = Amount(requests=1, characters=10)


def spoken(bill: Bill, engine: str = "polly", model: str = "neural", amount: Amount = SENTENCE) -> Bill:
    bill.add(Kind.TTS, engine, model, amount)
    return bill


def test_what_an_engine_did_is_added_up() -> None:
    bill = spoken(spoken(Bill(PRICES)))
    spoken(bill, "pico", "")
    assert bill.items == (
        Item(Kind.TTS, "polly", "neural", Amount(requests=2, characters=20), Decimal("0.02")),
        Item(Kind.TTS, "pico", "", SENTENCE, Decimal(0)),
    )
    assert bill.cost_usd == Decimal("0.02")


def test_what_has_no_price_is_counted() -> None:
    bill = spoken(spoken(spoken(Bill(PRICES)), model="new"), model="new")
    assert bill.items[1] == Item(Kind.TTS, "polly", "new", Amount(requests=2, characters=20), None)
    assert bill.cost_usd == Decimal("0.01")


@pytest.mark.parametrize(
    ("ceiling", "exhausted"), [(None, False), ("0", True), ("0.019", True), ("0.02", True), ("0.021", False)]
)
def test_a_bill_is_exhausted_at_its_ceiling(ceiling: str | None, exhausted: bool) -> None:
    bill = Bill(PRICES, None if ceiling is None else Decimal(ceiling))
    assert spoken(spoken(bill)).exhausted is exhausted


async def test_whoever_waits_for_it_learns_that_it_is_exhausted() -> None:
    bill = Bill(PRICES, Decimal("0.02"))
    waiting = asyncio.create_task(bill.run_out())
    spoken(bill)
    await asyncio.sleep(0)
    assert not waiting.done()
    spoken(bill)
    await waiting


def test_a_call_that_is_taken_over_goes_on_with_its_bill() -> None:
    before = spoken(Bill(PRICES)).items
    assert not Bill(PRICES, Decimal("0.02"), before).exhausted
    assert spoken(Bill(PRICES, Decimal("0.02"), before)).exhausted
    assert Bill(PRICES, Decimal("0.01"), before).exhausted


@pytest.mark.parametrize(
    ("ending", "answered", "counted"),
    [
        (None, True, True),
        (None, False, False),
        (ProviderError("polly", "down", temporary=True), True, True),
        (ProviderError("polly", "down", temporary=True), False, False),
        (asyncio.CancelledError(), True, True),
        (asyncio.CancelledError(), False, True),
        (GeneratorExit(), False, True),
    ],
)
def test_a_request_costs_if_it_was_answered_or_dropped(
    ending: BaseException | None, answered: bool, counted: bool
) -> None:
    bill = Bill(PRICES)
    with suppress(ProviderError, asyncio.CancelledError, GeneratorExit), bill.request(*NEURAL) as request:
        request.answered = answered
        request.amount = SENTENCE
        if ending:
            raise ending
    assert [item.amount for item in bill.items] == ([SENTENCE] if counted else [])
