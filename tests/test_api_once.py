"""``Idempotency-Key``, by a route whose work is counted."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from redis.asyncio import Redis

from assist.api import problem
from assist.api.door import LOCAL, Caller
from assist.api.once import OnceRoute, Shelf, wish_of

SAME = {"Idempotency-Key": "k"}


class Work:
    """A route, and what was done by it."""

    def __init__(self, redis: Redis) -> None:
        self.done: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.begun = asyncio.Event()
        self.refuses = False
        self.app = FastAPI()
        self.app.state.shelf = Shelf(redis)
        problem.install(self.app)
        router = APIRouter(route_class=OnceRoute)

        @router.post("/work", status_code=202)
        async def work(request: Request) -> dict[str, int]:
            self.begun.set()
            await self.go_on.wait()
            if self.refuses:
                raise problem.Refusal("conflict")
            self.done.append((await request.body()).decode())
            return {"number": len(self.done)}

        self.app.include_router(router)
        self.caller = LOCAL

    async def ask(self, body: str = "a", headers: dict[str, str] | None = None) -> httpx.Response:
        async def with_caller(scope: dict[str, object], receive: object, send: object) -> None:
            scope["state"] = {"caller": self.caller}
            await self.app(scope, receive, send)  # type: ignore[arg-type]

        transport = httpx.ASGITransport(with_caller, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.post("/work", content=body, headers=SAME if headers is None else headers)


@pytest.fixture
async def work(redis_url: str) -> AsyncIterator[Work]:
    async with Redis.from_url(redis_url, protocol=2) as redis:
        await redis.flushdb()
        yield Work(redis)


async def test_the_same_request_is_done_once_and_answered_twice(work: Work) -> None:
    first, second = await work.ask(), await work.ask()
    assert work.done == ["a"]
    assert (first.status_code, first.json()) == (second.status_code, second.json()) == (202, {"number": 1})
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["content-type"] == "application/json"


async def test_without_a_key_it_is_done_as_often_as_it_is_asked_for(work: Work) -> None:
    for _ in range(2):
        await work.ask(headers={})
    assert len(work.done) == 2


async def test_another_request_with_the_same_key_is_refused(work: Work) -> None:
    await work.ask("a")
    other = await work.ask("b")
    assert (other.status_code, other.json()["type"]) == (422, "urn:assist:problem:key-reused")
    assert work.done == ["a"]


async def test_one_that_is_being_worked_on_is_not_begun_again(work: Work) -> None:
    work.go_on.clear()
    first = asyncio.create_task(work.ask())
    await work.begun.wait()
    second = await work.ask()
    work.go_on.set()
    assert (second.status_code, second.json()["type"]) == (409, "urn:assist:problem:in-flight")
    assert (await first).status_code == 202
    assert work.done == ["a"]


async def test_one_that_was_refused_may_be_sent_again(work: Work) -> None:
    work.refuses = True
    assert (await work.ask()).status_code == 409
    work.refuses = False
    assert (await work.ask()).status_code == 202


async def test_keys_of_others_are_other_keys(work: Work) -> None:
    await work.ask()
    work.caller = Caller("another", LOCAL.scopes)
    assert (await work.ask("b")).status_code == 202
    assert work.done == ["a", "b"]


async def test_the_answer_is_kept_for_more_than_a_day(work: Work, redis_url: str) -> None:
    await work.ask()
    async with Redis.from_url(redis_url) as redis:
        (name,) = await redis.keys("{api}:once:*")
        assert await redis.ttl(name) > 24 * 3600


def test_what_is_made_for_a_request_has_the_same_id_whenever_that_is_sent() -> None:
    other = Caller("other", LOCAL.scopes)
    ids = [wish_of(LOCAL, "k"), wish_of(LOCAL, "k"), wish_of(LOCAL, "l"), wish_of(other, "k")]
    assert len({*ids}) == 3
    assert ids[0] == ids[1]
