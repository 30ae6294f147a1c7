"""`assist keys`: who may ask the API."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from assist.api.cli import keys


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("ASSIST_STATE_DIR", str(tmp_path))
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
        yield


def run(*words: str) -> Result:
    return CliRunner().invoke(keys, words)


def test_a_key_is_shown_once_and_listed_without_its_secret() -> None:
    assert "there is no key yet" in run("list").output
    made = json.loads(run("create", "crm", "--scope", "read", "--scope", "calls", "--days", "7", "--json").output)
    assert made["key"].startswith(made["prefix"])
    assert made["expires"]
    (listed,) = json.loads(run("list", "--json").output)
    assert (listed["name"], listed["scopes"], listed["last_used"]) == ("crm", ["calls", "read"], None)
    assert made["key"] not in run("list").output


def test_the_secret_alone_is_on_standard_output_for_scripts() -> None:
    shown = run("create", "crm", "--scope", "admin")
    assert shown.stdout.strip().startswith("ak_")
    assert len(shown.stdout.split()) == 1
    assert "not shown again" in shown.stderr


def test_a_key_is_given_another_secret_and_revoked_by_what_it_begins_with() -> None:
    made = json.loads(run("create", "crm", "--scope", "admin", "--json").output)
    rotated = json.loads(run("rotate", made["prefix"], "--json").output)
    assert (rotated["id"], rotated["key"] != made["key"]) == (made["id"], True)
    assert run("revoke", made["id"]).exit_code == 0
    assert json.loads(run("list", "--json").output) == []


@pytest.mark.parametrize("words", [("rotate", "0123456789"), ("revoke", "ak_0123456789")])
def test_a_key_that_is_not_there_is_told(words: tuple[str, ...]) -> None:
    told = run(*words)
    assert told.exit_code == 1
    assert "there is no key 0123456789" in told.output


def test_a_scope_that_does_not_exist_is_told_with_those_that_do() -> None:
    told = run("create", "crm", "--scope", "everything")
    assert told.exit_code == 2
    assert "campaigns" in told.output
