from dataclasses import replace
from typing import Any

from assist.campaign.demands import Demands
from assist.campaign.ledger.records import Live
from assist.campaign.ledger.views import Known, Standing, Why
from assist.campaign.model import CampaignState, Caps, Claim, ContactState, Elsewhere, Outcome, Window
from assist.campaign.numbers import Destinations
from assist.campaign.reasons import Rules, earliest, reasons
from tests.ledgers import DAY, HOUR, NINE, OPEN, person

DEMANDS = Demands("ES", Destinations(frozenset({"ES"})), ("es",))
RULES = Rules(DEMANDS, Caps(), OPEN)
FREE = Why(
    CampaignState.RUNNING, None, Standing(person(0), ContactState.WAITING, 0, due=NINE), None, Known(None, None, 0, ())
)


def told(why: Why = FREE, rules: Rules = RULES) -> tuple[list[str], float | None]:
    found = reasons(why, rules, NINE)
    return [reason.what for reason in found], earliest(found, NINE)


def known(**changes: Any) -> Why:
    return replace(FREE, known=replace(FREE.known, **changes))


def test_whom_nothing_keeps_may_be_called_now() -> None:
    assert told() == ([], NINE)


def test_a_campaign_that_rests_keeps_everybody() -> None:
    assert told(replace(FREE, campaign=CampaignState.PAUSED)) == (["the campaign is paused"], None)


def test_the_latest_of_several_reasons_counts() -> None:
    later = replace(FREE, standing=replace(FREE.standing, due=NINE + 2 * HOUR))
    what, moment = told(later, replace(RULES, window=Window(NINE + HOUR, NINE + DAY)))
    assert (len(what), moment) == (2, NINE + 2 * HOUR)


def test_without_hours_nobody_is_called_again() -> None:
    what, moment = told(rules=replace(RULES, window=None))
    assert what[0].startswith("no hours to call are left in Europe/Madrid ES-MD")
    assert moment is None


def test_who_asked_not_to_be_called_is_not() -> None:
    what, moment = told(known(suppressed="opt-out", suppressed_here="owner"))
    assert [text.rpartition(" ")[2] for text in what] == ["opt-out", "owner"]
    assert moment is None


def test_whom_others_reached_is_spared_as_long_as_the_campaign_wants() -> None:
    reached = known(reached={"a": NINE - HOUR, "b": NINE - 2 * HOUR})
    for elsewhere, until in (
        (None, NINE),
        (Elsewhere(DAY), NINE - HOUR + DAY),
        (Elsewhere(DAY, ("b", "c")), NINE - 2 * HOUR + DAY),
        (Elsewhere(HOUR), NINE),
    ):
        what, moment = told(reached, replace(RULES, elsewhere=elsewhere))
        assert (moment, bool(what)) == (until, until > NINE)


def test_caps_count_the_calls_of_all_campaigns() -> None:
    called = (NINE - 20 * HOUR, NINE - 2 * HOUR, NINE - HOUR)
    caps = replace(RULES, caps=Caps(rolling=2))
    assert told(known(calls=3, called=called), caps)[1] == NINE - 2 * HOUR + DAY
    assert told(known(calls=1, called=called[-1:]), caps) == ([], NINE)
    assert told(known(calls=3, called=called), replace(RULES, caps=Caps(week=3)))[1] == called[0] + 7 * DAY


def test_what_was_called_for_life_is_not_called_again() -> None:
    what, moment = told(known(calls=4), replace(RULES, caps=Caps(life=4)))
    assert (what, moment) == (["the number was called 4 times, as often as it may ever be"], None)


def test_a_number_that_talks_with_another_campaign_is_told() -> None:
    live = Live(Claim("other", person(0), 1, 1, "node", NINE + 30), ContactState.ANSWERED, NINE)
    assert told(replace(FREE, live=live))[0] == ["the number is in a call of campaign other"]


def test_what_the_file_demands_since_the_import_is_told() -> None:
    what, moment = told(rules=replace(RULES, demands=replace(DEMANDS, consent=frozenset({"ES"}))))
    assert "no record that they agreed" in what[0]
    assert moment is None


def test_who_is_done_waits_for_nothing() -> None:
    done = Standing(person(0), ContactState.DONE, 1, outcome=Outcome.REACHED)
    assert told(replace(FREE, campaign=CampaignState.PAUSED, standing=done))[0] == []
