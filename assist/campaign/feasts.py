"""Public holidays of a country and its regions."""

from datetime import date
from functools import lru_cache

import holidays

from assist.campaign.group import Group
from assist.campaign.policy import Holidays


def is_feast(group: Group, day: date, rule: Holidays) -> bool:
    """Return whether *day* is a public holiday where *group* lives, by *rule*."""
    if rule is Holidays.NONE:
        return False
    if rule is Holidays.COUNTRY:
        return day in _feasts(group.country, None, day.year)
    return any(day in _feasts(group.country, region, day.year) for region in _regions(group))


@lru_cache
def _regions(group: Group) -> tuple[str | None, ...]:
    if group.region:
        return (group.region,)
    return (None, *holidays.list_supported_countries(include_aliases=False)[group.country])


@lru_cache(maxsize=1024)
def _feasts(country: str, region: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=region, years=year))
