from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from redis.asyncio import Redis

from assist.api.keys import Keys, Scope


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, protocol=2) as client:
        await client.flushdb()
        yield client


async def test_only_whoever_has_the_secret_is_let_in(redis: Redis) -> None:
    keys = Keys(redis)
    key, sent = await keys.create("crm", [Scope.READ])
    assert sent.startswith(key.prefix)
    assert await keys.holder(sent) == key
    wrong = [
        sent[:-1] + ("A" if sent[-1] != "A" else "B"),
        key.prefix,
        f"{key.prefix}_",
        "",
        "ak__",
        "ak_*_x",
        sent[3:],
    ]
    assert [await keys.holder(other) for other in wrong] == [None] * len(wrong)


async def test_what_is_kept_opens_nothing(redis: Redis) -> None:
    keys = Keys(redis)
    key, sent = await keys.create("crm", [Scope.READ])
    kept = b"".join([await redis.dump(name) or b"" for name in await redis.keys("*")])
    assert sent.split("_", 2)[2].encode() not in kept
    assert await keys.holder(f"{key.prefix}_{key.digest}") is None


async def test_a_key_that_has_expired_opens_nothing(redis: Redis) -> None:
    keys = Keys(redis)
    _, late = await keys.create("crm", [Scope.READ], datetime.now(UTC) - timedelta(seconds=1))
    _, good = await keys.create("crm", [Scope.READ], datetime.now(UTC) + timedelta(hours=1))
    assert await keys.holder(late) is None
    assert await keys.holder(good)


async def test_after_a_rotation_both_secrets_are_good_for_a_while(redis: Redis) -> None:
    keys = Keys(redis)
    key, first = await keys.create("crm", [Scope.READ])
    rotated = await keys.rotate(key.id, timedelta(hours=1))
    assert rotated
    assert await keys.holder(first)
    assert await keys.holder(rotated[1])
    again = await keys.rotate(key.id, timedelta(0))
    assert again
    assert [await keys.holder(sent) for sent in (first, rotated[1])] == [None, None]
    assert await keys.holder(again[1])
    assert await keys.rotate("0123456789") is None


async def test_a_key_that_is_revoked_is_gone(redis: Redis) -> None:
    keys = Keys(redis)
    key, sent = await keys.create("crm", [Scope.READ])
    assert await keys.any()
    assert await keys.revoke(key.id)
    assert not await keys.revoke(key.id)
    assert await keys.holder(sent) is None
    assert not await keys.any()


async def test_it_is_known_when_each_was_used_last(redis: Redis) -> None:
    keys = Keys(redis)
    used, sent = await keys.create("used", [Scope.READ])
    unused, _ = await keys.create("unused", [Scope.CALLS, Scope.READ])
    await keys.holder(sent)
    listed = dict(await keys.all())
    assert list(listed) == [used, unused]
    assert (moment := listed[used]) and datetime.now(UTC) - moment < timedelta(seconds=10)
    assert listed[unused] is None


async def test_an_admin_may_do_everything(redis: Redis) -> None:
    admin, _ = await Keys(redis).create("admin", [Scope.ADMIN])
    reader, _ = await Keys(redis).create("reader", [Scope.READ])
    assert all(admin.allows(scope) for scope in Scope)
    assert [scope for scope in Scope if reader.allows(scope)] == [Scope.READ]
