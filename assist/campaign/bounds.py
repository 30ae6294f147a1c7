"""How much a campaign may do, as the ledger keeps it: what its file says, within what the policies allow."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from assist.campaign.declaration import Campaign
from assist.campaign.model import Breaker, Caps, Ceilings, Elsewhere, Limits, Trunk
from assist.campaign.policy import Policies
from assist.campaign.presence import shown

MINUTE = 60.0
DAY = timedelta(days=1)


def limits(campaign: Campaign, policies: Policies, capacity: int, now: float) -> Limits:
    """Return the limits of *campaign* as of the day of *now*, where the machines hold *capacity* calls."""
    gateway, pace = campaign.gateway, campaign.pace
    breaker = pace.breaker
    return Limits(
        trunk=Trunk(campaign.trunk.gateway, gateway.cps, gateway.room),
        calls=pace.calls,
        everybody=max(capacity - pace.kept, 0),
        caps=caps(campaign, policies),
        ceilings=_ceilings(campaign, now),
        breaker=Breaker(breaker.sample, breaker.failed, breaker.short, breaker.short_s, breaker.rest_s),
        cps=campaign.trunk.cps,
        shown=shown(campaign, policies),
        elsewhere=elsewhere(campaign),
    )


def caps(campaign: Campaign, policies: Policies) -> Caps:
    """Return how often one number may be called: the least of what the campaign and its countries allow."""
    terms = [policies.of(country).purposes[campaign.purpose] for country in campaign.contacts.countries]
    every = [campaign.pace.caps, *(one.caps for one in terms)]
    return Caps(
        rolling=_least(one.rolling for one in every),
        day=_least(one.day for one in every),
        week=_least(one.week for one in every),
        life=_least(one.life for one in every),
    )


def elsewhere(campaign: Campaign) -> Elsewhere | None:
    """Return whom the campaign does not call because others reached him."""
    reached = campaign.contacts.not_if_reached
    return Elsewhere(reached.days * DAY.total_seconds(), reached.by) if reached else None


def _least(numbers: Iterable[int | None]) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def _ceilings(campaign: Campaign, now: float) -> Ceilings:
    own = campaign.ceilings
    return Ceilings(
        call_seconds=own.call_minutes * MINUTE,
        call_cost=own.call_usd,
        seconds=_seconds(own.minutes),
        cost=own.usd,
        day_seconds=_seconds(own.day_minutes),
        day_cost=own.day_usd,
        midnight=_midnight(campaign, now),
    )


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else minutes * MINUTE


def _midnight(campaign: Campaign, now: float) -> float:
    """Return when days begin in the campaign's time zone, in seconds after midnight UTC."""
    today = datetime.combine(datetime.fromtimestamp(now, campaign.timezone), time(), campaign.timezone)
    return today.timestamp() % DAY.total_seconds()
