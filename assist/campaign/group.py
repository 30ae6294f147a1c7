"""Whose clock and holidays count: a group is every contact of the same time zones and region."""

import zoneinfo
from dataclasses import dataclass
from functools import cache, lru_cache

import holidays
from phonenumbers import PhoneNumber, timezone

from assist.campaign.numbers import Number

UNKNOWN = "Etc/Unknown"


@dataclass(frozen=True, slots=True)
class Group:
    """As a contact holds it, it is written ``Europe/Madrid ES-MD`` or ``Atlantic/Canary,Europe/Madrid ES``."""

    zones: tuple[str, ...]
    """Of a number that may be in several: it is called when all of them allow it."""
    country: str
    """ISO 3166."""
    region: str = ""
    """ISO 3166-2 without the country; empty: not known."""

    def __str__(self) -> str:
        return f"{','.join(self.zones)} {self.country}{'-' if self.region else ''}{self.region}"


@lru_cache(maxsize=1024)
def parse_group(text: str) -> Group:
    """Return the group written so. Raises `ValueError`, with the mend."""
    zones, _, place = text.partition(" ")
    country, _, region = place.partition("-")
    return Group(tuple(known_zone(zone) for zone in zones.split(",")), *known_place(country, region))


def known_zone(name: str) -> str:
    """Return *name*. Raises `ValueError` if it is no time zone."""
    try:
        return zoneinfo.ZoneInfo(name).key
    except (OSError, ValueError, LookupError) as error:
        raise ValueError("there is no such time zone; write one as Europe/Madrid or America/Bogota") from error


@cache
def known_place(country: str, region: str = "") -> tuple[str, str]:
    """Return *country* and *region*. Raises `ValueError` if their holidays are not known."""
    regions = holidays.list_supported_countries(include_aliases=False).get(country)
    if regions is None:
        raise ValueError(f"the holidays of {country or 'no country'} are not known; write a country as ES or MX")
    if region and region not in regions:
        raise ValueError(
            f"the holidays of {country}-{region} are not known; write one of {', '.join(regions) or 'none'}"
        )
    return country, region


def group_of(number: Number, zone: str = "", region: str = "", home: Group | None = None) -> str:
    """Return the group of *number*, whose time zone and region (as ``ES-MD``) the list may have told.

    What it did not tell the number does; and where that leaves several time zones, or no region, *home* decides, if
    the number may be there. Raises `ValueError`, with the mend, if nobody knows whose clock counts: such a person is
    not called.
    """
    country = number.country
    told_country, _, told_region = region.partition("-")
    if told_country not in ("", country):
        raise ValueError(f"the number is not of {told_country}; leave the region out, or write one as {country}-…")
    zones = (known_zone(zone),) if zone else _zones(number.parsed)
    may_be_home = home and country == home.country and set(home.zones) <= set(zones)
    if home and may_be_home and told_region in ("", home.region):
        zones, told_region = home.zones, home.region
    return str(Group(zones, *known_place(country, told_region)))


def _zones(number: PhoneNumber) -> tuple[str, ...]:
    zones = tuple(sorted(timezone.time_zones_for_number(number)))
    if not zones or UNKNOWN in zones:
        raise ValueError("the number does not tell its time zone; write the zone in the list, as Europe/Madrid")
    return zones
