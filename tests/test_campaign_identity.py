"""Whom two rows are of."""

from zoneinfo import ZoneInfo

import pytest

from assist.campaign.identity import IMPORT_DAY, Identity
from assist.campaign.model import Contact
from tests.campaigns import at

MADRID = ZoneInfo("Europe/Madrid")
NUMBER = "+34612345678"


def identity(*once_per: str, now: str = "2026-11-23 09:00") -> Identity:
    return Identity(lambda number: number.encode()[:4], once_per, MADRID, at(now))


def contact(own: str = "", **variables: str) -> Contact:
    return Contact(own, NUMBER, "Europe/Madrid ES", variables)


def test_an_id_is_the_owners_or_made_of_the_number() -> None:
    assert identity().identified(contact("7")).id == "7"
    assert identity().identified(contact()).id == b"+346".hex()
    assert identity().key(contact("7")) == identity().key(contact("8")), "a number is there once"


def test_what_the_columns_say_makes_another_of_the_same_person() -> None:
    by_date = identity("date", "time")
    ids = [
        by_date.identified(contact(own, date=date, time=time)).id
        for own, date, time in (("7", "a", "b"), ("7", "a", "c"), ("", "a", "b"), ("7", "ab", ""))
    ]
    assert len(set(ids)) == 4
    assert ids[0].startswith("7.") and ids[0][-8:] == ids[2][-8:]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (contact("7", date="Lunes", name="Ana"), contact("7", date="lunes", name="Eva")),
        (contact("7", date="lunes"), contact("8", date="lunes")),
    ],
)
def test_nothing_else_does(one: Contact, other: Contact) -> None:
    by_date = identity("date")
    assert by_date.key(by_date.identified(one)) == by_date.key(by_date.identified(other))


def test_the_day_of_the_import_is_that_of_the_campaigns_clock() -> None:
    def named(now: str) -> str:
        return identity(IMPORT_DAY, now=now).identified(contact("7")).id

    assert named("2026-11-23 23:30") == named("2026-11-24 12:00") != named("2026-11-23 22:30")
