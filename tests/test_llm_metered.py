"""What is put on the bill for thinking."""

import asyncio
from contextlib import aclosing
from decimal import Decimal

import pytest

from assist.aio import Stream
from assist.errors import ProviderError
from assist.llm import Dialog, HangUp, LanguageModel, Message, Part, Speaker, Usage
from assist.llm.failover import Failover
from assist.llm.metered import RULES, Metered, Rationed
from assist.provider.bill import Bill
from assist.provider.member import Member
from assist.provider.prices import Prices, Table, Thinking
from assist.provider.usage import Amount
from tests.fakes import FakeBrain

PRICE = Thinking(million_input=Decimal(1000), million_cached=Decimal(0), million_output=Decimal(1000))
"""A tenth of a cent for each token."""
PRICES = Prices(Table(llm={"openai": {"gpt-4.1": PRICE}}))
DIALOG = Dialog("es", [Message(Speaker.CALLER, "¿Abren?"), Message(Speaker.LINE, "x" * 33)])
PROMPT = "p" * 40
ASKED = RULES + 20


async def warm() -> None:
    """Nothing is to be done."""


async def answer(brain: LanguageModel) -> list[Part]:
    async with aclosing(brain.reply(DIALOG)) as reply:
        return [part async for part in reply]


def metered(bill: Bill, *parts: Part, model: str = "gpt-4.1") -> Metered:
    return Metered(FakeBrain(parts), "openai", model, bill, PROMPT)


async def test_what_the_model_tells_is_paid_for_and_not_passed_on() -> None:
    bill = Bill(PRICES)
    brain = metered(bill, "Sí", ", de nueve a dos.", Usage(input=900, cached=400, output=100), HangUp())
    assert await answer(brain) == ["Sí", ", de nueve a dos.", HangUp()]
    (item,) = bill.items
    assert item.amount == Amount(requests=1, input=900, cached=400, output=100)
    assert item.cost_usd == Decimal("0.6")


async def test_of_several_tellings_the_last_counts() -> None:
    bill = Bill(PRICES)
    await answer(metered(bill, Usage(900, 0, 1), "Sí.", Usage(900, 0, 3)))
    assert [item.amount for item in bill.items] == [Amount(requests=1, input=900, output=3)]


async def test_a_reply_that_is_dropped_is_reckoned_from_its_words() -> None:
    bill = Bill(PRICES)
    async with aclosing(metered(bill, "Abrimos ", "de nueve", " a dos.").reply(DIALOG)) as reply:
        assert [await anext(reply), await anext(reply)] == ["Abrimos ", "de nueve"]
    assert [item.amount for item in bill.items] == [Amount(requests=1, input=ASKED, output=4)]


async def test_a_reply_that_is_dropped_before_its_first_word_was_read_by_the_model() -> None:
    bill, asked = Bill(PRICES), asyncio.Event()

    class Silent:
        async def reply(self, dialog: Dialog) -> Stream[Part]:
            asked.set()
            await asyncio.Event().wait()
            yield ""

    waiting = asyncio.create_task(answer(Metered(Silent(), "openai", "gpt-4.1", bill, PROMPT)))
    await asked.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert [item.amount for item in bill.items] == [Amount(requests=1, input=ASKED)]


async def test_a_refusal_costs_nothing() -> None:
    bill = Bill(PRICES)
    refused = FakeBrain(ProviderError("openai", "status 429", temporary=True))
    with pytest.raises(ProviderError):
        await answer(Metered(refused, "openai", "gpt-4.1", bill))
    assert bill.items == ()


async def test_an_embedded_brain_knows_no_tokens() -> None:
    bill = Bill(PRICES)
    await answer(Metered(FakeBrain(["Sí."]), "flow", "", bill, PROMPT))
    assert [(item.amount, item.cost_usd) for item in bill.items] == [(Amount(requests=1), Decimal(0))]


async def test_from_the_ceiling_on_the_free_brain_answers() -> None:
    bill = Bill(PRICES, Decimal("0.1"))
    rationed = Rationed(metered(bill, "paid", Usage(100, 0, 1)), FakeBrain(["free"]), bill)
    assert [await answer(rationed) for _ in range(2)] == [["paid"], ["free"]]


class Broken:
    """Fails in mid-reply."""

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        yield "Sí. De nueve"
        raise ProviderError("openai", "the connection failed", temporary=True)


async def test_one_that_broke_off_and_one_that_went_on_are_both_paid_for() -> None:
    bill = Bill(PRICES)
    broken: Member[LanguageModel] = Member(
        "openai", Metered(Broken(), "openai", "gpt-4.1", bill, PROMPT), "gpt-4.1", warm
    )
    other = FakeBrain(["De nueve a dos.", Usage(100, 0, 5)])
    heir: Member[LanguageModel] = Member("other", Metered(other, "other", "llama", bill), "llama", warm)
    assert len(await answer(Failover([broken, heir], lambda took_over: None))) == 2
    assert [(item.engine, item.amount) for item in bill.items] == [
        ("openai", Amount(requests=1, input=ASKED, output=3)),
        ("other", Amount(requests=1, input=100, output=5)),
    ]
