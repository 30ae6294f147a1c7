"""The installation and the list of a proof: an assistant, a campaign, policies, and people in three countries.

* Spain may be called at any hour. Most numbers refuse, some answer; a few are on the list of those not to be called.
* Portugal closes a minute or so after the beginning, and whoever was not called by then never is.
* Argentina is closed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from assist.assistant.hours import DAYS
from assist.campaign.model import Contact

NAME: Final = "proof"

SPAIN: Final = "Europe/Madrid ES-MD"
PORTUGAL: Final = "Europe/Lisbon PT"
ARGENTINA: Final = "America/Argentina/Buenos_Aires AR"

UNWANTED: Final = 0.02
"""Share of the list whose numbers are not to be called from the beginning; as many again ask for it meanwhile."""
SHARES: Final = {SPAIN: 0.56, PORTUGAL: 0.4, ARGENTINA: 0.04}
OPEN_SECONDS: Final = 50.0
"""For which Portugal is open, at least."""
AROUND_CLOSING: Final = 10
"""Seconds before and after it."""
ENDINGS: Final = (
    ("08",) * 30 + ("00",) * 25 + ("07",) * 15 + ("29",) * 9 + ("01",) * 8 + ("19",) * 7 + ("05",) * 3
    + ("02", "03", "09")
)  # fmt: skip
"""Of a hundred numbers: busy, unknown, declined, congested, people, who hangs up, nobody; machines, a mute carrier."""

_ALWAYS: Final = dict.fromkeys(DAYS, "0:00-24:00")
_FREE: Final[Mapping[str, Any]] = {"holidays": "none", "consent": False, "registry_days": None, "greeting": []}


@dataclass(frozen=True, slots=True)
class World:
    """What is called, and when it may be."""

    contacts: tuple[Contact, ...]
    closes: float
    """Portugal."""

    @property
    def refused(self) -> tuple[Contact, ...]:
        """Those who are on the list of numbers not to be called from the beginning."""
        return self._spaniards()[: self._few]

    @property
    def refusing(self) -> tuple[Contact, ...]:
        """Those who get there meanwhile: the last to be called."""
        return self._spaniards()[-self._few :]

    def window(self, contact: Contact) -> tuple[float, float]:
        """Return from when to when *contact* may be called."""
        return {SPAIN: (0.0, float("inf")), PORTUGAL: (0.0, self.closes), ARGENTINA: (0.0, 0.0)}[contact.group]

    def due(self, contact: Contact) -> float:
        """Return when *contact* is to be called: many in Portugal when it closes, some before and some after."""
        place = int(contact.id)
        late = contact.group == PORTUGAL and place % 2
        return self.closes + place % (2 * AROUND_CLOSING) - AROUND_CLOSING if late else 0.0

    @property
    def _few(self) -> int:
        return max(1, round(len(self.contacts) * UNWANTED))

    def _spaniards(self) -> tuple[Contact, ...]:
        return tuple(contact for contact in self.contacts if contact.group == SPAIN)


def make(directory: Path, contacts: int, now: float) -> World:
    """Write the installation's files into *directory* and return its world."""
    closes = (datetime.fromtimestamp(now + OPEN_SECONDS, UTC) + timedelta(minutes=1)).replace(second=0, microsecond=0)
    _write(directory / "assistants/proof.yaml", _ASSISTANT)
    _write(directory / "campaigns" / f"{NAME}.yaml", _campaign(now))
    _write(directory / "trunks.yaml", {"carrier": {"cps": 50, "calls": 60, "caller_ids": ["+34910000009"]}})
    _write(directory / "policies/default.yaml", _policy(_ALWAYS))
    _write(directory / "policies/pt.yaml", _policy(_until(closes, now)))
    _write(directory / "policies/ar.yaml", _policy(_in_three_days(now)))
    return World(_contacts(contacts), closes.timestamp())


def places(directory: Path) -> Mapping[str, str]:
    """Return the variables by which a process finds the files that `make` wrote."""
    return {
        "ASSIST_DURABLE": "aof",
        "ASSIST_ASSISTANTS_DIR": str(directory / "assistants"),
        "ASSIST_CAMPAIGNS_DIR": str(directory / "campaigns"),
        "ASSIST_POLICIES_DIR": str(directory / "policies"),
        "ASSIST_TRUNKS": str(directory / "trunks.yaml"),
    }


def _write(path: Path, what: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    path.write_text(json.dumps(what), encoding="utf-8")


_ASSISTANT: Final = {
    "languages": "es",
    "timezone": "Europe/Madrid",
    "phrases": {"es": {"greeting": "Soy un asistente automático."}},
}


def _campaign(now: float) -> Mapping[str, Any]:
    ends = datetime.fromtimestamp(now, ZoneInfo("Europe/Madrid")).date() + timedelta(days=1)
    return {
        "assistant": "proof",
        "purpose": "service",
        "caller": "Assist",
        "timezone": "Europe/Madrid",
        "trunk": {"gateway": "carrier"},
        "contacts": {"country": "ES", "others": ["PT", "AR"]},
        "words": {"greeting": {"es": "Le llama un asistente automático."}},
        "when": {"holidays": "none", "ends": ends.isoformat()},
        "retry": {
            "attempts": 2,
            "busy": "5s",
            "no_answer": "never",
            "voicemail": "never",
            "unavailable": "never",
            "congestion": "5s",
            "failed": "never",
            "screened": "never",
        },
        # It shall go on whatever happens.
        "pace": {
            "calls": 60,
            "kept": 0,
            "ring_s": 10,
            "breaker": {"sample": 1000, "failed": 1, "short": 1, "short_s": 1},
        },
    }


def _policy(hours: Mapping[str, str]) -> Mapping[str, Any]:
    terms = {"hours": hours, **_FREE}
    return {"purposes": dict.fromkeys(("marketing", "service", "collection"), terms)}


def _until(closes: datetime, now: float) -> Mapping[str, str]:
    lisbon = ZoneInfo("Europe/Lisbon")
    begins, ends = datetime.fromtimestamp(now, lisbon), closes.astimezone(lisbon)
    hours = {DAYS[begins.weekday()]: "0:00-24:00"} if ends.date() > begins.date() else {}
    return hours | ({DAYS[ends.weekday()]: f"0:00-{ends:%H:%M}"} if (ends.hour, ends.minute) > (0, 0) else {})


def _in_three_days(now: float) -> Mapping[str, str]:
    there = datetime.fromtimestamp(now, ZoneInfo(ARGENTINA.split()[0])) + timedelta(days=3)
    return {DAYS[there.weekday()]: "0:00-24:00"}


def _contacts(count: int) -> tuple[Contact, ...]:
    prefixes = {SPAIN: "+3491{:05}", PORTUGAL: "+35121{:05}", ARGENTINA: "+5411{:06}"}
    # 37 has no divisor in common with 100: every ending comes up, in no order.
    endings = islice(cycle(ENDINGS[place * 37 % 100] for place in range(100)), count)
    groups = [group for group, share in SHARES.items() for _ in range(round(count * share))]
    groups = (groups + [SPAIN] * count)[:count]
    return tuple(
        Contact(f"{place:06}", prefixes[group].format(place) + ending, group)
        for place, (group, ending) in enumerate(zip(groups, endings, strict=True))
    )
