"""Redis with wrong settings, and workers that live or do not."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from assist.doctor import redis
from assist.doctor.finding import Finding, State
from assist.doctor.listeners import Listener
from assist.settings import Listen, Settings, read_settings
from assist.simulate.ports import free_port
from assist.store import Worker, open_store
from tests.redis_process import redis_process

LISTEN = Listen(host="127.0.0.1", port=8084)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("ASSIST_LISTEN_PORT", str(free_port()))
    yield monkeypatch


def at(monkeypatch: pytest.MonkeyPatch, url: str, **variables: str) -> Settings:
    for name, value in {"REDIS_URL": url, **variables}.items():
        monkeypatch.setenv(name, value)
    return read_settings()


async def look(settings: Settings) -> dict[str, Finding]:
    return {finding.subject: finding async for finding in redis.look(settings)}


async def test_a_redis_that_throws_away_and_writes_nothing_down_is_wrong(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with redis_process(tmp_path, "--maxmemory-policy", "allkeys-lru", "--appendonly", "no") as server:
        found = await look(at(settings, server.url))
    assert found["Redis"].state is State.OK
    assert found["Redis: persistence"].state is State.WRONG
    assert "appendonly yes" in found["Redis: persistence"].mend
    assert found["Redis: memory"].state is State.WRONG
    assert "allkeys-lru" in found["Redis: memory"].found
    assert found["Clock: Redis"].state is State.OK, "it is the same clock"


async def test_a_redis_as_it_should_be_is_well_and_the_worker_that_lives_is_counted(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with redis_process(tmp_path, "--maxmemory-policy", "noeviction", "--appendonly", "yes") as server:
        before = await look(at(settings, server.url))
        async with open_store(server.url, timedelta(hours=1)) as store:
            await store.worker_alive(Worker("here-1", 3, 50))
            found = await look(at(settings, server.url))
    assert before["Workers"].state is State.WARNING, "none lives"
    assert {finding.subject for finding in found.values() if finding.state is not State.OK} <= {"Redis: latency"}
    assert found["Workers"].found == "1 alive, 3 of 50 calls"


async def test_without_a_disk_it_is_enough_for_who_says_so_and_a_replica_must_be_there(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with redis_process(tmp_path, "--appendonly", "no") as server:
        memory = await look(at(settings, server.url, ASSIST_DURABLE="memory"))
        replica = await look(at(settings, server.url, ASSIST_DURABLE="replica"))
    assert memory["Redis: persistence"].state is State.WARNING
    assert replica["Redis: persistence"].state is State.WRONG
    assert "no replica" in replica["Redis: persistence"].found


async def test_a_redis_that_is_not_there_is_told_without_its_address(settings: pytest.MonkeyPatch) -> None:
    found = await look(at(settings, f"redis://:secret@127.0.0.1:{free_port()}"))
    assert found["Redis"].state is State.WRONG
    assert "does not answer" in found["Redis"].found
    assert "secret" not in repr(found)


async def test_a_wrong_password_is_told_as_such(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with redis_process(tmp_path, "--requirepass", "right") as server:
        found = await look(at(settings, f"{server.url}?password=secret"))
    assert found["Redis"].found == "refuses the password"
    assert "secret" not in repr(found)


async def test_one_that_wants_a_password_that_nobody_wrote_is_told_as_such(
    settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with redis_process(tmp_path, "--requirepass", "right") as server:
        found = await look(at(settings, server.url))
    assert found["Redis"].found == "refuses the password"


@pytest.mark.slow
async def test_the_embedded_one_is_well(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = await look(at(settings, "", ASSIST_STATE_DIR=str(tmp_path)))
    assert "embedded" in found["Redis"].found
    assert found["Redis: persistence"].state is found["Redis: memory"].state is State.OK


def test_an_old_server_is_wrong() -> None:
    info = {
        "redis_version": "5.0.14",
        "aof_enabled": 1,
        "aof_last_write_status": "ok",
        "maxmemory_policy": "noeviction",
    }
    assert [finding.state for finding in redis.server(info, "aof", embedded=False)] == [
        State.WRONG,
        State.OK,
        State.OK,
    ]


def test_a_disk_that_fails_is_wrong() -> None:
    info = {"redis_version": "7.0", "aof_enabled": 1, "aof_last_write_status": "err", "maxmemory_policy": "noeviction"}
    found = {finding.subject: finding.state for finding in redis.server(info, "aof", embedded=False)}
    assert found["Redis: persistence"] is State.WRONG


@pytest.mark.parametrize(
    ("took", "expected"),
    [([0.001, 0.002], State.OK), ([0.001, 0.001, 0.2], State.WARNING), ([0.06, 0.07, 0.08], State.WRONG)],
)
def test_latency_is_held_against_what_a_caller_may_wait(took: list[float], expected: State) -> None:
    assert redis.latency(took).state is expected


@pytest.mark.parametrize(
    ("seconds", "state", "found"),
    [
        (0.2, State.OK, "200 ms from that of Redis"),
        (-3.0, State.WRONG, "3.0 s behind that of Redis"),
        (3.0, State.WRONG, "3.0 s before that of Redis"),
    ],
)
def test_clocks_that_differ_are_told(seconds: float, state: State, found: str) -> None:
    finding = redis.drift(seconds)
    assert (finding.state, finding.found) == (state, found)


def test_a_port_that_somebody_else_has_is_wrong() -> None:
    (found,) = redis.workers([], [Listener(ip_address("127.0.0.1"), 8084, 0)], LISTEN)
    assert found.state is State.WRONG


def test_a_port_open_to_strangers_is_told() -> None:
    port, alive = redis.workers([Worker("w", 0, 50)], [Listener(ip_address("0.0.0.0"), 8084, 0)], LISTEN)
    assert (port.state, alive.state) == (State.WARNING, State.OK)
