"""What carriers allow, from a file to the campaigns that use them."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from assist.campaign.loading import Campaigns, inspect
from assist.campaign.trunks import CallerId, Gateway, Trunks, inspect_trunks, load_trunks
from assist.errors import ConfigurationError
from tests.campaigns import ASSISTANTS, CONFIG, SHIPPED

RIGHT = """\
carrier:
  cps: 2
  calls: 30
  inbound: 20
  usd_per_minute: 0.015
  caller_ids:
    - "+34910000009"
    - {number: "+34 612 345 678", per_day: 200}
other: {}
"""
CAMPAIGN = """\
assistant: clinica
purpose: service
caller: Clínica
timezone: Europe/Madrid
contacts: {country: ES}
trunk:
  gateway: carrier
words:
  greeting:
    es: Soy el asistente automático de la Clínica. Si no quiere más llamadas, pulse nueve.
    en: This is the automatic assistant of Clínica. If you wish no more calls, press nine.
"""


def write(path: Path, text: str, second: int = 1) -> Path:
    """Save *text* as of *second*: two versions may be written within one tick of the file system's clock."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (second, second))
    return path


def test_the_trunks_that_ship_are_right() -> None:
    assert load_trunks(CONFIG / "trunks.yaml")["carrier"].room == 10


def test_a_file_says_what_each_gateway_may(tmp_path: Path) -> None:
    found = load_trunks(write(tmp_path / "t.yaml", RIGHT))
    assert (found["carrier"].cps, found["carrier"].room) == (2.0, 10)
    assert found["carrier"].usd_per_minute == Decimal("0.015")
    assert found["carrier"].caller_ids == (CallerId("+34910000009"), CallerId("+34612345678", 200))
    assert found["other"] == Gateway()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("inbound: 20", "inbound: 30", "4: carrier.inbound: nothing is left for campaigns; write less than 30"),
        ("+34 612 345 678", "+34 910 000 009", "8: carrier.caller_ids.1: this number is there already; remove it"),
        ('"+34910000009"', '"910000009"', "this is no telephone number; write it with +"),
        ("cps: 2", "cps: 0", "2: carrier.cps: this is too small"),
        ("cps: 2", "cpss: 2", "2: carrier.cpss: there is no such field"),
        ("carrier:", "a b:", "this is no name of a gateway"),
    ],
)
def test_a_mistake_has_its_line_and_a_mend(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in RIGHT
    found = inspect_trunks(write(tmp_path / "t.yaml", RIGHT.replace(old, new)))
    assert isinstance(found, list)
    assert told in "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("gateway: carrier", "gateway: carier", "7: trunk.gateway: there is no such trunk; did you mean carrier"),
        (
            "gateway: carrier",
            "gateway: other",
            "7: trunk.gateway: the trunk has no number that a call may show; in the",
        ),
        (
            "gateway: carrier",
            "gateway: carrier\n  cps: 3",
            "8: trunk.cps: the trunk lets fewer calls begin in a second; write 2 or less",
        ),
        (
            "gateway: carrier",
            'gateway: carrier\n  caller_ids: ["+34930000009"]',
            "8: trunk.caller_ids.0: the trunk does not have this number; write one of those",
        ),
        (
            "gateway: carrier",
            'gateway: carrier\n  caller_ids: ["+34612345678"]',
            "8: trunk.caller_ids.0: a mobile number may not be shown in ES; write one of these: fixed, toll free",
        ),
        (
            "words:",
            "pace: {calls: 11}\nwords:",
            "8: pace.calls: the trunk has room for 10 calls of campaigns; write 10",
        ),
    ],
)
def test_a_campaign_takes_no_more_than_its_trunk_has(tmp_path: Path, old: str, new: str, told: str) -> None:
    path, gateways = tmp_path / "c.yaml", load_trunks(write(tmp_path / "t.yaml", RIGHT))
    assert not isinstance(inspect(write(path, CAMPAIGN), ASSISTANTS, SHIPPED, gateways), list)
    found = inspect(write(path, CAMPAIGN.replace(old, new)), ASSISTANTS, SHIPPED, gateways)
    assert isinstance(found, list)
    assert told in "\n".join(map(str, found))


def test_a_changed_trunk_counts_for_every_campaign_at_once_and_a_broken_one_stops_them(tmp_path: Path) -> None:
    path = write(tmp_path / "t.yaml", RIGHT)
    (tmp_path / "campaigns").mkdir()
    write(tmp_path / "campaigns/c.yaml", CAMPAIGN)
    campaigns = Campaigns(tmp_path / "campaigns", ASSISTANTS, SHIPPED, Trunks(path))
    assert campaigns.get("c") is campaigns.get("c")
    assert campaigns.get("c").gateway.cps == 2
    write(path, RIGHT.replace("cps: 2", "cps: 1"), 2)
    assert campaigns.get("c").gateway.cps == 1
    write(path, RIGHT.replace("cps: 2", "cps: many"), 3)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"carrier\.cps"):
            campaigns.get("c")
    path.unlink()
    with pytest.raises(ConfigurationError, match="ASSIST_TRUNKS"):
        campaigns.get("c")
