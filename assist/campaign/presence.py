"""Which number a call shows: one of the owner's that is near to whoever is called."""

from collections.abc import Iterator
from typing import Final

from assist.campaign.declaration import Campaign
from assist.campaign.model import Shown
from assist.campaign.numbers import read
from assist.campaign.policy import Policies
from assist.campaign.trunks import CallerId

SPANISH: Final = (
    ("944", "946"),
    ("951", "952"),
    ("954", "955"),
    ("960", "961", "962", "963"),
    ("965", "966"),
    ("984", "985"),
)
"""Area codes of one Spanish province, where it has several: the numbering plan of the CNMC. Each also begins with 8."""
SHORT: Final = ("91", "93")
"""Madrid's and Barcelona's."""


def shown(campaign: Campaign, policies: Policies) -> tuple[Shown, ...]:
    """Return the numbers that calls of *campaign* may show; none: whatever the trunk shows by itself."""
    return tuple(Shown(one.number, near(one.number), one.per_day) for one in pool(campaign, policies))


def pool(campaign: Campaign, policies: Policies) -> Iterator[CallerId]:
    """Yield those of the trunk's numbers that the campaign wants, of kinds that may be shown in all its countries."""
    wanted = campaign.trunk.caller_ids
    for one in campaign.gateway.caller_ids:
        kind = read(one.number, "ZZ").kind
        allowed = all(kind in policies.of(country).caller_ids for country in campaign.contacts.countries)
        if allowed and (not wanted or one.number in wanted):
            yield one


def near(number: str) -> tuple[str, ...]:
    """Return how numbers begin to which *number* is near, the farthest first: the longer of them, the nearer.

    In Spain to those of its province; where the area has three digits behind a 1, to those of that; else to those that
    begin alike.
    """
    if number.startswith("+34"):
        return ("+34", *(f"+34{code}" for code in _spanish(number[3:])))
    if number.startswith("+1"):
        return ("+1", number[:5])
    return tuple(number[:length] for length in range(2, len(number) + 1))


def _spanish(national: str) -> tuple[str, ...]:
    """Return the area codes of the province of a Spanish number; none, if it is of no province."""
    if national[0] not in "89" or national[1] == "0":
        return ()
    nine = f"9{national[1:]}"
    code = nine[:2] if nine.startswith(SHORT) else nine[:3]
    codes = next((same for same in SPANISH if code in same), (code,))
    return tuple(sorted([*codes, *(f"8{code[1:]}" for code in codes)]))
