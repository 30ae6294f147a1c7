"""An assistant as its file declares it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from assist.assistant.choice import Engines
from assist.assistant.countries import country_of, existing
from assist.assistant.defaults import PHRASES
from assist.assistant.findings import FindOut
from assist.assistant.hours import STRICT, Hours
from assist.assistant.script import Form, Intent, Question, Text, Texts, one_or_many


def time_zone(name: object) -> object:
    """Return the zone of that name. Raises `ValueError`."""
    if isinstance(name, ZoneInfo):
        return name
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError, LookupError) as error:
        raise ValueError("no such time zone; write one as Europe/Madrid or America/Bogota") from error


def spoken(language: str) -> str:
    """Return *language*. Raises `ValueError` if Assist does not speak it."""
    if language not in PHRASES:
        raise ValueError(f"Assist does not speak {language}; write one of {', '.join(PHRASES)}")
    return language


@dataclass(frozen=True, slots=True, config=STRICT)
class Timing:
    """How long things may take."""

    end_of_turn_ms: Annotated[int, Field(ge=600, le=3000)] = 600
    """Silence after which the caller has finished."""
    filler_after_ms: Annotated[int, Field(ge=300, le=10_000)] = 1200
    """Silence after the caller's turn that a filler breaks."""
    silence_s: Annotated[float, Field(ge=2, le=60)] = 7.0
    """Silence of the caller after which he is asked whether he is there."""
    silence_prompts: Annotated[int, Field(ge=0, le=5)] = 2
    """So many times, then the call ends."""
    max_call_s: Annotated[int, Field(ge=30, le=14_400)] = 900
    digit_gap_ms: Annotated[int, Field(ge=500, le=10_000)] = 1500
    """Pause between keys after which they are one answer."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Phrases:
    """What is said in one language whatever the brain. All but the greeting have a default."""

    greeting: Text
    """Says that it is an automatic assistant."""
    fillers: Texts
    still_there: Texts
    silent_goodbye: Text
    too_long: Text
    trouble: Text
    """An engine failed, and it is said so."""
    deaf: Text
    """Nothing that the caller says can be understood, and it is said so; the keys of a menu are offered after it."""
    not_understood: Texts
    """Asks what the caller wants."""
    sorry: Text
    """The caller was not understood, and what was said before is said again."""
    give_up: Text
    """The caller was not understood again and again: a goodbye."""
    understood: Texts
    """Before the next question of a form, as in: very well."""
    go_ahead: Text
    """A plain yes, though nothing was asked but what to do."""
    go_on: Texts
    """A number was said in part, and the rest is waited for."""
    so_far: Text
    """``{part}`` is what was understood of such a number."""
    then_on: Text
    """The caller left the day open; ``{date}`` is the one that is taken."""
    then_at: Text
    """The caller left the time open; ``{time}`` is the one that is taken."""
    transferring: Text
    transfer_busy: Text
    transfer_no_answer: Text
    transfer_failed: Text
    transfer_ended: Text
    """They talked, and the caller is back."""
    slower: Text
    faster: Text
    closed_now: Text
    """Nobody can be reached; ``{opening}`` is when somebody can."""
    open_week: Text
    """``{hours}``; an intent that does hours may say it in its own words."""
    open_on: Text
    """``{date}``, ``{hours}``"""
    closed_on: Text
    """``{date}``"""
    open_now: Text
    """``{time}`` is when it closes."""
    not_open_now: Text
    """``{opening}`` is when it opens next."""
    over_today: Text
    """Today was asked for, and it has closed."""
    outside_hours: Text
    """A time was asked for at which it is closed; ``{date}``, ``{hours}``."""
    past: Text
    """A time was asked for that is over."""
    opted_out: Text
    """Somebody whom we called does not want to be called again, which is promised; a goodbye."""
    call_back_when: Text
    """Asks somebody who wants to be called another time for the time."""
    call_back_at: Text
    """Promises it, at ``{when}``; a goodbye."""
    call_back_later: Text
    """Promises it, though the time was not understood; a goodbye."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Assistant:
    """Everything about an assistant. `assist.assistant.loading.load` makes one."""

    name: str
    """Of its file."""
    version: str
    """Changes with its file."""
    languages: Annotated[
        tuple[Annotated[str, AfterValidator(spoken)], ...], BeforeValidator(one_or_many), Field(min_length=1)
    ]
    """ISO 639-1; it answers in the first."""
    phrases: Mapping[str, Phrases]
    """By language."""
    timezone: Annotated[ZoneInfo, BeforeValidator(time_zone)]
    country: Annotated[str, AfterValidator(existing)] | None = None
    """ISO 3166: whose telephone numbers are said without a country code. By default that of the time zone."""
    prompt: str = ""
    """Instructions for a language model."""
    destinations: Mapping[str, Text] = Field(default_factory=dict)
    """Dial strings by the names they are transferred to by: nobody else can be reached."""
    find_out: FindOut = Field(default_factory=dict)
    """What a language model notes down of each call, by name with the answers that there may be, as
    ``comes: ["yes", "no", "another day"]``. The embedded brain notes what its forms ask for."""
    timing: Timing = Timing()
    engines: Engines = Engines()
    max_cost_usd: Annotated[Decimal, Field(ge=0)] | None = None
    """What the engines of one call may cost, by the table of prices; then those go on that cost nothing, and where
    there are none the call ends. None: whatever it takes."""
    hours: Hours | None = None
    """None: always open."""
    intents: Mapping[str, Intent] = Field(default_factory=dict)
    questions: Mapping[str, Question] = Field(default_factory=dict)
    forms: Mapping[str, Form] = Field(default_factory=dict)
    lost: tuple[str, ...] = ()
    """Names of the questions to ask when the caller is not understood for the second time, the third and so on."""

    @property
    def language(self) -> str:
        """The one it answers in."""
        return self.languages[0]

    @property
    def home(self) -> str:
        """The country whose telephone numbers are said without a country code."""
        return self.country or country_of(self.timezone, self.language)
