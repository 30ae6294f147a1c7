"""Whom the installation lets others call."""

from dataclasses import dataclass

from assist.campaign.flaw import Unfit
from assist.campaign.numbers import Destinations, Kind, Number, read
from assist.errors import AssistError, ConfigurationError
from assist.settings import Calls


class NotAllowed(AssistError):
    """The destination is none that may be called. Never names it."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be called, from the settings."""

    country: str
    destinations: Destinations

    def read(self, text: str) -> Number:
        """Return the number that *text* is. Raises `Unfit` if it is none, `NotAllowed` if it may not be called."""
        number = read(text, self.country)
        try:
            self.destinations.check(number)
        except Unfit as unfit:
            # The campaign's mend is not ours.
            mend = "ASSIST_CALLS_COUNTRIES, ASSIST_CALLS_PREFIXES and ASSIST_CALLS_KINDS say what is"
            raise NotAllowed(f"a {number.kind} number of {number.country} is not called from here; {mend}") from unfit
        return number


def guard_of(calls: Calls) -> Guard:
    """Return what *calls* allow. Raises `ConfigurationError`."""
    unknown = set(calls.kinds) - {kind.value for kind in Kind}
    if unknown:
        raise ConfigurationError(f"ASSIST_CALLS_KINDS: there is no {min(unknown)}: choose of {', '.join(Kind)}")
    kinds = frozenset(map(Kind, calls.kinds))
    return Guard(calls.country, Destinations(frozenset({calls.country, *calls.countries}), calls.prefixes, kinds))
