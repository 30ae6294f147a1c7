import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from assist.campaign.ledger.views import Past
from assist.campaign.model import (
    Blocked,
    Breaker,
    CampaignState,
    Caps,
    Ceilings,
    Claim,
    Consent,
    Contact,
    ContactState,
    Elsewhere,
    Limits,
    Outcome,
    Refusal,
    Result,
    Trunk,
    Window,
)
from assist.errors import ConfigurationError, StoreError
from tests.ledgers import DAY, HOUR, LIMITS, MADRID, NINE, OPEN, Clocked, clocked_ledger, people, person


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


async def test_a_contact_is_claimed_as_it_was_added(clocked: Clocked) -> None:
    ana = Contact("17", "+34600000001", MADRID, {"nombre": "Ana", "cita": "lunes"}, "es", Consent("web", NINE, "x:1"))
    await clocked.start("c", [ana])
    claim = await clocked.claimed()
    assert claim.contact == ana
    assert (claim.campaign, claim.attempt, claim.node) == ("c", 1, "node")
    assert claim.lease == pytest.approx(NINE + 30, abs=0.1)
    assert await clocked.claim() == Refusal(Blocked.NOBODY_DUE)


async def test_what_a_contact_does_not_have_is_not_made_up(clocked: Clocked) -> None:
    bare = [
        Contact("1", "+34600000001", MADRID),
        Contact("2", "+34600000002", MADRID, {}, "en"),
        Contact("3", "+34600000003", MADRID, {"a": ""}),
        Contact("4", "+34600000004", MADRID, {}, "", Consent("", 0.0)),
    ]
    await clocked.start("c", bare)
    assert [(await clocked.claimed()).contact for _ in bare] == bare


async def test_redis_computes_the_id_of_an_attempt_as_everybody_does(clocked: Clocked) -> None:
    await clocked.start("campaña", [person(n, id=f"contacto ñ {n}") for n in range(40)])
    for _ in range(40):
        claim = await clocked.claimed("campaña")
        assert await clocked.ledger.attempts.answered(claim.id) is False
        live = await clocked.ledger.attempts.get(claim.id)
        assert live is not None
        assert live.claim == claim


async def test_a_contact_that_is_there_is_not_added_again(clocked: Clocked) -> None:
    await clocked.ledger.create("c", LIMITS)
    assert await clocked.ledger.add("c", people(3)) == 3
    assert await clocked.ledger.add("c", people(5)) == 2
    assert (await clocked.ledger.counts("c")).states == {ContactState.WAITING: 5}


async def test_more_contacts_than_fit_into_one_script_are_added(clocked: Clocked) -> None:
    await clocked.ledger.create("c", LIMITS)
    assert await clocked.ledger.add("c", people(1201)) == 1201


async def test_nobody_is_added_to_a_campaign_that_is_not_there_or_was_cancelled(clocked: Clocked) -> None:
    with pytest.raises(StoreError):
        await clocked.ledger.add("c", people(1))
    await clocked.ledger.create("c", LIMITS)
    await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    with pytest.raises(StoreError):
        await clocked.ledger.add("c", people(1))


async def test_a_contact_is_called_from_answer_to_end(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    assert await clocked.ledger.attempts.dialing(claim)
    assert await clocked.ledger.attempts.answered(claim.id)
    assert await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 42.5, Decimal("0.031"))
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert (standing.state, standing.outcome, standing.attempts) == (ContactState.DONE, Outcome.REACHED, 1)
    assert standing.past == (Past(NINE + 0.01, Result.HUMAN, 42.5, Decimal("0.031")),)
    counts = await clocked.ledger.counts("c")
    assert counts.states == {ContactState.DONE: 1}
    assert (counts.outcomes, counts.results) == ({Outcome.REACHED: 1}, {Result.HUMAN: 1})
    assert (counts.calls, counts.seconds, counts.cost) == (0, 42.5, Decimal("0.031"))
    assert [event["kind"] for _, event in await clocked.ledger.events("c")] == [
        "state",
        "dialing",
        "answered",
        "finished",
        "done",
    ]


async def test_events_are_read_from_where_one_left_off_and_name_no_number(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    first, _ = (await clocked.ledger.events("c"))[0]
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE + HOUR)
    rest = await clocked.ledger.events("c", first)
    assert [event["kind"] for _, event in rest] == ["dialing", "finished"]
    assert person(0).number[1:] not in str(rest)


async def test_a_retry_is_another_attempt_when_it_is_due(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    first = await clocked.dialed()
    assert await clocked.ledger.attempts.finish(first.id, Result.BUSY, NINE + HOUR)
    assert await clocked.claim() == Refusal(Blocked.NOBODY_DUE, NINE + HOUR)
    await clocked.at(NINE + HOUR)
    second = await clocked.claimed()
    assert second.attempt == 2
    assert second.id != first.id
    assert second.fence > first.fence


async def test_the_first_end_counts(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    assert await clocked.ledger.attempts.finish(claim.id, Result.UNKNOWN, Outcome.UNKNOWN)
    assert not await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 60.0)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert standing.outcome is Outcome.UNKNOWN
    assert len(standing.past) == 1


async def test_an_attempt_that_was_not_dialed_has_no_end(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    assert not await clocked.ledger.attempts.finish(claim.id, Result.FAILED, Outcome.EXHAUSTED)
    assert not await clocked.ledger.attempts.finish("nobody", Result.FAILED, Outcome.EXHAUSTED)
    assert await clocked.ledger.attempts.dialing(claim)


async def test_a_claim_is_dialed_once(clocked: Clocked) -> None:
    """A worker that is given the same work a second time does not call."""
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    assert sorted(await asyncio.gather(*(clocked.ledger.attempts.dialing(claim) for _ in range(5)))) == [False] * 4 + [
        True
    ]


async def test_a_claim_that_lapsed_is_not_dialed(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    await clocked.later(30)
    assert not await clocked.ledger.attempts.dialing(claim)
    assert not await clocked.ledger.attempts.renew(claim.id, 30)


async def test_a_claim_that_was_renewed_is_dialed_later(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    assert await clocked.ledger.attempts.renew(claim.id, 90)
    await clocked.later(89)
    assert await clocked.ledger.attempts.dialing(claim)


async def test_whoever_lost_a_claim_cannot_dial_when_another_has_it(clocked: Clocked) -> None:
    """Attempt and id are the same, since nothing was sent: the fence tells them apart."""
    await clocked.start("c", people(1))
    slow = await clocked.claimed()
    await clocked.later(30)
    assert [live.claim for live in await clocked.ledger.attempts.expired()] == [slow]
    assert await clocked.ledger.attempts.release(slow)
    quick = await clocked.claimed()
    assert quick.id == slow.id
    assert not await clocked.ledger.attempts.dialing(slow)
    assert not await clocked.ledger.attempts.release(slow)
    assert await clocked.ledger.attempts.dialing(quick)


async def test_what_is_being_dialed_is_not_given_back(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed()
    await clocked.later(60)
    [lapsed] = await clocked.ledger.attempts.expired()
    assert (lapsed.claim.id, lapsed.claim.node, lapsed.state) == (claim.id, "node", ContactState.DIALING)
    assert not await clocked.ledger.attempts.release(lapsed.claim)
    assert await clocked.ledger.attempts.renew(claim.id, 60)
    assert await clocked.ledger.attempts.expired() == []


async def test_a_released_claim_holds_nothing(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, calls=1, caps=Caps(rolling=1)))
    assert await clocked.ledger.attempts.release(await clocked.claimed())
    claim = await clocked.claimed()
    assert claim.attempt == 1
    assert await clocked.ledger.attempts.release(claim, NINE + HOUR)
    assert (await clocked.ledger.counts("c")).seconds == 0
    await clocked.at(NINE + HOUR)
    assert await clocked.ledger.attempts.release(await clocked.claimed(), Outcome.SUPPRESSED)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.SUPPRESSED: 1}


async def test_nobody_is_claimed_for_a_campaign_that_does_not_run(clocked: Clocked) -> None:
    await clocked.ledger.create("c", LIMITS)
    await clocked.ledger.add("c", people(1))
    for state in (None, CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.CANCELLED):
        if state:
            assert await clocked.ledger.set_state("c", state)
        claim = await clocked.claim()
        if state is CampaignState.RUNNING:
            assert isinstance(claim, Claim)
            assert await clocked.ledger.attempts.release(claim)
        else:
            assert claim == Refusal(Blocked.NOT_RUNNING)


@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.CANCELLED])
async def test_a_claim_is_not_dialed_after_the_campaign_was_stopped(clocked: Clocked, state: CampaignState) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    await clocked.ledger.set_state("c", state)
    assert not await clocked.ledger.attempts.dialing(claim)
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert standing.state is (ContactState.WAITING if state is CampaignState.PAUSED else ContactState.DONE)


async def test_a_call_in_progress_ends_by_itself_when_the_campaign_is_cancelled(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    claim = await clocked.dialed()
    await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    assert await clocked.ledger.end_waiting("c", MADRID, Outcome.CANCELLED) == 1
    assert await clocked.ledger.attempts.finish(claim.id, Result.BUSY, NINE + HOUR)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.CANCELLED: 2}


async def test_a_campaign_ends_when_everybody_is_done(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    assert not await clocked.ledger.set_state("c", CampaignState.FINISHED)
    claim = await clocked.dialed()
    assert not await clocked.ledger.set_state("c", CampaignState.FINISHED)
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    assert await clocked.ledger.set_state("c", CampaignState.FINISHED)
    assert await clocked.ledger.again("c", ["p0", "nobody"], NINE) == 1
    assert await clocked.ledger.set_state("c", CampaignState.RUNNING)
    assert (await clocked.claimed()).attempt == 2


async def test_what_was_cancelled_stays_so(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    assert await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    assert await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    assert not await clocked.ledger.set_state("c", CampaignState.RUNNING)
    with pytest.raises(StoreError):
        await clocked.ledger.set_state("nothing", CampaignState.RUNNING)


async def test_the_window_is_half_open(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    await clocked.at(OPEN.opens - 0.001)
    assert await clocked.ledger.attempts.claim("c", MADRID, OPEN, "n", 30) == Refusal(Blocked.WINDOW, OPEN.opens)
    await clocked.at(OPEN.opens)
    claim = await clocked.ledger.attempts.claim("c", MADRID, OPEN, "n", 30)
    assert isinstance(claim, Claim)
    await clocked.at(OPEN.closes)
    assert await clocked.ledger.attempts.claim("c", MADRID, OPEN, "n", 30) == Refusal(Blocked.WINDOW)


async def test_a_claim_is_not_dialed_after_the_window_closed(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await clocked.at(OPEN.closes - 1)
    claim = await clocked.claimed(window=OPEN)
    await clocked.at(OPEN.closes)
    assert not await clocked.ledger.attempts.dialing(claim)
    assert (await clocked.ledger.counts("c")).states == {ContactState.WAITING: 1}


async def test_a_suppressed_number_is_passed_over_for_good(clocked: Clocked) -> None:
    await clocked.start("c", people(3))
    await clocked.start("other", people(3))
    assert await clocked.ledger.suppress(clocked.ledger.number_key(person(0).number), source="opt-out") == 1
    assert await clocked.ledger.suppress(clocked.ledger.number_key(person(1).number), "c") == 1
    assert (await clocked.claimed()).contact == person(2)
    assert (await clocked.claimed("other")).contact == person(1)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.SUPPRESSED: 2}


async def test_a_number_taken_off_the_list_is_called_again(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    number = clocked.ledger.number_key(person(0).number)
    await clocked.ledger.suppress([number], "c")
    assert await clocked.ledger.is_suppressed(number, "c")
    assert not await clocked.ledger.is_suppressed(number)
    assert await clocked.ledger.unsuppress(number, "c")
    assert not await clocked.ledger.unsuppress(number, "c")
    assert not await clocked.ledger.is_suppressed(number, "c")
    await clocked.claimed()


async def test_a_number_suppressed_after_the_claim_is_not_dialed(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.claimed()
    await clocked.ledger.suppress(clocked.ledger.number_key(person(0).number))
    assert not await clocked.ledger.attempts.dialing(claim)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.SUPPRESSED: 1}


async def test_a_list_of_numbers_of_any_length_is_suppressed(clocked: Clocked) -> None:
    numbers = [clocked.ledger.number_key(person(n).number) for n in range(1203)]
    assert await clocked.ledger.suppress(numbers, source="registry") == 1203
    assert await clocked.ledger.suppress(numbers, source="registry") == 0


async def test_one_number_has_one_call_at_a_time(clocked: Clocked) -> None:
    twin = replace(person(0), id="twin")
    await clocked.start("c", [person(0), twin])
    await clocked.start("other", [person(0)])
    claim = await clocked.dialed()
    assert await clocked.claim() == Refusal(Blocked.NOBODY_DUE, NINE + 60.02)
    assert isinstance(await clocked.claim("other"), Refusal)
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    await clocked.later(60)
    assert (await clocked.claimed()).contact == twin


async def test_a_rolling_cap_counts_all_campaigns(clocked: Clocked) -> None:
    limits = replace(LIMITS, caps=Caps(rolling=2))
    await clocked.start("c", people(1), limits)
    await clocked.start("other", people(1), limits)
    first = await clocked.dialed()
    began = await clocked.now()
    await clocked.ledger.attempts.finish(first.id, Result.BUSY, NINE)
    await clocked.later(HOUR)
    await clocked.ledger.attempts.finish((await clocked.dialed("other")).id, Result.BUSY, NINE)
    assert await clocked.claim() == Refusal(Blocked.CAP, began + DAY)
    await clocked.at(began + DAY - 0.012)
    assert isinstance(await clocked.claim(), Refusal)
    assert isinstance(await clocked.claim(), Claim)


@pytest.mark.parametrize(
    ("elsewhere", "waits"),
    [
        (None, False),
        (Elsewhere(7 * DAY), True),
        (Elsewhere(7 * DAY, ("other",)), True),
        (Elsewhere(7 * DAY, ("another",)), False),
    ],
)
async def test_whom_another_campaign_reached_waits_where_that_is_wanted(
    clocked: Clocked, elsewhere: Elsewhere | None, waits: bool
) -> None:
    await clocked.start("c", people(1), replace(LIMITS, elsewhere=elsewhere))
    await clocked.start("other", people(1))
    call = await clocked.dialed("other")
    await clocked.ledger.attempts.finish(call.id, Result.HUMAN, Outcome.REACHED)
    reached = await clocked.now()
    (known,) = await clocked.ledger.known("c", [clocked.ledger.number_key(person(0).number)])
    assert known.reached == pytest.approx({"other": reached})
    if waits:
        assert await clocked.claim() == Refusal(Blocked.CAP, reached + 7 * DAY)
        await clocked.at(reached + 7 * DAY)
    await clocked.claimed()


async def test_only_whom_others_reached_waits(clocked: Clocked) -> None:
    limits = replace(LIMITS, elsewhere=Elsewhere(7 * DAY))
    await clocked.start("c", [person(0), replace(person(0), id="twin"), person(1)], limits)
    await clocked.start("other", [person(1)])
    await clocked.ledger.attempts.finish((await clocked.dialed("other")).id, Result.BUSY, Outcome.EXHAUSTED)
    for _ in range(3):
        await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.HUMAN, Outcome.REACHED)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.REACHED: 3}


async def test_a_cap_of_a_day_begins_anew_with_the_day_of_the_recipient(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, caps=Caps(day=1)))
    midnight = NINE - 10 * HOUR
    today = Window(NINE, NINE + 12 * HOUR, day=midnight)
    await clocked.ledger.attempts.finish((await clocked.dialed(window=today)).id, Result.BUSY, NINE)
    await clocked.at(NINE + 11 * HOUR)
    assert await clocked.claim(window=today) == Refusal(Blocked.CAP, midnight + DAY)
    await clocked.at(NINE + DAY - HOUR)
    tomorrow = Window(NINE + DAY - HOUR, NINE + 36 * HOUR, day=midnight + DAY)
    assert (await clocked.claimed(window=tomorrow)).attempt == 2


async def test_a_cap_of_a_week_begins_anew_with_the_week_of_the_recipient(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, caps=Caps(week=1)))
    window = replace(OPEN, week=NINE - 10 * HOUR)
    await clocked.ledger.attempts.finish((await clocked.dialed(window=window)).id, Result.BUSY, NINE)
    assert await clocked.claim(window=window) == Refusal(Blocked.CAP, NINE - 10 * HOUR + 7 * DAY)


async def test_where_no_day_is_told_the_longest_day_counts(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, caps=Caps(day=1)))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE)
    assert await clocked.claim() == Refusal(Blocked.CAP, NINE + 25 * HOUR + 0.01)


async def test_a_number_called_as_often_as_it_may_ever_be_is_done(clocked: Clocked) -> None:
    await clocked.start("c", people(1), replace(LIMITS, caps=Caps(life=1)))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE)
    await clocked.later(400 * DAY)
    assert await clocked.claim() == Refusal(Blocked.NOBODY_DUE)
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.EXHAUSTED: 1}


@pytest.mark.parametrize("caps", [Caps(rolling=0), Caps(day=61), Caps(week=-1)])
async def test_a_cap_that_cannot_be_kept_is_refused(clocked: Clocked, caps: Caps) -> None:
    with pytest.raises(ConfigurationError, match="must be from 1 to 60"):
        await clocked.ledger.create("c", replace(LIMITS, caps=caps))


async def test_a_claim_looks_past_a_page_of_contacts_that_may_not_be_called(clocked: Clocked) -> None:
    await clocked.start("c", people(100))
    await clocked.ledger.suppress([clocked.ledger.number_key(person(n).number) for n in range(99)])
    refusals = 0
    while isinstance(claim := await clocked.claim(), Refusal):
        assert claim.reason is Blocked.NOBODY_DUE
        assert claim.until is not None
        assert claim.until <= await clocked.now(), "somebody is due: ask again at once"
        refusals += 1
    assert refusals == 3, "a script looks at 32"
    assert claim.contact == person(99)


@pytest.mark.parametrize(
    "limits",
    [
        replace(LIMITS, calls=2),
        replace(LIMITS, everybody=2),
        replace(LIMITS, trunk=Trunk("narrow", 100.0, 2)),
    ],
)
async def test_no_more_calls_at_once_than_allowed(clocked: Clocked, limits: Limits) -> None:
    await clocked.start("c", people(3), limits)
    await clocked.dialed()
    claim = await clocked.claimed()
    assert await clocked.claim() == Refusal(Blocked.CONCURRENCY)
    await clocked.ledger.attempts.release(claim)
    await clocked.claimed()


async def test_campaigns_share_their_trunk(clocked: Clocked) -> None:
    limits = replace(LIMITS, trunk=Trunk("shared", 1.0, 1))
    await clocked.start("c", people(1), limits)
    await clocked.start("other", [person(1)], limits)
    claim = await clocked.claimed()
    assert await clocked.claim("other") == Refusal(Blocked.CONCURRENCY)
    until = await clocked.now() - 0.01 + 1
    await clocked.ledger.attempts.release(claim)
    assert await clocked.claim("other") == Refusal(Blocked.CPS, until)


async def test_claims_that_became_ready_together_are_sent_one_by_one(clocked: Clocked) -> None:
    """A disk that is waited for, or a worker that stalled, makes no burst."""
    await clocked.start("c", people(2))
    one, other = await clocked.claimed(), await clocked.claimed()
    await clocked.later(5)
    assert await clocked.ledger.attempts.dialing(one)
    waiting = asyncio.create_task(clocked.ledger.attempts.dialing(other))
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    await clocked.later(0.01)
    assert await waiting


async def test_who_waits_for_the_trunk_is_checked_again(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    one, other = await clocked.claimed(), await clocked.claimed()
    assert await clocked.ledger.attempts.dialing(one)
    waiting = asyncio.create_task(clocked.ledger.attempts.dialing(other))
    async with asyncio.timeout(10):
        while not any(event.get("attempt") == other.id for _, event in await clocked.ledger.events("c")):
            pass
    await clocked.ledger.set_state("c", CampaignState.PAUSED)
    await clocked.later(1)
    assert not await waiting
    standing = await clocked.ledger.contact("c", other.contact.id)
    assert standing is not None
    assert (standing.state, standing.attempts) == (ContactState.WAITING, 1), "its number is not used again"


async def test_a_campaign_stops_at_its_ceiling_of_minutes(clocked: Clocked) -> None:
    """What a call may take is set aside, and given back when it took less."""
    limits = replace(LIMITS, ceilings=Ceilings(call_seconds=60, seconds=130))
    await clocked.start("c", people(5), limits)
    first = await clocked.dialed()
    await clocked.claimed()
    assert await clocked.claim() == Refusal(Blocked.CEILING)
    await clocked.ledger.attempts.finish(first.id, Result.HUMAN, Outcome.REACHED, 10)
    second = await clocked.dialed()
    assert (await clocked.ledger.counts("c")).seconds == 130
    await clocked.ledger.attempts.finish(second.id, Result.HUMAN, Outcome.REACHED, 11)
    assert await clocked.claim() == Refusal(Blocked.CEILING)


async def test_a_campaign_stops_at_its_ceiling_of_money_for_a_day(clocked: Clocked) -> None:
    ceilings = Ceilings(call_cost=Decimal("0.10"), day_cost=Decimal("0.10"), midnight=5 * HOUR)
    await clocked.start("c", people(5), replace(LIMITS, ceilings=ceilings))
    claim = await clocked.dialed()
    assert await clocked.claim() == Refusal(Blocked.CEILING)
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 10, Decimal("0.000001"))
    tomorrow = NINE - 4 * HOUR + DAY
    assert await clocked.claim() == Refusal(Blocked.CEILING, tomorrow)
    await clocked.at(tomorrow)
    await clocked.claimed()


async def test_the_breaker_opens_when_too_much_fails_and_rests(clocked: Clocked) -> None:
    await clocked.start("c", people(9), replace(LIMITS, breaker=Breaker(sample=4, failed=0.5, rest=60)))
    waiting = await clocked.claimed()
    for result in (Result.FAILED, Result.BUSY, Result.NO_ANSWER, Result.CONGESTION):
        claim = await clocked.dialed()
        await clocked.ledger.attempts.finish(claim.id, result, Outcome.EXHAUSTED)
    opened = await clocked.now()
    assert await clocked.claim() == Refusal(Blocked.BREAKER, opened + 60)
    assert not await clocked.ledger.attempts.dialing(waiting)
    assert (await clocked.ledger.counts("c")).breaker == opened + 60
    await clocked.at(opened + 60)
    claim = await clocked.dialed()
    await clocked.ledger.attempts.finish(claim.id, Result.FAILED, Outcome.EXHAUSTED)
    await clocked.claimed()


async def test_the_breaker_opens_when_people_hang_up_at_once(clocked: Clocked) -> None:
    await clocked.start("c", people(9), replace(LIMITS, breaker=Breaker(sample=2, short=1.0, short_seconds=6)))
    for seconds in (6.0, 5.9, 2.0):
        await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.HUMAN, Outcome.REACHED, seconds)
    refusal = await clocked.claim()
    assert isinstance(refusal, Refusal)
    assert refusal.reason is Blocked.BREAKER


async def test_whoever_lets_a_campaign_run_again_closes_the_breaker(clocked: Clocked) -> None:
    await clocked.start("c", people(2), replace(LIMITS, breaker=Breaker(sample=1, failed=1.0)))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.FAILED, Outcome.EXHAUSTED)
    assert isinstance(await clocked.claim(), Refusal)
    await clocked.ledger.set_state("c", CampaignState.PAUSED)
    await clocked.ledger.set_state("c", CampaignState.RUNNING)
    await clocked.claimed()


async def test_contacts_are_read_in_pages_as_they_came(clocked: Clocked) -> None:
    await clocked.start("c", people(7))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.HUMAN, Outcome.REACHED)
    seen = []
    cursor: int | None = 0
    while cursor is not None:
        page = await clocked.ledger.contacts("c", cursor, size=3)
        seen += [standing.contact for standing in page.standings]
        cursor = page.cursor
    assert seen == people(7)
    done = await clocked.ledger.contacts("c", states={ContactState.DONE}, outcomes={Outcome.REACHED})
    assert [standing.contact.id for standing in done.standings] == ["p0"]


async def test_why_tells_everything_that_decides_about_a_contact(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await clocked.start("other", people(1))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE + HOUR)
    claim = await clocked.claimed("other")
    await clocked.ledger.suppress(clocked.ledger.number_key(person(0).number), "c", source="spoken")
    why = await clocked.ledger.why("c", "p0")
    assert why is not None
    assert why.standing.due == NINE + HOUR
    assert [past.result for past in why.standing.past] == [Result.BUSY]
    assert why.live is not None
    assert why.live.claim == claim
    assert (why.campaign, why.known.suppressed, why.known.suppressed_here) == (CampaignState.RUNNING, None, "spoken")
    assert why.known.calls == 2
    assert why.known.called == (NINE + 0.01, NINE + 0.02)
    assert await clocked.ledger.why("c", "nobody") is None


async def test_what_blocks_a_group_is_told_and_nobody_is_claimed_for_it(clocked: Clocked) -> None:
    ledger = clocked.ledger
    await clocked.start("c", people(1), replace(LIMITS, calls=1))
    assert await ledger.attempts.blocked("c", MADRID, OPEN) == Refusal(Blocked.NOBODY_DUE, NINE), (
        "who is due may be called"
    )
    assert (await ledger.counts("c")).calls == 0
    await clocked.later(-2 * HOUR)
    assert await ledger.attempts.blocked("c", MADRID, OPEN) == Refusal(Blocked.WINDOW, NINE)
    await clocked.later(2 * HOUR)
    await clocked.dialed()
    assert await ledger.attempts.blocked("c", MADRID, OPEN) == Refusal(Blocked.CONCURRENCY)
    await ledger.set_state("c", CampaignState.PAUSED)
    assert await ledger.attempts.blocked("c", MADRID, OPEN) == Refusal(Blocked.NOT_RUNNING)


async def test_groups_tell_who_waits_and_since_when(clocked: Clocked) -> None:
    lima = [replace(contact, group="America/Lima PE", id=f"l{contact.id}") for contact in people(2)]
    await clocked.start("c", [*people(3), *lima])
    groups = (await clocked.ledger.counts("c")).groups
    assert {group: waiting.contacts for group, waiting in groups.items()} == {MADRID: 3, "America/Lima PE": 2}
    assert groups[MADRID].first == NINE
    assert await clocked.ledger.end_waiting("c", "America/Lima PE", Outcome.EXPIRED) == 2
    assert (await clocked.ledger.counts("c")).groups["America/Lima PE"].first is None


async def test_no_key_tells_a_number(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await clocked.ledger.suppress(clocked.ledger.number_key(person(5).number))
    await clocked.dialed()
    names = set()
    async for key in clocked.redis.scan_iter(f"{clocked.keys('')}*"):
        names.add(key)
        if await clocked.redis.type(key) == b"hash":
            names |= set(await clocked.redis.hkeys(key))
    assert len(names) > 10
    assert not any(b"346000" in name for name in names)
