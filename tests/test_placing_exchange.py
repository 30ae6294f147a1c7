from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from assist.campaign.flaw import Unfit
from assist.campaign.suppression import DoNotCall
from assist.errors import ConfigurationError
from assist.placing.destination import NotAllowed
from assist.placing.exchange import Exchange, NotWanted, open_exchange
from assist.settings import Settings, read_settings
from assist.store import open_store
from tests.dialing import FakeNode, own_ledger
from tests.rigs import until


@pytest.fixture
def settings(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    def read(**more: str) -> Settings:
        for name, value in {"REDIS_URL": redis_url, "ASSIST_DURABLE": "memory", **more}.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return read


@asynccontextmanager
async def opened(settings: Settings, redis_url: str, node: FakeNode | None = None) -> AsyncIterator[Exchange]:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    async with (
        own_ledger(redis_url) as ledger,
        open_store(redis_url, timedelta(days=1)) as store,
        open_exchange(settings, redis_url, ledger, {"node": node or FakeNode()}, store) as exchange,
    ):
        yield exchange


async def test_a_number_that_may_be_called_is_called_however_it_is_written(
    settings: Callable[..., Settings], redis_url: str
) -> None:
    node = FakeNode()
    async with opened(settings(ASSIST_CALLS_GATEWAY="trunk"), redis_url, node) as exchange:
        wishes = [await exchange.wish("one", written, "uno") for written in ("+34 910 000 101", "910000101")]
        assert wishes[0] == wishes[1]
        await exchange.placer.place(wishes[0])
        await until(lambda: bool(node.placed))
        assert node.placed[0].endpoint == "sofia/gateway/trunk/+34910000101"
        assert await exchange.book.get("one")


async def test_nobody_is_called_who_does_not_want_it(settings: Callable[..., Settings], redis_url: str) -> None:
    async with opened(settings(), redis_url) as exchange:
        await DoNotCall(exchange.ledger).add("+34910000101")
        with pytest.raises(NotWanted) as refused:
            await exchange.wish("one", "910000101", "uno")
    assert "910" not in str(refused.value)


async def test_what_is_no_number_and_who_may_not_be_called(settings: Callable[..., Settings], redis_url: str) -> None:
    async with opened(settings(), redis_url) as exchange:
        with pytest.raises(Unfit):
            await exchange.wish("one", "12", "uno")
        with pytest.raises(NotAllowed):
            await exchange.wish("one", "+33142685300", "uno")


async def test_settings_that_mean_nothing_open_no_exchange(settings: Callable[..., Settings], redis_url: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSIST_CALLS_KINDS"):
        async with opened(settings(ASSIST_CALLS_KINDS="satellite"), redis_url):
            pass
