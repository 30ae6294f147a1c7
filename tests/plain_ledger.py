"""The ledger as one would write it without crashes, other machines or a million contacts: lists and loops.

Times are whole milliseconds, but for the clock, which has microseconds.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from assist.campaign.model import CampaignState, Contact, Limits, Outcome, Result, Window, attempt_id

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
LOOKED_AT: Final = 32


@dataclass(slots=True)
class PlainContact:
    contact: Contact
    due: int
    state: str = "waiting"
    attempts: int = 0
    outcome: str | None = None
    results: list[str] = field(default_factory=list)


@dataclass(slots=True)
class PlainCampaign:
    limits: Limits
    contacts: dict[str, PlainContact]
    state: str = "draft"
    seconds: int = 0
    """Used and set aside, of the campaign and of its days."""
    by_day: Counter[int] = field(default_factory=Counter)
    recent: str = ""
    breaker: int = 0


@dataclass(slots=True)
class PlainAttempt:
    campaign: str
    contact: PlainContact
    number: int
    fence: int
    lease: int
    at: int
    window: Window
    day: int
    state: str = "claimed"


@dataclass(slots=True)
class PlainLedger:
    clock: int
    """Microseconds."""
    campaigns: dict[str, PlainCampaign] = field(default_factory=dict)
    live: dict[str, PlainAttempt] = field(default_factory=dict)
    calls: dict[str, list[int]] = field(default_factory=dict)
    """When each number was called."""
    reached: dict[str, dict[str, int]] = field(default_factory=dict)
    """When each number was reached last, by campaign."""
    suppressed: set[tuple[str, str | None]] = field(default_factory=set)
    claims_from: int = 0
    sends_from: int = 0
    fence: int = 0

    @property
    def now(self) -> int:
        return self.clock // 1000

    def set_state(self, name: str, state: CampaignState) -> bool:
        campaign = self.campaigns[name]
        if campaign.state == state:
            return True
        over = campaign.state == "cancelled" or state == "draft" or (campaign.state, state) == ("draft", "paused")
        early = state == "finished" and (
            campaign.state == "draft" or any(c.state != "done" for c in campaign.contacts.values())
        )
        if over or early or (campaign.state, state) == ("finished", "paused"):
            return False
        campaign.state, campaign.breaker, campaign.recent = state, 0, ""
        return True

    def claim(self, name: str, window: Window, lease: int) -> tuple[str, int] | tuple[str, int | None]:
        """Return contact and attempt, or why not and until when."""
        campaign = self.campaigns[name]
        if refusal := self._stopped(campaign, window) or self._full(name, campaign) or self._spent(name, campaign):
            return refusal
        if self.clock < self.claims_from:
            return "cps", ceil(self.claims_from / 1000)
        blocked = "nobody_due"
        for contact in list(self._due(campaign))[:LOOKED_AT]:
            number = contact.contact.number
            if self._is_suppressed(number, name):
                self._conclude(campaign, contact, "suppressed")
            elif any(attempt.contact.contact.number == number for attempt in self.live.values()):
                contact.due = self.now + 60_000
            elif (after := self._capped(name, number, window)) is not None:
                self._conclude(campaign, contact, after)
                blocked = blocked if isinstance(after, str) else "cap"
            else:
                return self._claim(name, campaign, contact, window, lease)
        waiting = [contact.due for contact in campaign.contacts.values() if contact.state == "waiting"]
        return blocked, min(waiting, default=None)

    def dial(self, identity: str, fence: int) -> bool:
        attempt = self.live.get(identity)
        if attempt is None or (attempt.fence, attempt.state) != (fence, "claimed") or self.now >= attempt.lease:
            return False
        if not self._still_allowed(identity, attempt):
            return False
        number = attempt.contact.contact.number
        self.calls[number].remove(attempt.at)
        self.calls[number].append(self.now)
        attempt.at, attempt.state = self.now, "dialing"
        attempt.contact.state, attempt.contact.attempts = "dialing", attempt.number
        return True

    def send(self, identity: str) -> bool:
        """The clock is where the trunk's token is."""
        attempt = self.live[identity]
        if self.now >= attempt.lease:
            self._withdraw(identity, self.now)
            return False
        if not self._still_allowed(identity, attempt):
            return False
        assert self.clock >= self.sends_from
        self.sends_from = self.clock + self._period(attempt.campaign)
        return True

    def release(self, identity: str, fence: int, after: int | str | None) -> bool:
        attempt = self.live.get(identity)
        if attempt is None or (attempt.fence, attempt.state) != (fence, "claimed"):
            return False
        self._withdraw(identity, self.now if after is None else after)
        return True

    def answered(self, identity: str) -> bool:
        attempt = self.live.get(identity)
        if attempt is None or attempt.state != "dialing":
            return False
        attempt.state = attempt.contact.state = "answered"
        return True

    def renew(self, identity: str, lease: int) -> bool:
        attempt = self.live.get(identity)
        if attempt is None or (attempt.state == "claimed" and self.now >= attempt.lease):
            return False
        attempt.lease = self.now + lease
        return True

    def finish(self, identity: str, result: Result, after: int | Outcome, seconds: int) -> bool:
        attempt = self.live.get(identity)
        if attempt is None or attempt.state == "claimed":
            return False
        del self.live[identity]
        campaign = self.campaigns[attempt.campaign]
        self._set_aside(campaign, attempt, seconds)
        attempt.contact.results.append(result)
        self._conclude(campaign, attempt.contact, after)
        if after is Outcome.REACHED:
            self.reached.setdefault(attempt.contact.contact.number, {})[attempt.campaign] = self.now
        self._judge(campaign, result, seconds)
        return True

    def again(self, name: str, identity: str, due: int) -> int:
        contact = self.campaigns[name].contacts[identity]
        if contact.state != "done":
            return 0
        self._conclude(self.campaigns[name], contact, due)
        return 1

    def end_waiting(self, name: str, outcome: Outcome) -> int:
        waiting = [contact for contact in self.campaigns[name].contacts.values() if contact.state == "waiting"]
        for contact in waiting:
            self._conclude(self.campaigns[name], contact, outcome)
        return len(waiting)

    def expired(self) -> set[str]:
        return {identity for identity, attempt in self.live.items() if attempt.lease <= self.now}

    def _due(self, campaign: PlainCampaign) -> Iterator[PlainContact]:
        for contact in sorted(campaign.contacts.values(), key=lambda contact: (contact.due, contact.contact.id)):
            if contact.state == "waiting" and contact.due <= self.now:
                yield contact

    def _is_suppressed(self, number: str, campaign: str) -> bool:
        return (number, None) in self.suppressed or (number, campaign) in self.suppressed

    def _still_allowed(self, identity: str, attempt: PlainAttempt) -> bool:
        if self._is_suppressed(attempt.contact.contact.number, attempt.campaign):
            self._withdraw(identity, "suppressed")
            return False
        if self._stopped(self.campaigns[attempt.campaign], attempt.window):
            self._withdraw(identity, self.now)
            return False
        return True

    def _period(self, campaign: str) -> int:
        return ceil(1_000_000 / self.campaigns[campaign].limits.trunk.cps)

    def _stopped(self, campaign: PlainCampaign, window: Window) -> tuple[str, int | None] | None:
        if campaign.state != "running":
            return "not_running", None
        if self.now < window.opens * 1000:
            return "window", int(window.opens * 1000)
        if self.now >= window.closes * 1000:
            return "window", None
        return ("breaker", campaign.breaker) if self.now < campaign.breaker else None

    def _full(self, name: str, campaign: PlainCampaign) -> tuple[str, None] | None:
        own = sum(attempt.campaign == name for attempt in self.live.values())
        limits = campaign.limits
        full = own >= limits.calls or len(self.live) >= min(limits.everybody, limits.trunk.calls)
        return ("concurrency", None) if full else None

    def _spent(self, name: str, campaign: PlainCampaign) -> tuple[str, int | None] | None:
        ceilings = campaign.limits.ceilings
        more = int(ceilings.call_seconds * 1000)
        if ceilings.seconds is not None and campaign.seconds + more > ceilings.seconds * 1000:
            return "ceiling", None
        today = self.now // DAY * DAY
        if ceilings.day_seconds is not None and campaign.by_day[today] + more > ceilings.day_seconds * 1000:
            calls = any(attempt.campaign == name for attempt in self.live.values())
            return "ceiling", None if calls else today + DAY
        return None

    def _capped(self, name: str, number: str, window: Window) -> int | str | None:
        caps, calls = self.campaigns[name].limits.caps, self.calls.get(number, [])
        if caps.life is not None and len(calls) >= caps.life:
            return "exhausted"
        dues = []

        def rolling(cap: int | None, length: int) -> None:
            inside = [call for call in calls if call > self.now - length]
            if cap is not None and len(inside) >= cap:
                dues.append(inside[-cap] + length)

        def calendar(cap: int | None, began: float, length: int) -> None:
            if cap is not None and sum(call >= began * 1000 for call in calls) >= cap:
                dues.append(max(int(began * 1000) + length, self.now + HOUR))

        rolling(caps.rolling, DAY)
        if window.day is None:
            rolling(caps.day, DAY + HOUR)
        else:
            calendar(caps.day, window.day, DAY)
        if window.week is None:
            rolling(caps.week, 7 * DAY + HOUR)
        else:
            calendar(caps.week, window.week, 7 * DAY)
        dues += self._spared(name, number)
        return max(dues, default=None)

    def _spared(self, name: str, number: str) -> Iterator[int]:
        if elsewhere := self.campaigns[name].limits.elsewhere:
            for other, at in self.reached.get(number, {}).items():
                ends = at + int(elsewhere.seconds * 1000)
                if other != name and other in (elsewhere.campaigns or [other]) and ends > self.now:
                    yield ends

    def _claim(
        self, name: str, campaign: PlainCampaign, contact: PlainContact, window: Window, lease: int
    ) -> tuple[str, int]:
        self.fence += 1
        self.claims_from = self.clock + self._period(name)
        number = contact.attempts + 1
        today = self.now // DAY * DAY
        attempt = PlainAttempt(name, contact, number, self.fence, self.now + lease, self.now, window, today)
        self.live[attempt_id(name, contact.contact.id, number)] = attempt
        contact.state = "claimed"
        self.calls.setdefault(contact.contact.number, []).append(self.now)
        aside = int(campaign.limits.ceilings.call_seconds * 1000)
        campaign.seconds += aside
        campaign.by_day[today] += aside
        return contact.contact.id, number

    def _withdraw(self, identity: str, after: int | str) -> None:
        attempt = self.live.pop(identity)
        campaign = self.campaigns[attempt.campaign]
        self.calls[attempt.contact.contact.number].remove(attempt.at)
        self._set_aside(campaign, attempt, 0)
        self._conclude(campaign, attempt.contact, after)

    def _set_aside(self, campaign: PlainCampaign, attempt: PlainAttempt, used: int) -> None:
        change = used - int(campaign.limits.ceilings.call_seconds * 1000)
        campaign.seconds += change
        campaign.by_day[attempt.day] += change

    def _conclude(self, campaign: PlainCampaign, contact: PlainContact, after: int | str) -> None:
        if isinstance(after, int) and campaign.state == "cancelled":
            after = "cancelled"
        if isinstance(after, int):
            contact.state, contact.due, contact.outcome = "waiting", after, None
        else:
            contact.state, contact.outcome = "done", str(after)

    def _judge(self, campaign: PlainCampaign, result: Result, seconds: int) -> None:
        breaker = campaign.limits.breaker
        failed = result in {Result.FAILED, Result.CONGESTION}
        short = result is Result.HUMAN and seconds < breaker.short_seconds * 1000
        recent = (campaign.recent + ("f" if failed else "s" if short else "."))[-breaker.sample :]
        much = (
            recent.count("f") >= breaker.failed * breaker.sample or recent.count("s") >= breaker.short * breaker.sample
        )
        campaign.recent = recent
        if len(recent) == breaker.sample and much:
            campaign.breaker, campaign.recent = self.now + int(breaker.rest * 1000), ""
