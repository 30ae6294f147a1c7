"""A campaign as its file declares it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from assist.assistant.declaration import time_zone
from assist.assistant.findings import FindOut
from assist.assistant.hours import STRICT
from assist.assistant.script import Text, Translated, Written, one_or_many
from assist.campaign import model
from assist.campaign.again import Retry
from assist.campaign.group import Group, known_place, parse_group
from assist.campaign.numbers import Destinations, Kind
from assist.campaign.policy import Holidays, Purpose
from assist.campaign.schedule import Schedule
from assist.campaign.trunks import E164, Gateway, GatewayName
from assist.campaign.week import Week
from assist.errors import WebError
from assist.web.address import read_url


def country(code: str) -> str:
    """Return *code*. Raises `ValueError` if no country whose holidays are known has it."""
    return known_place(code)[0]


Country = Annotated[str, AfterValidator(country)]


def address(url: str) -> str:
    """Return *url*. Raises `ValueError` if it is nothing that may be asked."""
    try:
        return str(read_url(url, loopback=True))
    except WebError as error:
        raise ValueError(str(error)) from error


def group(text: object) -> object:
    """Return ``Europe/Madrid ES-MD`` as a `Group`. Raises `ValueError`."""
    return text if isinstance(text, Group) else parse_group(str(text))


class Voicemail(StrEnum):
    """What is done when a voicemail answers."""

    HANG_UP = "hang_up"
    MESSAGE = "message"
    """Leave one, after the beep."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Trunk:
    """The way out: a gateway that the trunks' file declares, or less of it."""

    gateway: GatewayName
    cps: Annotated[float, Field(gt=0, le=50)] | None = None
    """Calls that this campaign begins in a second; None: as many as the gateway may, shared with other campaigns."""
    caller_ids: Annotated[tuple[E164, ...], BeforeValidator(one_or_many)] = ()
    """Of the gateway's numbers those that its calls may show; none: all that may be shown in its countries."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Reached:
    """Whom another campaign reached, for so many days after."""

    days: Annotated[float, Field(gt=0, le=365)]
    by: Annotated[tuple[Text, ...], BeforeValidator(one_or_many)] = ()
    """Those campaigns; none: any other."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Contacts:
    """Who may be on the list."""

    country: Country
    """ISO 3166: numbers without a country code are of this one."""
    others: tuple[Country, ...] = ()
    """Other countries whose numbers may be called, each by its own policy."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = (Kind.FIXED, Kind.MOBILE, Kind.FIXED_OR_MOBILE)
    """Kinds of numbers that may be called."""
    home: Annotated[Group, BeforeValidator(group)] | None = None
    """Where those live whose row and number leave it open, as ``Europe/Madrid ES-MD``. None: they are called when all
    time zones and regions where they may live allow it."""
    consent: bool = False
    """Everybody needs a record that he agreed, even where the policy asks for none."""
    once_per: Annotated[tuple[Text, ...], BeforeValidator(one_or_many)] = ()
    """Columns of the list, as ``[date, time]`` of an appointment: a person is called once for each of what they say.
    ``import_day`` is the day of the import: everybody once on each. None: everybody once, whatever is imported.

    A scheduled start then puts its list in the place of the one before: who waits and is not on it is not called."""
    not_if_reached: Reached | None = None
    """Who is not called yet: he waits until those days have passed. None: it does not matter whom others reached."""

    @property
    def countries(self) -> tuple[str, ...]:
        """All of them."""
        return (self.country, *self.others)

    @property
    def destinations(self) -> Destinations:
        """Which numbers may be called."""
        return Destinations(frozenset(self.countries), kinds=frozenset(self.kinds))


@dataclass(frozen=True, slots=True, config=STRICT)
class When:
    """When people are called, by their own clocks, as far as the policy of their country allows it too."""

    hours: Week | None = None
    """None: all that the policy allows."""
    starts: date | None = None
    ends: date | None = None
    """The last day. Whoever was not reached by then is not called any more."""
    closed: tuple[date, ...] = ()
    """Days without calls, as the holidays of a town."""
    holidays: Holidays = Holidays.COUNTRY
    """Public holidays without calls; those of the policy are kept in any case."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Words:
    """What is said besides what the assistant says. ``{name}`` stands for a column of the list.

    ``[name: …]`` is said only to those who have something in that column, ``[no name: …]`` only to the others.
    """

    greeting: Written
    """Once somebody says hello: who calls, that it is an automatic assistant, why, and how not to be called again."""
    message: Translated = Field(default_factory=dict)
    """Left on a voicemail."""
    screening: Translated = Field(default_factory=dict)
    """Said to a machine that asks who calls, and why; without it the call ends there."""
    prompt: str = ""
    """More instructions for a language model."""


@dataclass(frozen=True, slots=True, config=STRICT)
class OptOut:
    """How people ask not to be called again by anybody; it counts at once, for every campaign."""

    key: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "9"
    words: Translated = Field(default_factory=dict)
    """Besides those of the policy."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Ceilings:
    """What the campaign may use up; minutes of talk, US dollars for engines. None: no limit."""

    call_minutes: Annotated[float, Field(gt=0, le=240)] = 10.0
    """A call that lasts longer is ended."""
    call_usd: Annotated[Decimal, Field(ge=0)] = Decimal("0.50")
    """Set aside for each call until it is known what it cost."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    usd: Annotated[Decimal, Field(gt=0)] | None = None
    day_minutes: Annotated[float, Field(gt=0)] | None = None
    """Of a day of the campaign's time zone."""
    day_usd: Annotated[Decimal, Field(gt=0)] | None = None


@dataclass(frozen=True, slots=True, config=STRICT)
class Breaker:
    """When to stop for a while: of the last attempts too many failed, or too many people hung up at once."""

    sample: Annotated[int, Field(ge=5, le=1000)] = 20
    """So many attempts are looked at."""
    failed: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of them that failed for us, the trunk or the network."""
    short: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of them that a person ended within *short_s*."""
    short_s: Annotated[float, Field(gt=0, le=60)] = 6.0
    rest_s: Annotated[float, Field(ge=10, le=86_400)] = 300.0


@dataclass(frozen=True, slots=True, config=STRICT)
class Pace:
    """How much is done at once."""

    calls: Annotated[int, Field(ge=1)] = 5
    """Of this campaign, in progress at once; no more than the trunk has room for."""
    kept: Annotated[int, Field(ge=0)] = 10
    """Calls that the machines must have room for besides: those of people who call us."""
    ring_s: Annotated[int, Field(ge=10, le=120)] = 30
    """How long it rings before nobody answers."""
    caps: model.Caps = model.Caps()
    """How often one number is called, by all campaigns; those of the policy are kept in any case."""
    breaker: Breaker = Breaker()


@dataclass(frozen=True, slots=True, config=STRICT)
class Eligibility:
    """Who is asked, right before each call, whether it is to be made. Without a clear yes it is not made now."""

    url: Annotated[str, AfterValidator(address)]
    """It is sent ``{"campaign", "contact", "number", "attempt"}``, signed as Standard Webhooks say, and is to answer
    ``{"eligible": true}``, or ``false`` and a ``reason``."""
    secret: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*_API_KEY$")]
    """Name of the variable that holds the secret of the signature, ``whsec_…``."""
    timeout_s: Annotated[float, Field(gt=0, le=10)] = 3.0
    on_error: Literal["hold"] = "hold"
    """No answer is no yes either."""
    again_s: Annotated[float, Field(ge=10, le=86_400)] = 300.0
    """Seconds after which it is asked again."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Trial:
    """Whom `assist campaign test` calls: the owner, before anybody else."""

    number: E164
    columns: Mapping[str, str] = Field(default_factory=dict)
    """What the list would say of him."""
    language: str = ""


@dataclass(frozen=True, slots=True, config=STRICT)
class Campaign:
    """Everything about a campaign. `assist.campaign.loading.load` makes one."""

    name: str
    """Of its file."""
    version: str
    """Changes with its file."""
    gateway: Gateway
    """What the trunks' file says of the gateway that it names."""
    assistant: str
    """Name of the assistant that holds the calls."""
    purpose: Purpose
    caller: Text
    """Who calls, as the greeting says it."""
    timezone: Annotated[ZoneInfo, BeforeValidator(time_zone)]
    """Of the schedule, and of the days of the ceilings. People are called by their own clocks."""
    trunk: Trunk
    contacts: Contacts
    words: Words
    list: str = ""
    """File that is imported when none is named: beside the campaign's, or with its whole path."""
    when: When = When()
    retry: Retry = Retry()
    voicemail: Voicemail = Voicemail.HANG_UP
    find_out: FindOut = Field(default_factory=dict)
    """What a language model notes down of each call, besides what the assistant has it note: the results tell it."""
    opt_out: OptOut = OptOut()
    pace: Pace = Pace()
    ceilings: Ceilings = Ceilings()
    schedule: Schedule | None = None
    """None: it starts when somebody starts it."""
    eligibility: Eligibility | None = None
    """None: nobody is asked."""
    test: Trial | None = None
