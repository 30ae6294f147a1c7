"""The work on Docket: real Redis, real tasks; the calls are not."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from assist.campaign.bounds import limits
from assist.campaign.causes import End
from assist.campaign.docket import work_on
from assist.campaign.ledger import Ledger
from assist.campaign.model import CampaignState, Claim, ContactState, Outcome, Result
from assist.campaign.service import Work
from assist.errors import StoreError
from assist.store import Store, Worker, open_store
from tests.campaigns import lenient
from tests.dialing import FakeNode, own_ledger, plans
from tests.ledgers import people

pytestmark = pytest.mark.slow


class Diary:
    """Work that is only written down; the campaign ``c`` runs, and has two claims."""

    def __init__(self, *claims: Claim) -> None:
        self.claims = list(claims)
        self.done: asyncio.Queue[str] = asyncio.Queue()
        self.down = False

    async def running(self) -> Iterable[str]:
        if self.down:
            self.down = False
            raise StoreError("down")
        return ["c"]

    async def pump(self, campaign: str, dial: Callable[[Claim], Awaitable[None]]) -> float | None:
        while self.claims:
            await dial(self.claims.pop())
        self.done.put_nowait(f"pumped {campaign}")
        return None

    async def dial(self, attempt: str, fence: int) -> None:
        self.done.put_nowait(f"dialed {attempt} {fence}")


@asynccontextmanager
async def working(url: str, *works: Work | Diary, name: str = "") -> AsyncIterator[None]:
    """Let as many processes as there are works do them."""
    name = name or f"test-{secrets.token_hex(4)}"
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as processes:
        for work in works:
            processes.create_task(work_on(url, work, stop, name))
        yield
        stop.set()


async def test_what_is_claimed_is_dialed(redis_url: str) -> None:
    claim = Claim("c", people(1)[0], 1, 7, "node", 0.0)
    diary = Diary(claim)
    seen: set[str] = set()
    async with working(redis_url, diary), asyncio.timeout(20):
        while not {"pumped c", f"dialed {claim.id} 7"} <= seen:
            seen.add(await diary.done.get())


async def test_a_redis_that_was_down_is_asked_again(redis_url: str) -> None:
    diary = Diary()
    diary.down = True
    async with working(redis_url, diary), asyncio.timeout(20):
        while await diary.done.get() != "pumped c":
            pass


async def test_a_campaign_is_called_through_by_two_dialers(redis_url: str) -> None:
    """Everybody once, whoever of the two dials, and it finishes."""
    node = FakeNode(End("USER_BUSY", 486))
    plan = plans(
        gateway={"cps": 50, "calls": 100},
        pace={"calls": 20, "kept": 0, "breaker": {"sample": 1000}},
        retry={"busy": "never"},
    )
    async with own_ledger(redis_url) as ledger, open_store(redis_url, timedelta(days=1)) as store:
        await store.worker_alive(Worker("docket", calls=0, capacity=100))
        await ledger.create("c", limits(plan.get("c").campaign, lenient(), 100, 0))
        await ledger.add("c", people(40))
        await ledger.set_state("c", CampaignState.RUNNING)
        beating = asyncio.create_task(_beat(store))
        works = [Work(ledger, plan, {"node": node}, store) for _ in range(2)]
        async with working(redis_url, *works), asyncio.timeout(60):
            await _finished(ledger)
        beating.cancel()
        counts = await ledger.counts("c")
    assert counts.states == {ContactState.DONE: 40}
    assert counts.outcomes == {Outcome.EXHAUSTED: 40}
    assert counts.results == {Result.BUSY: 40}
    assert len({order.call for order in node.placed}) == len(node.placed) == 40


async def _beat(store: Store) -> None:
    while True:
        await store.worker_alive(Worker("docket", calls=0, capacity=100))
        await asyncio.sleep(1)


async def _finished(ledger: Ledger) -> None:
    while (await ledger.counts("c")).state is not CampaignState.FINISHED:  # noqa: ASYNC110 - by other processes, mostly
        await asyncio.sleep(0.05)
