"""`assist webhooks` as people and programs meet it: what it prints, and how it ends."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from assist.errors import ConfigurationError
from assist.webhooks.cli import webhooks

URL = "https://hooks.example/calls"


@pytest.fixture(autouse=True)
def installation(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"{redis_url}?db=8")
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str) -> Result:
    return CliRunner().invoke(webhooks, words, catch_exceptions=False)


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json").stdout)


def added(*words: str) -> str:
    """Return the id of a new endpoint."""
    return str(told("add", URL, *words)["endpoint"]["id"])


def listed(endpoint: str) -> dict[str, Any]:
    return next(one for one in told("list") if one["id"] == endpoint)


def test_who_is_added_is_listed_and_the_secret_is_shown_once() -> None:
    made = told("add", URL)
    assert made["secret"].startswith("whsec_")
    assert listed(made["endpoint"]["id"])["url"] == URL
    assert made["secret"] not in run("list").stdout + run("list", "--json").stdout


def test_everything_is_told_but_what_was_said() -> None:
    types = listed(added())["types"]
    assert {"call.started", "campaign.attempt.ended", "webhook.disabled"} <= {*types}
    assert "call.transcript" not in types


def test_what_was_said_is_told_to_who_may_know_it() -> None:
    endpoint = listed(added("--transcripts"))
    assert endpoint["transcripts"]
    assert "call.transcript" in endpoint["types"]


def test_one_may_want_only_some_events() -> None:
    assert listed(added("--event", "call.ended"))["types"] == ["call.ended"]


def test_an_address_that_may_not_be_asked_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the address must begin with https"):
        run("add", "http://hooks.example/")


def test_an_endpoint_can_be_disabled_enabled_and_removed() -> None:
    endpoint = added()
    run("disable", endpoint)
    assert listed(endpoint)["disabled"] == "owner"
    assert "disabled: owner" in run("list").stdout
    run("enable", endpoint)
    assert listed(endpoint)["disabled"] is None
    run("remove", endpoint)
    assert endpoint not in run("list").stdout


@pytest.mark.parametrize("verb", ["remove", "enable", "disable", "rotate", "test"])
def test_an_endpoint_that_is_not_there_is_told_so(verb: str) -> None:
    with pytest.raises(ConfigurationError, match="ep_none: there is no such endpoint"):
        run(verb, "ep_none")


def test_a_secret_can_be_replaced() -> None:
    made = told("add", URL)
    new = told("rotate", made["endpoint"]["id"], "--hours", "0")["secret"]
    assert new.startswith("whsec_")
    assert new != made["secret"]


def test_a_test_waits_until_somebody_sends_it() -> None:
    endpoint = added("--event", "call.ended")
    delivery = run("test", endpoint).stdout.strip()
    (waiting,) = told("deliveries", endpoint, "--state", "waiting")["deliveries"]
    assert (waiting["id"], waiting["event"]["type"], waiting["tries"]) == (delivery, "webhook.test", 0)
    shown = run("deliveries", endpoint, "--state", "waiting").stdout
    assert delivery in shown
    assert "webhook.test" in shown


def test_what_is_not_over_is_not_sent_again() -> None:
    delivery = run("test", added()).stdout.strip()
    with pytest.raises(ConfigurationError, match="no such delivery that is over"):
        run("resend", delivery)
