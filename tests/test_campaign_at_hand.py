import asyncio
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from assist.campaign.at_hand import at_hand
from assist.campaign.bounds import limits
from assist.campaign.files import read_files
from assist.campaign.model import CampaignState
from assist.campaign.service import ledger_of
from assist.errors import ConfigurationError, StoreError
from assist.settings import Settings, read_settings
from tests.campaign_files import environment_of, write_campaign
from tests.rigs import until


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with the campaign ``uno``."""
    write_campaign(tmp_path)
    for name, value in environment_of(tmp_path, redis_url).items():
        monkeypatch.setenv(name, value)
    return read_settings()


def is_opening() -> bool:
    return "campaigns" in {task.get_name() for task in asyncio.all_tasks()}


async def test_where_there_are_campaigns_they_are_opened_before_anybody_asks(
    settings: Settings, redis_url: str
) -> None:
    async with at_hand(settings, redis_url) as open_:
        await until(lambda: not is_opening())
        (settings.files.policies_dir / "default.yaml").unlink()
        ledger, plans = await open_()
        assert await open_() == (ledger, plans)
        assert plans.policies.of("ES")


async def test_a_campaign_that_runs_is_read_before_its_first_call(settings: Settings, redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis, ledger_of(settings, redis_url) as ledger:
        await redis.flushdb()
        plans = read_files(settings).plans
        await ledger.create("uno", limits(plans.get("uno").campaign, plans.policies, 50, 0))
        await ledger.set_state("uno", CampaignState.RUNNING)
    async with at_hand(settings, redis_url) as open_:
        await until(lambda: not is_opening())
        path = settings.files.campaigns_dir / "uno.yaml"
        before = path.stat().st_mtime_ns
        path.write_text("nobody sees that it was changed", encoding="utf-8")
        os.utime(path, ns=(before, before))
        _, plans = await open_()
        assert plans.get("uno").campaign.name == "uno"


async def test_what_is_broken_then_is_told_when_it_is_asked_for_and_may_be_mended(
    settings: Settings, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    policy = settings.files.policies_dir / "default.yaml"
    right = policy.read_text(encoding="utf-8")
    policy.write_text("purposes: [", encoding="utf-8")
    async with at_hand(settings, redis_url) as open_:
        await until(lambda: not is_opening())
        assert "default.yaml:1" in caplog.text
        with pytest.raises(ConfigurationError, match=r"default\.yaml:1"):
            await open_()
        policy.write_text(right, encoding="utf-8")
        await open_()


async def test_an_installation_without_campaigns_needs_no_ledger(settings: Settings) -> None:
    nowhere = replace(settings, redis=settings.redis.model_copy(update={"url": SecretStr("redis://127.0.0.1:1")}))
    (settings.files.campaigns_dir / "uno.yaml").unlink()
    async with at_hand(nowhere, "redis://127.0.0.1:1") as open_:
        assert not is_opening()
        with pytest.raises(StoreError):
            await open_()


async def test_whoever_leaves_while_they_are_opened_leaves_nothing(settings: Settings, redis_url: str) -> None:
    async with at_hand(settings, redis_url):
        assert is_opening()
    assert not is_opening()
