"""What the ledger demands of a Redis, and what it does when it does not get it. Time is that of Redis."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from assist.campaign.ledger import Durability, Ledger, open_ledger
from assist.campaign.model import Blocked, CampaignState, Claim, ContactState, Outcome, Refusal, Result, Trunk
from assist.errors import ConfigurationError, StoreError
from assist.simulate.ports import free_port
from tests.ledgers import ALWAYS, LIMITS, MADRID, people, person
from tests.redis_process import RedisProcess, redis_process

pytestmark = pytest.mark.slow

ON_DISK = ("--appendonly", "yes", "--appendfsync", "always")
QUICK = replace(LIMITS, trunk=Trunk("trunk", cps=1000.0, calls=50))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    with redis_process(tmp_path) as redis:
        yield redis


@asynccontextmanager
async def running(url: str, durability: Durability, contacts: int) -> AsyncIterator[Ledger]:
    async with open_ledger(url, durability) as ledger:
        await ledger.create("c", QUICK)
        await ledger.add("c", people(contacts))
        await ledger.set_state("c", CampaignState.RUNNING)
        yield ledger


async def claimed(ledger: Ledger) -> Claim:
    while isinstance(claim := await ledger.attempts.claim("c", MADRID, ALWAYS, "node", 30), Refusal):
        assert claim.reason is Blocked.CPS, "it is too soon after the last"
    return claim


async def configure(url: str, **options: str) -> None:
    async with Redis.from_url(url) as redis:
        for name, value in options.items():
            await redis.config_set(name.replace("_", "-"), value)


@pytest.mark.parametrize("durability", Durability)
async def test_a_redis_that_may_drop_keys_is_refused(server: RedisProcess, durability: Durability) -> None:
    await configure(server.url, maxmemory_policy="allkeys-lru", appendonly="yes")
    with pytest.raises(ConfigurationError, match="set it to noeviction"):
        async with open_ledger(server.url, durability):
            pass


async def test_a_redis_that_keeps_nothing_on_disk_is_refused_unless_memory_is_enough(server: RedisProcess) -> None:
    with pytest.raises(ConfigurationError, match="appendonly is no"):
        async with open_ledger(server.url, Durability.AOF):
            pass
    async with running(server.url, Durability.MEMORY, 1) as ledger:
        assert await ledger.attempts.dialing(await claimed(ledger))


async def test_a_redis_without_a_replica_is_refused_where_one_is_demanded(server: RedisProcess) -> None:
    with pytest.raises(ConfigurationError, match="no replica"):
        async with open_ledger(server.url, Durability.REPLICA):
            pass


@pytest.mark.parametrize(
    "options",
    [{"appendfsync": "everysec"}, {"appendfsync": "always", "no_appendfsync_on_rewrite": "yes"}],
)
async def test_a_redis_that_answers_before_it_has_written_is_refused(
    server: RedisProcess, options: dict[str, str]
) -> None:
    await configure(server.url, appendonly="yes", **options)
    with pytest.raises(ConfigurationError, match="fsync"):
        async with open_ledger(server.url, Durability.AOF):
            pass


async def test_an_installations_own_redis_is_set_as_it_must_be(server: RedisProcess) -> None:
    await configure(server.url, appendonly="yes", appendfsync="everysec", no_appendfsync_on_rewrite="yes")
    async with open_ledger(server.url, Durability.AOF, ours=True):
        pass
    async with open_ledger(server.url, Durability.AOF):
        pass


async def test_what_is_being_dialed_outlives_a_redis_that_is_killed(tmp_path: Path) -> None:
    with redis_process(tmp_path, *ON_DISK) as redis:
        async with running(redis.url, Durability.AOF, 2) as ledger:
            dialed, other = await claimed(ledger), await claimed(ledger)
            assert await ledger.attempts.dialing(dialed)
            await ledger.suppress(ledger.number_key(other.contact.number))
            redis.process.kill()
            redis.process.wait()
            with pytest.raises(StoreError):
                await ledger.attempts.dialing(other)
            with redis_process(tmp_path, *ON_DISK):
                await loaded(redis.url)
                live = await ledger.attempts.get(dialed.id)
                assert live is not None
                assert live.state is ContactState.DIALING
                assert not await ledger.attempts.dialing(dialed)
                assert not await ledger.attempts.dialing(other)
                assert await ledger.attempts.finish(dialed.id, Result.UNKNOWN, Outcome.UNKNOWN)


async def test_numbers_are_known_again_after_a_restart(server: RedisProcess) -> None:
    async with open_ledger(server.url, Durability.MEMORY) as ledger:
        key = ledger.number_key(person(0).number)
    async with open_ledger(server.url, Durability.MEMORY) as ledger:
        assert ledger.number_key(person(0).number) == key
    async with open_ledger(server.url, Durability.MEMORY, tag="another") as ledger:
        assert ledger.number_key(person(0).number) != key


async def test_nothing_is_dialed_while_the_replica_does_not_follow(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    port = free_port()
    listening = ("--bind", "127.0.0.1", "--port", str(port), "--repl-diskless-sync-delay", "0")
    with (
        redis_process(tmp_path / "first", *listening) as first,
        redis_process(tmp_path / "second", "--replicaof", "127.0.0.1", str(port)) as second,
    ):
        await linked(first.url)
        async with running(first.url, Durability.REPLICA, 2) as ledger:
            assert await ledger.attempts.dialing(await claimed(ledger))
            claim = await claimed(ledger)
            os.kill(second.process.pid, signal.SIGSTOP)
            with pytest.raises(StoreError, match="not as safe as demanded"):
                await ledger.attempts.dialing(claim)
            with pytest.raises(StoreError, match="not as safe as demanded"):
                await ledger.suppress(b"0" * 16)
            standing = await ledger.contact("c", claim.contact.id)
            assert standing is not None
            assert standing.state is ContactState.WAITING
            again = await claimed(ledger)
            assert again.contact == claim.contact
            assert again.attempt == 2, "the number of an attempt that was to be dialed is used up"


async def test_many_workers_at_once_call_everybody_once(server: RedisProcess) -> None:
    async with running(server.url, Durability.MEMORY, 60) as ledger:
        dialed: list[Claim] = []

        async def work() -> None:
            while True:
                claim = await ledger.attempts.claim("c", MADRID, ALWAYS, "node", 30)
                if isinstance(claim, Refusal):
                    if claim.until is None:
                        return
                    continue
                if await ledger.attempts.dialing(claim):
                    dialed.append(claim)
                    assert len(await ledger.attempts.live()) <= QUICK.calls
                    await ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)

        await asyncio.gather(*(work() for _ in range(20)))
        assert max(Counter(claim.id for claim in dialed).values()) == 1
        assert {claim.contact.id for claim in dialed} == {contact.id for contact in people(60)}
        assert (await ledger.counts("c")).outcomes == {Outcome.REACHED: 60}


async def loaded(url: str) -> None:
    """Return when the server has read what was on the disk."""
    async with Redis.from_url(url) as redis, asyncio.timeout(20):
        while (await redis.info("persistence"))["loading"]:
            pass


async def linked(url: str) -> None:
    """Return when the replica follows."""
    async with Redis.from_url(url) as redis:
        await redis.set("written", "once")
        assert await redis.wait(1, 20_000) == 1
