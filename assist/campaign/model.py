"""The nouns of a campaign, as everybody who works on one uses them. Times are seconds since the epoch, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid5

NAMESPACE = UUID("6f1f3c1e-6a0f-5c7e-9d57-0b1b7c7a1c55")


class CampaignState(StrEnum):
    """What the owner wants of a campaign."""

    DRAFT = "draft"
    """Imported perhaps, never started."""
    RUNNING = "running"
    PAUSED = "paused"
    """Nobody new is called; calls in progress end by themselves."""
    CANCELLED = "cancelled"
    """For good."""
    FINISHED = "finished"
    """Every contact is done."""


class ContactState(StrEnum):
    """Where a contact is."""

    WAITING = "waiting"
    """To be called when due."""
    CLAIMED = "claimed"
    """Somebody is about to call; nothing was sent yet."""
    DIALING = "dialing"
    """It was written down that the switch is asked to call. From here on a crash means: perhaps called."""
    ANSWERED = "answered"
    """Somebody or something picked up; the call goes on."""
    DONE = "done"
    """Never called again by this campaign; `Outcome` says why."""


class Result(StrEnum):
    """How one attempt ended."""

    HUMAN = "human"
    """A person answered; what came of it is for the assistant's own notes."""
    VOICEMAIL = "voicemail"
    IVR = "ivr"
    """A machine with a menu."""
    SCREENED = "screened"
    """A machine asked who calls, and nobody came."""
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID = "invalid"
    """There is no such number."""
    UNAVAILABLE = "unavailable"
    """Switched off, out of reach; a carrier's announcement says so."""
    CONGESTION = "congestion"
    """The network or the trunk is full."""
    FAILED = "failed"
    """Our side, or a carrier that did not answer at all."""
    UNKNOWN = "unknown"
    """Whoever called was lost, and nobody knows whether it rang: used up, and not called again unless wanted."""


class Outcome(StrEnum):
    """Why a contact is done."""

    REACHED = "reached"
    MESSAGE_LEFT = "message_left"
    EXHAUSTED = "exhausted"
    """No attempts left."""
    INVALID = "invalid"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    """On a do-not-call list, or not to be called by policy."""
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    """The campaign ended first."""
    CANCELLED = "cancelled"


class Blocked(StrEnum):
    """Why nobody is called just now."""

    NOT_RUNNING = "not_running"
    NOBODY_DUE = "nobody_due"
    WINDOW = "window"
    """Closed where the next contacts live."""
    HOLIDAY = "holiday"
    DO_NOT_CALL = "do_not_call"
    CAP = "cap"
    """The number was called often enough, by all campaigns together."""
    CPS = "cps"
    CALLER_ID = "caller_id"
    """Every number that calls may show was shown as often as it may be in a day."""
    CONCURRENCY = "concurrency"
    """Of the campaign, the trunk or everybody; capacity kept for those who call us counts as taken."""
    CEILING = "ceiling"
    """Minutes or money, of the campaign or of the day."""
    INELIGIBLE = "ineligible"
    """Whoever is asked right before each call has not said yes."""
    BREAKER = "breaker"
    """Too many failures or short calls."""


@dataclass(frozen=True, slots=True)
class Consent:
    """That and how a person agreed to be called."""

    source: str
    at: float
    proof: str = ""
    """Where it can be seen."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to call."""

    id: str
    """Unique in the campaign: the owner's own, or made of the number."""
    number: str
    """E.164."""
    group: str
    """Whose clock and holidays count: time zone and region, as ``Europe/Madrid ES-MD``."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The other columns: what the assistant may say."""
    language: str = ""
    """ISO 639-1; empty: the assistant's first."""
    consent: Consent | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time in which a group may be called: from *opens* to before *closes*."""

    opens: float
    closes: float
    day: float | None = None
    """When the day began where the group lives, for the caps of a day; None: any 25 hours count as one."""
    week: float | None = None
    """Likewise the week; None: any seven days and an hour."""


@dataclass(frozen=True, slots=True)
class Trunk:
    """The way out, as much of it as campaigns may use. Shared by all campaigns that name it."""

    name: str
    cps: float
    """Calls begun per second, one at a time: never two at once."""
    calls: int
    """In progress at once."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often one number may be called, by all campaigns together; None: as often as one likes."""

    rolling: int | None = None
    """In any 24 hours."""
    day: int | None = None
    week: int | None = None
    life: int | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whoever another campaign reached is not called for so long."""

    seconds: float
    campaigns: tuple[str, ...] = ()
    """Those that count; none: any other."""


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What a campaign may use up, in all and in a day; None: no limit. Money is US dollars."""

    call_seconds: float = 600.0
    """Of one call: so much is set aside when it is claimed, and what was not used is given back when it ends."""
    call_cost: Decimal = Decimal(0)
    """Likewise."""
    seconds: float | None = None
    cost: Decimal | None = None
    day_seconds: float | None = None
    day_cost: Decimal | None = None
    midnight: float = 0.0
    """When the campaign's days begin, in seconds after midnight UTC."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """When to stop by itself: too large a share of the last *sample* attempts failed, or was over at once."""

    sample: int = 20
    failed: float = 0.5
    """Of attempts: our side, the trunk or the network."""
    short: float = 0.5
    """Of attempts: a person hung up within *short_seconds*."""
    short_seconds: float = 6.0
    rest: float = 300.0
    """Seconds until it tries again."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A number that calls may show."""

    number: str
    """E.164."""
    near: tuple[str, ...] = ()
    """How numbers begin that are called from near: the longer, the nearer. Of those equally near the one is shown that
    was shown least often that day."""
    per_day: int | None = None
    """Calls of all campaigns that show it in a day; None: any."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a campaign may do at once and in all."""

    trunk: Trunk
    calls: int
    """Of this campaign, in progress at once."""
    everybody: int
    """Of all campaigns, in progress at once: what the machines hold, less what is kept for those who call us."""
    caps: Caps = Caps()
    ceilings: Ceilings = Ceilings()
    breaker: Breaker = Breaker()
    cps: float | None = None
    """Calls that this campaign begins in a second; None: as many as the trunk lets."""
    shown: tuple[Shown, ...] = ()
    """What its calls may show; none: whatever the trunk shows by itself."""
    elsewhere: Elsewhere | None = None
    """None: it does not matter whom others reached."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to call one contact once, until *lease* has passed."""

    campaign: str
    contact: Contact
    attempt: int
    """From 1."""
    fence: int
    """Whoever comes with an older one is refused."""
    node: str
    """The FreeSWITCH that is to call."""
    lease: float
    shown: str = ""
    """The number that the call shows; empty: whatever the trunk shows by itself."""

    @property
    def id(self) -> str:
        return attempt_id(self.campaign, self.contact.id, self.attempt)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nobody is to be called now."""

    reason: Blocked
    until: float | None = None
    """When to ask again; None: when something changes."""


def attempt_id(campaign: str, contact: str, attempt: int) -> str:
    """Return the id of an attempt, which is FreeSWITCH's id of the call: the same wherever it is computed."""
    return str(uuid5(NAMESPACE, f"{campaign}\n{contact}\n{attempt}"))


def is_attempt(call: str) -> bool:
    """Return whether a call of that id may be one of a campaign: those of others are random."""
    try:
        return UUID(call).version == 5
    except ValueError:
        return False
