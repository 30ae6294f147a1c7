"""Which number a call shows, and how fast a campaign goes by itself, as the ledger decides it."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from assist.campaign.model import Blocked, Claim, Contact, Outcome, Refusal, Result, Shown
from assist.campaign.presence import near
from tests.ledgers import ALWAYS, DAY, LIMITS, MADRID, NINE, Clocked, clocked_ledger, people, person

CAPITAL, COAST, OTHER = (Shown(number, near(number)) for number in ("+34910000009", "+34930000009", "+34910000010"))


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


def of(number: str) -> Contact:
    return Contact(number[-4:], number, MADRID)


async def shows(clocked: Clocked, count: int) -> list[str]:
    return [(await clocked.claimed()).shown for _ in range(count)]


async def test_the_nearest_number_is_shown(clocked: Clocked) -> None:
    called = [of("+34934560001"), of("+34814560002"), of("+34930000003")]
    await clocked.start("c", called, replace(LIMITS, shown=(CAPITAL, COAST)))
    assert await shows(clocked, 3) == [COAST.number, CAPITAL.number, COAST.number]


async def test_those_equally_near_take_turns(clocked: Clocked) -> None:
    await clocked.start("c", people(6), replace(LIMITS, shown=(CAPITAL, COAST, OTHER)))
    assert Counter(await shows(clocked, 6)) == {CAPITAL.number: 2, COAST.number: 2, OTHER.number: 2}


async def test_without_any_the_trunk_shows_what_it_likes(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    assert await shows(clocked, 1) == [""]


async def test_a_number_that_was_shown_often_enough_is_not_until_the_next_day(clocked: Clocked) -> None:
    coast, capital = replace(COAST, per_day=1), replace(CAPITAL, per_day=2)
    called = [of(f"+3493456000{number}") for number in range(4)]
    await clocked.start("c", called, replace(LIMITS, shown=(capital, coast)))
    assert await shows(clocked, 3) == [coast.number, capital.number, capital.number]
    midnight = NINE - 9 * 3600 + DAY
    assert await clocked.claim() == Refusal(Blocked.CALLER_ID, midnight)
    await clocked.at(midnight)
    assert await shows(clocked, 1) == [coast.number]


async def test_all_campaigns_together_count(clocked: Clocked) -> None:
    limits = replace(LIMITS, shown=(replace(CAPITAL, per_day=1),))
    await clocked.start("a", [person(0)], limits)
    await clocked.start("b", [person(1)], limits)
    await clocked.claimed("a")
    assert isinstance(await clocked.claim("b"), Refusal)


async def test_a_call_that_was_not_sent_showed_nothing(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, shown=(replace(CAPITAL, per_day=1),)))
    for _ in range(3):
        await clocked.ledger.attempts.release(await clocked.claimed())


async def test_what_was_shown_is_known_of_a_call_in_progress_and_of_one_that_is_over(clocked: Clocked) -> None:
    await clocked.start("c", [of("+34934560001")], replace(LIMITS, shown=(CAPITAL, COAST)))
    claim = await clocked.dialed()
    live = await clocked.ledger.attempts.get(claim.id)
    assert live and live.claim.shown == COAST.number
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    standing = await clocked.ledger.contact("c", claim.contact.id)
    assert standing and [past.shown for past in standing.past] == [COAST.number]


async def test_a_campaign_that_goes_slower_does_not_keep_others_of_its_trunk(clocked: Clocked) -> None:
    await clocked.start("slow", people(3), replace(LIMITS, cps=0.5))
    await clocked.start("fast", [person(number) for number in range(3, 6)])
    await clocked.claimed("slow")
    assert await clocked.claim("slow") == Refusal(Blocked.CPS, NINE + 0.01 + 2.0)
    await clocked.claimed("fast")
    await clocked.at(NINE + 2.01)
    assert isinstance(await clocked.ledger.attempts.claim("slow", MADRID, ALWAYS, "node", 30.0), Claim)
