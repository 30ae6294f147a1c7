"""What was kept for long enough goes, and nothing else."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from assist.campaign.model import CampaignState
from assist.privacy.retention import Over, Retained, Sweeping, sweep
from assist.settings import Retention, read_settings
from tests.ledgers import LIMITS, people
from tests.privacy import ANA, Installation, installation

NOW = datetime.now(UTC)


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installation(tmp_path) as lent:
        yield lent


def retained(installed: Installation) -> Retained:
    return Retained(installed.store, installed.ledger, installed.recordings, Retention())


def recorded(installed: Installation, days: float) -> Path:
    """Return a recording of so many days ago."""
    path = installed.record(str(uuid4()))
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path, (moment, moment))
    return path


async def campaign(installed: Installation, name: str, state: CampaignState) -> None:
    await installed.ledger.create(name, LIMITS)
    await installed.ledger.add(name, people(3))
    for one in {CampaignState.RUNNING, state}:
        await installed.ledger.set_state(name, one)


async def test_what_is_too_old_is_counted_and_then_removed(installed: Installation) -> None:
    old, young = recorded(installed, 31), recorded(installed, 29)
    await installed.called(ANA, began=NOW - timedelta(days=366))
    await installed.called(ANA, began=NOW - timedelta(days=300))
    found = await retained(installed).look(NOW)
    assert found == Over(recordings=1, calls=1)
    assert old.exists()
    assert await retained(installed).remove(NOW) == found
    assert not old.exists()
    assert young.exists()
    assert await installed.store.history.count() == 1
    assert await retained(installed).remove(NOW) == Over()


async def test_the_people_of_a_campaign_go_some_time_after_its_end(installed: Installation) -> None:
    await campaign(installed, "over", CampaignState.CANCELLED)
    await campaign(installed, "paused", CampaignState.PAUSED)
    assert (await retained(installed).remove(NOW + timedelta(days=89))).contacts == 0
    later = NOW + timedelta(days=91)
    assert (await retained(installed).look(later)).contacts == 3
    assert (await retained(installed).remove(later)).contacts == 3
    assert (await installed.ledger.contacts("over")).standings == ()
    assert len((await installed.ledger.contacts("paused")).standings) == 3


async def test_who_did_what_goes_after_two_years(installed: Installation) -> None:
    await installed.store.audit.record("user:ana", "campaign.start", "c")
    assert (await retained(installed).remove(NOW + timedelta(days=729))).deeds == 0
    assert (await retained(installed).remove(NOW + timedelta(days=731))).deeds == 1


async def test_other_files_beside_recordings_are_not_touched(installed: Installation) -> None:
    for name in ("notes.wav", f"{uuid4()}.mp3", "README"):
        path = installed.record(str(uuid4())).rename(installed.recordings / name)
        os.utime(path, (0, 0))
    assert (await retained(installed).remove(NOW)).recordings == 0
    assert len(list(installed.recordings.iterdir())) == 3


async def test_without_a_directory_of_recordings_there_is_nothing_to_remove(installed: Installation) -> None:
    nowhere = Retained(installed.store, installed.ledger, None, Retention())
    assert await nowhere.remove(NOW) == await nowhere.look(NOW) == Over()


async def test_of_several_processes_one_removes_and_tells_of_it(
    installed: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", installed.url)
    monkeypatch.setenv("ASSIST_DURABLE", "memory")
    monkeypatch.setenv("ASSIST_RECORDINGS_DIR", str(installed.recordings))
    old = recorded(installed, 31)
    await sweep(read_settings())
    assert not old.exists()
    second = recorded(installed, 31)
    await sweep(read_settings())
    assert second.exists(), "an hour has not passed"
    (deed,) = [deed async for deed in installed.store.audit.deeds()]
    assert (deed.actor, deed.action, deed.details["recordings"]) == ("system", "retention", "1")


async def test_a_store_that_is_down_is_told_and_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("REDIS_URL", f"unix://{tmp_path}/nobody.sock")
    monkeypatch.setattr("assist.privacy.retention.FIRST", timedelta(0))
    sweeping = Sweeping(read_settings())
    await sweeping()
    assert "an hour later" in caplog.text
    caplog.clear()
    await sweeping()
    assert caplog.text == ""


async def test_nothing_is_removed_just_after_the_start(
    installed: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", installed.url)
    monkeypatch.setenv("ASSIST_RECORDINGS_DIR", str(installed.recordings))
    old = recorded(installed, 31)
    await Sweeping(read_settings())()
    assert old.exists()
