"""Whatever is done in whatever order, by workers that lose their claims and their minds: against a plain ledger.

What must never happen is also read from a diary of what was sent, which knows neither ledger.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assist.campaign.ledger.records import ms
from assist.campaign.model import (
    Breaker,
    CampaignState,
    Caps,
    Ceilings,
    Claim,
    ContactState,
    Elsewhere,
    Limits,
    Outcome,
    Refusal,
    Result,
    Trunk,
    Window,
)
from tests.ledgers import ALWAYS, DAY, HOUR, MADRID, NINE, Clocked, clocked_ledger, person
from tests.plain_ledger import PlainCampaign, PlainContact, PlainLedger

pytestmark = pytest.mark.slow

CPS: Final = 100.0
CAMPAIGNS: Final = {
    "a": [person(0), person(1), person(2), replace(person(0), id="twin")],
    "b": [person(0), person(2), person(3)],
}
NUMBERS: Final = sorted({contact.number for contacts in CAMPAIGNS.values() for contact in contacts})
IDS: Final = [(name, contact.id) for name, contacts in CAMPAIGNS.items() for contact in contacts]
WINDOWS: Final = [
    ALWAYS,
    Window(NINE, NINE + HOUR),
    Window(NINE, NINE + 30 * DAY, day=NINE - 9 * HOUR, week=NINE - 9 * HOUR),
    Window(NINE + 2 * HOUR, NINE + 30 * DAY, day=NINE + 15 * HOUR),
]
ANY: Final = st.sampled_from([None, None, 1, 2, 3])
LIMITS: Final = st.builds(
    Limits,
    trunk=st.builds(Trunk, name=st.just("trunk"), cps=st.just(CPS), calls=st.integers(2, 4)),
    calls=st.integers(1, 4),
    everybody=st.integers(2, 4),
    caps=st.builds(Caps, rolling=ANY, day=ANY, week=ANY, life=st.sampled_from([None, None, 1, 2, 3])),
    ceilings=st.builds(
        Ceilings,
        call_seconds=st.just(60.0),
        seconds=st.sampled_from([None, None, 150.0, 600.0]),
        day_seconds=st.sampled_from([None, None, 70.0, 180.0]),
    ),
    breaker=st.builds(Breaker, sample=st.integers(1, 4), rest=st.just(300.0)),
    elsewhere=st.sampled_from([None, Elsewhere(HOUR), Elsewhere(DAY, ("a",)), Elsewhere(DAY, ("b", "other"))]),
)
AFTER: Final = st.sampled_from([0, 60, 3600, Outcome.REACHED])
"""An outcome, or in how many seconds."""
RESULTS: Final = st.sampled_from([*Result, *[Result.FAILED] * 6])
SECONDS: Final = st.sampled_from([0, 5, 59, 200])
TROUBLES: Final = ["suppressed", "paused", "ended", "closed", "lapsed", "renewed"]
CRASHES: Final = ["", "", "", "dialing", "sent"]


@dataclass(frozen=True, slots=True)
class Invite:
    """What went to the carrier, and what was so at that time."""

    attempt: str
    number: str
    at: float
    caps: Caps
    window: Window
    wanted: bool
    """The campaign ran, and the number was on no list."""


class Workers(RuleBasedStateMachine):
    claims: Bundle[Claim] = Bundle("claims")

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clocked: Clocked = self.runner.run(self.stack.enter_async_context(clocked_ledger(self.url)))
        self.ledger = self.clocked.ledger
        self.plain = PlainLedger(int(NINE * 1_000_000))
        self.invites: list[Invite] = []
        self.windows: dict[int, Window] = {}
        """Of claims, by their fences."""

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    @initialize(a=LIMITS, b=LIMITS)
    def begin(self, a: Limits, b: Limits) -> None:
        for name, limits in (("a", a), ("b", b)):
            self.runner.run(self.clocked.start(name, CAMPAIGNS[name], limits))
            contacts = {contact.id: PlainContact(contact, int(NINE * 1000)) for contact in CAMPAIGNS[name]}
            self.plain.campaigns[name] = PlainCampaign(limits, contacts, "running")

    @rule(seconds=st.sampled_from([0.001, 0.009, 0.5, 10.0, 31.0, 61.0, HOUR, 5 * HOUR, DAY - 0.001, DAY, 3 * DAY]))
    def time_passes(self, seconds: float) -> None:
        self._to(self.plain.clock + round(seconds * 1_000_000))

    @rule(target=claims, name=st.sampled_from("ab"), window=st.sampled_from(WINDOWS), lease=st.sampled_from([1, 30]))
    def claim(self, name: str, window: Window, lease: int) -> MultipleResults[Claim] | Claim:
        return self._claim(name, window, lease)

    @rule(target=claims, name=st.sampled_from("ab"))
    def claim_in_time(self, name: str) -> MultipleResults[Claim] | Claim:
        self._to(self.plain.clock + 10_000)
        return self._claim(name, ALWAYS, 30)

    @rule(target=claims, name=st.sampled_from("ab"), result=RESULTS, after=AFTER, crash=st.sampled_from(CRASHES))
    def call(self, name: str, result: Result, after: int | Outcome, crash: str) -> MultipleResults[Claim] | Claim:
        """As a good worker does it, up to where it dies, once somebody has cleaned up."""
        self._clean_up(name)
        claim = self._claim(name, ALWAYS, 30)
        if isinstance(claim, Claim):
            self.dial(claim, crash == "dialing")
            if not crash:
                self.finish(claim, result, after, 20)
        return claim

    @rule(target=claims, name=st.sampled_from("ab"), what=st.sampled_from(TROUBLES))
    def too_late(self, name: str, what: str) -> MultipleResults[Claim] | Claim:
        """Between the claim and the call something happens."""
        self._clean_up(name)
        now = self.plain.now / 1000
        claim = self._claim(name, Window(now, now + 20), 30)
        if isinstance(claim, Claim):
            if what == "suppressed":
                self.suppress(claim.contact.number, name)
            elif what == "paused":
                self.set_state(name, "paused")
            elif what == "ended":
                self.finish(claim, Result.FAILED, Outcome.EXHAUSTED, 0)
            else:
                self._to(self.plain.clock + (20_000_000 if what == "closed" else 30_000_000))
                if what == "renewed":
                    self.renew(claim, 60)
            self.dial(claim, False)
        return claim

    @rule(claim=claims, crashes=st.booleans())
    def dial(self, claim: Claim, crashes: bool) -> None:
        """By whoever once had the claim."""
        dialing = self.plain.dial(claim.id, claim.fence)
        dialed = self.runner.run(self._dialing(claim, waits=dialing and self.plain.clock < self.plain.sends_from))
        assert dialed == (dialing and self.plain.send(claim.id))
        if dialed and not crashes:
            self._send(claim)

    @rule(target=claims, name=st.sampled_from("ab"), slow_first=st.booleans())
    def overtake(self, name: str, slow_first: bool) -> MultipleResults[Claim] | Claim:
        """A worker stalls until another has what it had; then both go on."""
        self._to(self.plain.clock + 10_000)
        slow = self._claim(name, ALWAYS, 30)
        self._to(self.plain.clock + 30_000_000)
        self.reap()
        quick = self._claim(name, ALWAYS, 30)
        both = [claim for claim in (slow, quick) if isinstance(claim, Claim)]
        for claim in both if slow_first else reversed(both):
            self.dial(claim, False)
        return multiple(*both)

    @rule(target=claims, name=st.sampled_from("ab"))
    def reach(self, name: str) -> MultipleResults[Claim] | Claim:
        """Somebody is reached who may wait in the other campaign, too."""
        self._clean_up(name)
        claim = self._claim(name, ALWAYS, 30)
        if isinstance(claim, Claim):
            self.dial(claim, False)
            self.finish(claim, Result.HUMAN, Outcome.REACHED, 60)
        other = "b" if name == "a" else "a"
        self._clean_up(other)
        return self._claim(other, ALWAYS, 30)

    @rule(target=claims)
    def burst(self) -> MultipleResults[Claim] | Claim:
        """Claims become ready in one moment."""
        self._clean_up("a")
        self._clean_up("b")
        ready = []
        for name in "abab":
            self._to(self.plain.clock + 10_000)
            ready.append(self._claim(name, ALWAYS, 30))
        both = [claim for claim in ready if isinstance(claim, Claim)]
        for claim in both:
            self.dial(claim, False)
        return multiple(*both)

    @rule(claim=claims, after=st.none() | AFTER)
    def release(self, claim: Claim, after: int | Outcome | None) -> None:
        then = self._then(after) if after is not None else None
        released = self.runner.run(self.ledger.attempts.release(claim, then))
        assert released == self.plain.release(claim.id, claim.fence, self._in_ms(then))

    @rule(claim=claims)
    def answered(self, claim: Claim) -> None:
        assert self.runner.run(self.ledger.attempts.answered(claim.id)) == self.plain.answered(claim.id)

    @rule(claim=claims, lease=st.sampled_from([1, 60]))
    def renew(self, claim: Claim, lease: int) -> None:
        assert self.runner.run(self.ledger.attempts.renew(claim.id, lease)) == self.plain.renew(claim.id, lease * 1000)

    @rule(claim=claims, result=RESULTS, after=AFTER, seconds=SECONDS)
    def finish(self, claim: Claim, result: Result, after: int | Outcome, seconds: int) -> None:
        then = self._then(after)
        finished = self.runner.run(self.ledger.attempts.finish(claim.id, result, then, seconds))
        plain = self._in_ms(then)
        assert plain is not None
        assert finished == self.plain.finish(claim.id, result, plain, seconds * 1000)

    @rule(target=claims)
    def reap(self) -> MultipleResults[Claim] | Claim:
        """Claims go back; of what was being dialed nobody knows any more."""
        expired = self.runner.run(self.ledger.attempts.expired())
        assert {live.claim.id for live in expired} == self.plain.expired()
        for live in expired:
            if live.state is ContactState.CLAIMED:
                assert self.runner.run(self.ledger.attempts.release(live.claim))
                assert self.plain.release(live.claim.id, live.claim.fence, None)
            else:
                assert self.runner.run(self.ledger.attempts.finish(live.claim.id, Result.UNKNOWN, Outcome.UNKNOWN))
                assert self.plain.finish(live.claim.id, Result.UNKNOWN, Outcome.UNKNOWN, 0)
        return multiple(*(live.claim for live in expired))

    @precondition(lambda self: len(self.invites) > 2)
    @rule(number=st.sampled_from(NUMBERS), name=st.sampled_from([None, "a", "b"]))
    def suppress(self, number: str, name: str | None) -> None:
        new = self.runner.run(self.ledger.suppress(self.ledger.number_key(number), name))
        assert new == ((number, name) not in self.plain.suppressed)
        self.plain.suppressed.add((number, name))

    @rule(number=st.sampled_from(NUMBERS), name=st.sampled_from([None, "a", "b"]))
    def unsuppress(self, number: str, name: str | None) -> None:
        removed = self.runner.run(self.ledger.unsuppress(self.ledger.number_key(number), name))
        assert removed == ((number, name) in self.plain.suppressed)
        self.plain.suppressed.discard((number, name))

    @rule(name=st.sampled_from("ab"), state=st.sampled_from(["running", "running", "running", "paused", "finished"]))
    def set_state(self, name: str, state: str) -> None:
        wanted = CampaignState(state)
        assert self.runner.run(self.ledger.set_state(name, wanted)) == self.plain.set_state(name, wanted)

    @precondition(lambda self: len(self.invites) > 3)
    @rule(name=st.sampled_from("ab"))
    def cancel(self, name: str) -> None:
        assert self.runner.run(self.ledger.set_state(name, CampaignState.CANCELLED))
        assert self.plain.set_state(name, CampaignState.CANCELLED)

    @rule(who=st.sampled_from(IDS))
    def again(self, who: tuple[str, str]) -> None:
        name, identity = who
        if self.plain.campaigns[name].state != "cancelled":
            count = self.runner.run(self.ledger.again(name, [identity], self.plain.now / 1000))
            assert count == self.plain.again(name, identity, self.plain.now)

    @precondition(lambda self: len(self.invites) > 4)
    @rule(name=st.sampled_from("ab"))
    def end_waiting(self, name: str) -> None:
        count = self.runner.run(self.ledger.end_waiting(name, MADRID, Outcome.EXPIRED))
        assert count == self.plain.end_waiting(name, Outcome.EXPIRED)

    @rule(name=st.sampled_from("ab"))
    def import_once_more(self, name: str) -> None:
        if self.plain.campaigns[name].state != "cancelled":
            assert self.runner.run(self.ledger.add(name, CAMPAIGNS[name], 0.0)) == 0

    @invariant()
    def both_ledgers_say_the_same(self) -> None:
        for name, plain in self.plain.campaigns.items():
            standings = self.runner.run(self.ledger.contacts(name)).standings
            for standing in standings:
                contact = plain.contacts[standing.contact.id]
                assert (standing.state, standing.attempts, standing.outcome) == (
                    contact.state,
                    contact.attempts,
                    contact.outcome,
                )
                assert (standing.due is not None) == (contact.state == "waiting"), "everybody is due, called or done"
                assert standing.due is None or round(standing.due * 1000) == contact.due
                assert [past.result for past in standing.past] == contact.results[-20:]
            counts = self.runner.run(self.ledger.counts(name))
            assert counts.states == Counter(standing.state for standing in standings)
            assert counts.outcomes == Counter(standing.outcome for standing in standings if standing.outcome)
            assert counts.calls == sum(attempt.campaign == name for attempt in self.plain.live.values())
            assert round(counts.seconds * 1000) == plain.seconds

    @invariant()
    def nobody_is_called_twice_at_once(self) -> None:
        live = self.runner.run(self.ledger.attempts.live())
        assert {one.claim.id for one in live} == set(self.plain.live)
        for what in ([one.claim.contact.number for one in live], [one.claim.fence for one in live]):
            assert len(set(what)) == len(what)
        for name, plain in self.plain.campaigns.items():
            assert sum(one.claim.campaign == name for one in live) <= plain.limits.calls
        if self.plain.campaigns:
            assert len(live) <= max(plain.limits.everybody for plain in self.plain.campaigns.values())
            assert len(live) <= max(plain.limits.trunk.calls for plain in self.plain.campaigns.values())

    @invariant()
    def what_was_sent_was_allowed(self) -> None:
        assert all(invite.wanted for invite in self.invites)
        assert all(invite.window.opens <= invite.at < invite.window.closes for invite in self.invites)
        assert max(Counter(invite.attempt for invite in self.invites).values(), default=1) == 1
        assert all(later.at - sooner.at > 1 / CPS - 1e-5 for sooner, later in pairwise(self.invites))
        for invite in self.invites:
            calls = [one.at for one in self.invites if one.number == invite.number and one.at <= invite.at]
            since = {
                "rolling": invite.at - DAY,
                "day": invite.at - 25 * HOUR if invite.window.day is None else invite.window.day,
                "week": invite.at - 7 * DAY - HOUR if invite.window.week is None else invite.window.week,
                "life": 0.0,
            }
            for cap, began in since.items():
                most = getattr(invite.caps, cap)
                # The ledger's times are whole milliseconds.
                assert most is None or sum(call > began + 0.001 for call in calls) <= most, cap

    def _claim(self, name: str, window: Window, lease: int) -> MultipleResults[Claim] | Claim:
        claim = self.runner.run(self.ledger.attempts.claim(name, MADRID, window, "node", lease))
        what, more = self.plain.claim(name, window, lease * 1000)
        if isinstance(claim, Refusal):
            assert (claim.reason, None if claim.until is None else round(claim.until * 1000)) == (what, more)
            return multiple()
        assert (claim.contact.id, claim.attempt, claim.fence) == (what, more, self.plain.fence)
        self.windows[claim.fence] = window
        return claim

    def _clean_up(self, name: str) -> None:
        self._to(self.plain.clock + 60_000_000)
        self.reap()
        self.set_state(name, "running")

    async def _dialing(self, claim: Claim, *, waits: bool) -> bool:
        """Dial; meanwhile as much time passes as the trunk demands."""
        dialing = asyncio.create_task(self.ledger.attempts.dialing(claim))
        if waits:
            async with asyncio.timeout(10):
                while (live := await self.ledger.attempts.get(claim.id)) and live.state is ContactState.CLAIMED:
                    pass
            for _ in range(3):
                await self.ledger.attempts.get(claim.id)
                assert not dialing.done(), "the trunk has no token yet"
            self.plain.clock = self.plain.sends_from
            await self.clocked.at(self.plain.clock / 1_000_000)
        return await dialing

    def _send(self, claim: Claim) -> None:
        campaign = self.plain.campaigns[claim.campaign]
        number = claim.contact.number
        listed = {(number, None), (number, claim.campaign)} & self.plain.suppressed
        self.invites.append(
            Invite(
                attempt=claim.id,
                number=number,
                at=self.plain.clock / 1_000_000,
                caps=campaign.limits.caps,
                window=self.windows[claim.fence],
                wanted=not listed and campaign.state == "running",
            )
        )

    def _to(self, clock: int) -> None:
        self.plain.clock = clock
        self.runner.run(self.clocked.at(clock / 1_000_000))

    def _then(self, after: int | Outcome) -> float | Outcome:
        return after if isinstance(after, Outcome) else self.plain.now / 1000 + after

    def _in_ms(self, then: float | Outcome | None) -> int | Outcome | None:
        return ms(then) if isinstance(then, float) else then


def test_whatever_happens_the_ledger_keeps_its_promises(redis_url: str) -> None:
    class Here(Workers):
        url = redis_url

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
