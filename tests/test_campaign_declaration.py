"""What a campaign's file declares, and what is left to the defaults."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from assist.campaign.declaration import Campaign, Voicemail
from assist.campaign.group import Group
from assist.campaign.loading import inspect
from assist.campaign.numbers import Destinations, Kind
from assist.campaign.policy import Holidays, Purpose
from assist.campaign.wording import needed, spoken
from tests.campaigns import ASSISTANTS, CONFIG, GATEWAYS, SHIPPED, campaign


@pytest.mark.parametrize("path", sorted((CONFIG / "campaigns").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_campaigns_that_ship_are_right(path: Path) -> None:
    found = inspect(path, ASSISTANTS, SHIPPED, GATEWAYS)
    assert isinstance(found, Campaign), "\n".join(map(str, found))


def test_what_is_left_out_is_the_careful_choice() -> None:
    found = campaign(when={})
    assert (found.gateway.cps, found.pace.calls, found.retry.attempts) == (1.0, 5, 4)
    assert found.voicemail is Voicemail.HANG_UP
    assert found.retry.unknown is None
    assert found.when.holidays is Holidays.COUNTRY
    assert (found.schedule, found.test, found.ceilings.minutes) == (None, None, None)
    assert found.opt_out.key == "9"
    assert found.purpose is Purpose.MARKETING


def test_only_ordinary_numbers_of_the_country_are_called() -> None:
    people = frozenset({Kind.FIXED, Kind.MOBILE, Kind.FIXED_OR_MOBILE})
    assert campaign().contacts.destinations == Destinations(frozenset({"ES"}), kinds=people)
    wider = {"country": "ES", "others": ["MX", "CO"], "kinds": ["mobile", "voip"]}
    kinds = frozenset({Kind.MOBILE, Kind.VOIP})
    assert campaign(contacts=wider).contacts.destinations == Destinations(frozenset({"ES", "MX", "CO"}), kinds=kinds)


def test_home_is_a_group() -> None:
    home = campaign(contacts={"country": "ES", "home": "Europe/Madrid ES-MD"}).contacts.home
    assert home == Group(("Europe/Madrid",), "ES", "MD")


@pytest.mark.parametrize("gateway", ["", "a/b", "a,b", "{x}", "a b", "a\nb", "^^"])
def test_a_gateways_name_cannot_be_more_than_a_name(gateway: str) -> None:
    with pytest.raises(ValidationError, match="; write"):
        campaign(trunk={"gateway": gateway})


def test_columns_that_are_said_are_needed_unless_they_stand_in_an_aside() -> None:
    words = {
        "greeting": {"es": "Le llama el asistente automático, {nombre}[medico:, por el doctor {medico}]."},
        "message": {"es": ["Hasta el {fecha}.", "Adiós[no fecha: ya]."]},
        "prompt": "The appointment is at {hora}.",
    }
    found = campaign(words=words)
    assert needed(found) == {"nombre", "fecha", "hora"}
    assert spoken(found) == {"nombre", "fecha", "hora", "medico"}


def test_dates_are_read() -> None:
    found = campaign(when={"starts": "2026-12-01", "ends": "2026-12-31", "closed": ["2026-12-24"]})
    assert (found.when.starts, found.when.closed) == (date(2026, 12, 1), (date(2026, 12, 24),))


@pytest.mark.parametrize("find_out", [{"Viene": ["sí", "no"]}, {"viene": ["sí"]}, {"viene": ["sí", "sí"]}, {"v": "sí"}])
def test_what_is_found_out_has_a_plain_name_and_different_answers(find_out: object) -> None:
    with pytest.raises(ValidationError, match="; write"):
        campaign(find_out=find_out)
