"""Everything that belongs to a number is removed, in a real Redis and on a real disk."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assist.campaign.model import CampaignState, Claim, Contact, Outcome, Result
from assist.privacy.erasure import ACTION, Erasure, InProgress, Receipt
from tests.ledgers import ALWAYS, LIMITS, MADRID
from tests.privacy import ANA, EVA, SAID, Installation, installation


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as lent:
        yield lent


async def erase(installed: Installation, number: str = ANA, *, do_not_call: bool = False) -> Receipt:
    erasure = Erasure(installed.store, installed.ledger, installed.recordings)
    return await erasure.erase(number, "user:test", do_not_call=do_not_call)


async def campaign(installed: Installation, *, called: bool = True, name: str = "c") -> Claim:
    """Let a campaign have Ana and Eva, and have called Ana."""
    ledger = installed.ledger
    ana = Contact("customer-ana", ANA, MADRID, {"nombre": "Ana Pérez"})
    await ledger.create(name, LIMITS)
    await ledger.add(name, [ana, Contact("eva", EVA, MADRID)])
    assert await ledger.set_state(name, CampaignState.RUNNING)
    claim = await ledger.attempts.claim(name, MADRID, ALWAYS, "node", 30.0)
    assert isinstance(claim, Claim)
    assert claim.contact == ana
    assert await ledger.attempts.dialing(claim)
    if called:
        await ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 30.0)
    return claim


async def test_nothing_of_the_number_can_be_read_any_more_and_the_receipt_tells_what_it_was(
    installed: Installation,
) -> None:
    calls = [await installed.called(ANA), await installed.called(ANA)]
    claim = await campaign(installed)
    installed.record(claim.id)
    personal = [ANA, ANA[3:], SAID, "Hola, Ana.", "Ana Pérez", "customer-ana"]
    assert await installed.has(*personal) == sorted(set(personal))
    receipt = await erase(installed)
    assert await installed.has(*personal) == []
    assert list(installed.recordings.iterdir()) == []
    assert (receipt.calls, receipt.transcripts, receipt.recordings, receipt.contacts) == (3, 2, 3, 1)
    assert (receipt.called, receipt.do_not_call) == (True, False)
    assert await installed.store.callers.calls(ANA) == []
    history = await installed.store.history.recent()
    assert {call.id for call in history.calls} == set(calls), "nobody can tell whose they were"


async def test_what_belongs_to_others_stays(installed: Installation) -> None:
    await installed.called(ANA)
    call = await installed.called(EVA)
    await campaign(installed)
    await erase(installed)
    assert await installed.store.callers.calls(EVA) == [call]
    assert len(await installed.store.events(call)) == 3
    assert [path.stem for path in installed.recordings.iterdir()] == [call]
    assert await installed.ledger.contact("c", "eva")


async def test_a_do_not_call_entry_stays_and_is_told(installed: Installation) -> None:
    key = installed.ledger.number_key(ANA)
    await installed.ledger.suppress(key)
    assert (await erase(installed)).do_not_call
    assert await installed.ledger.is_suppressed(key)


async def test_the_number_can_be_put_on_the_list_at_the_same_time(installed: Installation) -> None:
    assert (await erase(installed, do_not_call=True)).do_not_call
    assert await installed.ledger.is_suppressed(installed.ledger.number_key(ANA))


async def test_nothing_is_removed_while_a_call_with_the_number_goes_on(installed: Installation) -> None:
    call = await installed.called(ANA, over=False)
    with pytest.raises(InProgress):
        await erase(installed)
    assert await installed.has(SAID) == [SAID]
    await installed.store.end_session(call)
    assert (await erase(installed)).transcripts == 1


async def test_nothing_is_removed_while_a_campaign_calls_the_number(installed: Installation) -> None:
    claim = await campaign(installed, called=False)
    with pytest.raises(InProgress):
        await erase(installed)
    await installed.ledger.attempts.finish(claim.id, Result.BUSY, 0.0)
    assert (await erase(installed)).contacts == 1


async def test_a_number_that_nobody_knows_is_a_receipt_too(installed: Installation) -> None:
    receipt = await erase(installed)
    assert (receipt.calls, receipt.contacts, receipt.called) == (0, 0, False)


@pytest.mark.parametrize("steps", range(0, 1300, 100))
async def test_what_was_interrupted_anywhere_is_finished_by_asking_again(installed: Installation, steps: int) -> None:
    await installed.called(ANA)
    installed.record((await campaign(installed)).id)
    erasing = asyncio.create_task(erase(installed))
    for _ in range(steps):
        await asyncio.sleep(0)
    erasing.cancel()
    await asyncio.gather(erasing, return_exceptions=True)
    await erase(installed)
    assert await installed.has(ANA, SAID, "customer-ana") == []
    assert list(installed.recordings.iterdir()) == []


async def test_the_audit_log_knows_of_it_and_not_of_whom(installed: Installation) -> None:
    receipt = await erase(installed)
    (deed,) = [deed async for deed in installed.store.audit.deeds()]
    assert (deed.actor, deed.action, deed.subject) == ("user:test", ACTION, receipt.id)
    key = installed.ledger.number_key(ANA).hex()
    assert await installed.has(ANA, ANA[1:], key) == []


async def test_an_attempt_whose_worker_was_lost_is_found_by_its_contact(installed: Installation) -> None:
    """Nobody told whose call it was; its recording is known by the campaign only."""
    claim = await campaign(installed)
    path = installed.record(claim.id)
    assert await installed.store.callers.calls(ANA) == []
    assert (await erase(installed)).recordings == 1
    assert not path.exists()
