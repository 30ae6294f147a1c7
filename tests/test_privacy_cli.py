"""`assist erase | retention | audit` as people and scripts meet them."""

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from assist.store import open_store, operator
from tests.terminal import Terminal, open_terminal

ANA = "+34910000002"
"""Of the list of the campaign that `write_campaign` writes."""
YEAR = timedelta(days=365)


@pytest.fixture
def assist(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    (tmp_path / "kept").mkdir()
    terminal = Terminal(tmp_path, f"{redis_url}?db=8", monkeypatch, capsys)
    with open_terminal(terminal, ASSIST_RECORDINGS_DIR=str(tmp_path / "kept")) as lent:
        yield lent


def deeds(assist: Terminal) -> list[tuple[str, str]]:
    """Return what was done to what, as the audit log tells."""
    return [(deed["action"], deed["subject"]) for deed in assist("audit", "--json").json]


def test_who_is_erased_gets_a_receipt_and_is_in_the_campaign_no_more(assist: Terminal) -> None:
    assert assist("campaign", "import", "uno").code == 0
    ended = assist("erase", "--number", ANA, "--yes", "--json")
    assert (ended.code, ended.json["contacts"], ended.json["do_not_call"]) == (0, 1, False)
    assert ended.json["kept"]
    assert ANA[1:] not in ended.out
    assert ANA not in assist("campaign", "results", "uno").out


def test_a_person_reads_the_receipt(assist: Terminal) -> None:
    assert assist("campaign", "import", "uno").code == 0
    ended = assist("erase", "--number", "-", "--country", "es", "--yes", "--do-not-call", typed="910 000 002\n")
    assert ended.code == 0
    assert "Receipt erasure-" in ended.out
    assert "contacts in campaigns, with their results" in ended.out
    assert "on the list of numbers that nobody may call" in ended.out
    assert assist("campaign", "dnc", "list", ANA).code == 0


def test_what_is_no_number_is_told_without_it(assist: Terminal) -> None:
    ended = assist("erase", "--number", "910000002", "--yes")
    assert ended.code == 2
    assert "--country" in ended.err
    assert "910000002" not in ended.err


def test_nobody_is_erased_by_mistake(assist: Terminal) -> None:
    ended = assist("erase", "--number", ANA)
    assert ended.code == 2
    assert "--yes" in ended.err


def test_a_call_in_progress_ends_1(assist: Terminal) -> None:
    async def ring() -> None:
        async with open_store(assist.redis_url, YEAR) as store:
            await store.callers.add(ANA, "the-call", datetime.now(UTC), YEAR)
            await store.save_session("the-call", b"{}")

    asyncio.run(ring())
    ended = assist("erase", "--number", ANA, "--yes")
    assert ended.code == 1
    assert "in progress" in ended.err


def test_what_is_over_is_shown_before_it_is_removed(assist: Terminal) -> None:
    path = assist.directory / "kept" / f"{uuid4()}.wav"
    path.touch()
    os.utime(path, (0, 0))
    shown = assist("retention", "--dry-run")
    assert "Would be removed" in shown.out
    assert path.exists()
    assert assist("retention", "--json").json["recordings"] == 1
    assert not path.exists()
    assert deeds(assist) == [("retention", "")]


def test_each_change_is_written_down_with_who_made_it(assist: Terminal) -> None:
    assist("campaign", "import", "uno")
    assist("campaign", "start", "uno")
    assist("campaign", "pause", "uno")
    assist("campaign", "resume", "uno")
    assist("campaign", "results", "uno")
    assist("campaign", "dnc", "add", ANA)
    assist("campaign", "dnc", "remove", ANA)
    assist("campaign", "cancel", "uno", "--yes")
    receipt = assist("erase", "--number", ANA, "--yes", "--json").json["id"]
    assert deeds(assist) == [
        ("campaign.import", "uno"),
        ("campaign.start", "uno"),
        ("campaign.pause", "uno"),
        ("campaign.resume", "uno"),
        ("campaign.results", "uno"),
        ("dnc.add", ""),
        ("dnc.remove", ""),
        ("campaign.cancel", "uno"),
        ("person.erase", receipt),
    ]
    shown = assist("audit")
    assert operator() in shown.out
    assert "campaign.start" in shown.out
    assert ANA[1:] not in shown.out + assist("audit", "--json").out


def test_keys_and_webhooks_are_written_down_without_their_secrets(assist: Terminal) -> None:
    key = assist("keys", "create", "crm", "--scope", "read", "--json").json
    assist("keys", "rotate", key["id"])
    assist("keys", "revoke", key["id"])
    hook = assist("webhooks", "add", "https://hooks.example/in?token=abcdefgh", "--json").json["endpoint"]["id"]
    assist("webhooks", "disable", hook)
    assist("webhooks", "enable", hook)
    assist("webhooks", "rotate", hook)
    assist("webhooks", "remove", hook)
    assert deeds(assist) == [
        ("keys.create", "crm"),
        ("keys.rotate", key["id"]),
        ("keys.revoke", key["id"]),
        ("webhooks.add", ""),
        ("webhooks.disable", hook),
        ("webhooks.enable", hook),
        ("webhooks.rotate", hook),
        ("webhooks.remove", hook),
    ]
    assert "abcdefgh" not in assist("audit", "--json").out


def test_looking_changes_nothing_in_the_audit_log(assist: Terminal) -> None:
    assist("campaign", "import", "uno")
    for verb in (("campaign", "status"), ("campaign", "dnc", "list"), ("retention", "--dry-run"), ("audit",)):
        assert assist(*verb).code == 0
    assert deeds(assist) == [("campaign.import", "uno")]


def test_the_audit_log_since_a_day(assist: Terminal) -> None:
    assert "nobody did anything" in assist("audit").out
    assist("campaign", "import", "uno")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    today = datetime.now(UTC).date().isoformat()
    assert assist("audit", "--since", tomorrow, "--json").json == []
    assert len(assist("audit", "--since", today, "--json").json) == 1
