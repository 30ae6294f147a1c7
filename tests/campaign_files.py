"""The files of an installation with one campaign, ``uno``, which may call at any hour."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.campaigns import CONFIG

DAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()
LIST: Final = ("910000002", "910000003", "910000004")

POLICY: Final = """
purposes:
  marketing: &all {{hours: {{{hours}}}, holidays: none, consent: false, registry_days: ~, greeting: []}}
  service: *all
  collection: *all
"""

CAMPAIGN: Final = """
assistant: clinica
purpose: service
caller: Clínica
timezone: UTC
list: uno.csv
contacts: {{country: ES, home: Europe/Madrid ES-MD{contacts}}}
trunk: {{gateway: far}}
words: {{greeting: {{es: "Hola, {{nombre}}.", en: "Hello, {{nombre}}."}}}}
when: {{holidays: none}}
pace: {{kept: 0}}
{more}
"""


TRUNKS: Final = 'far: {cps: 50, calls: 100, caller_ids: ["+34910000009"]}'


def write_campaign(directory: Path, *, policy: str = "", more: str = "", contacts: str = "") -> None:
    """Write the campaign, with *more* of it and of its *contacts*, its list and the policy, with *policy* besides."""
    for name in ("campaigns", "policies"):
        (directory / name).mkdir(exist_ok=True)
    hours = ", ".join(f'{day}: "0:00-24:00"' for day in DAYS)
    terms = POLICY.format(hours=hours)
    for change in policy.split(", ") if policy else []:
        field = change.partition(":")[0]
        old = {"registry_days": "registry_days: ~", "consent": "consent: false"}[field]
        terms = terms.replace(old, change)
    (directory / "policies" / "default.yaml").write_text(terms, encoding="utf-8")
    (directory / "campaigns" / "uno.yaml").write_text(CAMPAIGN.format(more=more, contacts=contacts), encoding="utf-8")
    (directory / "trunks.yaml").write_text(TRUNKS, encoding="utf-8")
    rows = "".join(f"{number},Ana {place}\n" for place, number in enumerate(LIST))
    (directory / "campaigns" / "uno.csv").write_text(f"phone,nombre\n{rows}", encoding="utf-8")


def environment_of(directory: Path, redis_url: str) -> Mapping[str, str]:
    """Return the variables of an installation with the files in *directory*."""
    return {
        "REDIS_URL": redis_url,
        # The tests' Redis writes to no disk.
        "ASSIST_DURABLE": "memory",
        "ASSIST_ASSISTANTS_DIR": str(CONFIG / "assistants"),
        "ASSIST_CAMPAIGNS_DIR": str(directory / "campaigns"),
        "ASSIST_POLICIES_DIR": str(directory / "policies"),
        "ASSIST_TRUNKS": str(directory / "trunks.yaml"),
    }
