"""Campaigns and policies for tests, as short as they can be, and moments as people write them."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from assist.assistant import Assistants
from assist.campaign.declaration import Campaign
from assist.campaign.policy import DEFAULT, Policies, Policy, Purpose, load_policies
from assist.campaign.trunks import load_trunks

CONFIG = Path(__file__).parent.parent / "config"
ASSISTANTS = Assistants(CONFIG / "assistants")
SHIPPED = load_policies(CONFIG / "policies")
GATEWAYS = load_trunks(CONFIG / "trunks.yaml")

ALWAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "0:00-24:00")


def campaign(**changes: Any) -> Campaign:
    """Return a campaign of fields as a file writes them; *gateway* as the trunks' file does."""
    fields = {
        "name": "test",
        "version": "1",
        "assistant": "clinica",
        "purpose": "marketing",
        "caller": "Clínica Santa Elena",
        "timezone": "Europe/Madrid",
        "trunk": {"gateway": "carrier"},
        "gateway": {"caller_ids": ["+34910000009"]},
        "contacts": {"country": "ES"},
        "words": {"greeting": {"es": "Hola."}},
        "when": {"holidays": "none"},
    }
    return TypeAdapter(Campaign).validate_python(fields | changes)


def lenient(**terms: Any) -> Policies:
    """Return policies that allow everything in every country but what *terms* forbid."""
    free = {"hours": ALWAYS, "holidays": "none", "consent": False, "registry_days": None, "greeting": []}
    one: Mapping[str, Any] = {"purposes": dict.fromkeys(Purpose, free | terms)}
    return Policies({DEFAULT: TypeAdapter(Policy).validate_python(one)})


def at(text: str, zone: str = "UTC", *, second_time: bool = False) -> float:
    """Return ``2026-03-29 03:00`` by the clock of *zone*; *second_time* of an hour that it shows twice."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(second_time)).timestamp()


def read(moment: float | None, zone: str = "UTC") -> str:
    """Return what the clock of *zone* shows at *moment*."""
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if moment is not None else "never"
