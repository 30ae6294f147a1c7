"""What somebody outside wants of a call: conversations scripted like a score."""

from pathlib import Path

import pytest

from assist.assistant import Assistant, load
from assist.call.channel import TransferOutcome
from assist.call.events import Transferred
from assist.call.orders import Orders, ToSay, ToTransfer
from assist.llm import HangUp
from tests.fakes import FakeChannel
from tests.score import in_call

GREETING = "Soy un asistente automático."


@pytest.fixture
def assistant(tmp_path: Path) -> Assistant:
    path = tmp_path / "prueba.yaml"
    path.write_text(
        "languages: es\ntimezone: Europe/Madrid\ndestinations: {recepcion: sofia/gateway/carrier/1}\n"
        f'phrases: {{es: {{greeting: "{GREETING}", still_there: "¿Sigue ahí?", silent_goodbye: Cuelgo.}}}}\n',
        encoding="utf-8",
    )
    return load(path)


async def test_what_is_ordered_is_said_as_soon_as_nobody_talks(assistant: Assistant) -> None:
    async with in_call(assistant, ["¿Están abiertos?"], [["Hasta las seis."]]) as (score, _):
        score.call.orders.give(ToSay("1-0", "Un momento."))
        await score.settle()
        assert score.said == [GREETING, "Un momento."]
        await score.caller_begins()
        score.call.orders.give(ToSay("2-0", "Ya casi."))
        await score.settle()
        assert score.said[2:] == []
        await score.silence(1.2)
        await score.settle()
        assert score.said[2:] == ["Hasta las seis.", "Ya casi."]


async def test_orders_do_not_count_as_the_callers_silence(assistant: Assistant) -> None:
    async with in_call(assistant) as (score, _):
        for number in range(5):
            score.call.orders.give(ToSay(f"{number}-0", f"Número {number}."))
            await score.settle()
        assert score.said[1:] == [f"Número {number}." for number in range(5)]


async def test_a_transfer_is_ordered_by_the_name_of_a_destination(assistant: Assistant) -> None:
    channel = FakeChannel(transfers=[TransferOutcome.BUSY])
    async with in_call(assistant, replies=[["Está ocupado."]], channel=channel) as (score, _):
        score.call.orders.give(ToTransfer("1-0", "recepcion"))
        await score.settle()
        assert channel.diary == ["answer", "transfer sofia/gateway/carrier/1"]
        assert Transferred("recepcion", TransferOutcome.BUSY) in score.events
        assert score.said[-1] == "Está ocupado."


async def test_the_call_ends_if_the_brain_hangs_up_after_an_ordered_transfer(assistant: Assistant) -> None:
    channel = FakeChannel(transfers=[TransferOutcome.ENDED])
    async with in_call(assistant, replies=[["Adiós.", HangUp()]], channel=channel) as (score, running):
        score.call.orders.give(ToTransfer("1-0", "recepcion"))
        await score.settle()
        assert score.said == [GREETING, "Adiós."]
        assert running.done()


async def test_whoever_takes_the_call_over_knows_what_was_ordered_and_done(assistant: Assistant) -> None:
    async with in_call(assistant) as (score, _):
        score.call.orders.give(ToSay("7-1", "Un momento."))
        await score.settle()
        assert score.session.ordered == "7-1"


async def test_an_order_that_is_given_twice_is_done_once() -> None:
    orders = Orders()
    for _ in range(2):
        orders.give(ToSay("1-0", "Hola."))
    await orders.given()
    assert [orders.take(), orders.take()] == [ToSay("1-0", "Hola."), None]
