"""Who is asked before a call: a server on loopback, and what a dialer makes of its answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError
from standardwebhooks import Webhook

from assist.campaign.dialer import Dialer
from assist.campaign.eligibility import Gate, verdict
from assist.campaign.model import Blocked, Claim, ContactState
from assist.campaign.plans import trial_of
from assist.campaign.reasons import Rules, reasons
from assist.campaign.standstill import standstill
from assist.tracing.context import TraceContext
from assist.web.client import Answer, open_web
from assist.web.signature import new_secret
from tests.campaigns import campaign
from tests.dialing import FakeNode, plans
from tests.ledgers import OPEN, Clocked, clocked_ledger, people
from tests.test_campaign_reasons import RULES

SECRET = new_secret()
VARIABLE = "CLINIC_API_KEY"


@dataclass
class Owner:
    """Whoever knows whether somebody may be called; keeps what he was asked."""

    answer: str | None = '{"eligible": true}'
    """None: there never is one."""
    status: int = 200
    asked: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    async def reply(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append((await request.read(), dict(request.headers)))
        if self.answer is None:
            await asyncio.Event().wait()
        return web.Response(text=self.answer, status=self.status)


@pytest.fixture
async def owner(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Owner]:
    monkeypatch.setenv(VARIABLE, SECRET)
    lent = Owner()
    runner = web.ServerRunner(web.Server(lent.reply), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    lent.url = f"http://127.0.0.1:{runner.addresses[0][1]}/may"
    yield lent
    await runner.cleanup()


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        await lent.start("c", people(1))
        yield lent


@asynccontextmanager
async def dialer(clocked: Clocked, owner: Owner, node: FakeNode, **changes: Any) -> AsyncIterator[Dialer]:
    eligibility = {"url": owner.url, "secret": VARIABLE, **changes}
    async with open_web(loopback=True) as our_web:
        yield Dialer(clocked.ledger, plans(eligibility=eligibility), {"node": node}, gate=Gate(our_web))


async def held(clocked: Clocked) -> str:
    """Return why the contact, who waits, was held back."""
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert (standing.state, standing.attempts, standing.past) == (ContactState.WAITING, 0, ())
    return standing.held


async def wait(clocked: Clocked) -> None:
    """Let those who are held be due again; whoever holds them goes by the clock on the wall."""
    await clocked.at(max(await clocked.now(), time.time()) + 400)


async def dialed(clocked: Clocked, owner: Owner, **changes: Any) -> FakeNode:
    """Let a claim be dialed, as far as *owner* wants it."""
    claim, node = await clocked.claimed(), FakeNode()
    async with dialer(clocked, owner, node, **changes) as ours:
        await ours.dial(claim.id, claim.fence)
    return node


async def test_after_a_clear_yes_somebody_is_called(clocked: Clocked, owner: Owner) -> None:
    node = await dialed(clocked, owner)
    assert len(node.placed) == len(owner.asked) == 1


async def test_the_question_says_who_and_is_signed(clocked: Clocked, owner: Owner) -> None:
    node = await dialed(clocked, owner)
    ((body, headers),) = owner.asked
    assert json.loads(body) == {
        "campaign": "c",
        "contact": "p0",
        "number": "+34600000000",
        "attempt": node.placed[0].call,
    }
    Webhook(SECRET).verify(body.decode(), {name.lower(): value for name, value in headers.items()})


async def test_whoever_is_asked_can_go_on_with_the_trace_of_the_call(clocked: Clocked, owner: Owner) -> None:
    claim, context = await clocked.claimed(), TraceContext(traced=True)
    async with open_web(loopback=True) as our_web:
        plan = plans(eligibility={"url": owner.url, "secret": VARIABLE})
        await Dialer(clocked.ledger, plan, {"node": FakeNode()}, gate=Gate(our_web, context)).dial(
            claim.id, claim.fence
        )
    ((_, headers),) = owner.asked
    assert {"traceparent": headers["traceparent"]} == context.headers(claim.id)


async def test_whoever_is_not_to_be_called_is_held_and_asked_about_again(clocked: Clocked, owner: Owner) -> None:
    owner.answer = '{"eligible": false, "reason": "has paid\\u001b[31m"}'
    node = await dialed(clocked, owner)
    assert not node.placed
    assert await held(clocked) == "has paid [31m"
    assert (await clocked.ledger.counts("c")).held == 1
    owner.answer = '{"eligible": true}'
    await wait(clocked)
    node = await dialed(clocked, owner)
    assert len(node.placed) == 1, "as the same attempt, since nothing was sent"
    counts = await clocked.ledger.counts("c")
    standing = await clocked.ledger.contact("c", "p0")
    assert standing is not None
    assert (counts.held, standing.held) == (0, "")


@pytest.mark.parametrize(
    ("answer", "status", "why"),
    [
        ('{"eligible": true}', 500, "HTTP 500"),
        ('{"eligible": true}', 201, "HTTP 201"),
        ('{"eligible": "true"}', 200, "was not"),
        ('{"eligible": 1}', 200, "was not"),
        ("[true]", 200, "was not"),
        ("", 200, "was not"),
        ('{"eligible": true, "more": "' + 5000 * "x" + '"}', 200, "was not"),
        (None, 200, "no answer in time"),
    ],
)
async def test_anything_but_a_clear_yes_is_a_no(
    clocked: Clocked, owner: Owner, answer: str | None, status: int, why: str
) -> None:
    owner.answer, owner.status = answer, status
    node = await dialed(clocked, owner, timeout_s=0.2 if answer is None else 3)
    assert not node.placed
    assert why in await held(clocked)


async def test_a_secret_that_is_not_there_keeps_everybody_from_being_called(
    clocked: Clocked, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    assert not (await dialed(clocked, owner)).placed
    assert VARIABLE in await held(clocked)
    assert not owner.asked


async def test_an_address_that_is_not_public_is_not_asked(clocked: Clocked, owner: Owner) -> None:
    claim, node = await clocked.claimed(), FakeNode()
    plan = plans(eligibility={"url": "https://127.0.0.1/may", "secret": VARIABLE})
    async with open_web() as our_web:
        await Dialer(clocked.ledger, plan, {"node": node}, gate=Gate(our_web)).dial(claim.id, claim.fence)
    assert not node.placed
    assert "no public address" in await held(clocked)


async def test_where_nobody_can_ask_nobody_is_called(clocked: Clocked, owner: Owner) -> None:
    claim, node = await clocked.claimed(), FakeNode()
    plan = plans(eligibility={"url": owner.url, "secret": VARIABLE})
    await Dialer(clocked.ledger, plan, {"node": node}).dial(claim.id, claim.fence)
    assert not node.placed
    assert await held(clocked)


async def test_who_asks_too_late_does_not_call(clocked: Clocked, owner: Owner) -> None:
    """The claim lapsed while the answer was waited for."""
    claim, node = await clocked.claimed(), FakeNode()
    owner.answer = None
    async with dialer(clocked, owner, node, timeout_s=10) as ours:
        dialing = asyncio.create_task(ours.dial(claim.id, claim.fence))
        async with asyncio.timeout(5):
            while not owner.asked:  # noqa: ASYNC110 - by the server
                await asyncio.sleep(0)
        await clocked.later(31)
        assert await clocked.ledger.attempts.release(claim)
        dialing.cancel()
        await asyncio.gather(dialing, return_exceptions=True)
    assert not node.placed


async def test_a_call_to_the_owner_himself_is_nobodys_question(clocked: Clocked, owner: Owner) -> None:
    owner.answer = '{"eligible": false}'
    await clocked.start(trial_of("c"), people(1))
    claim, node = await clocked.claimed(trial_of("c")), FakeNode()
    async with dialer(clocked, owner, node) as ours:
        await ours.dial(claim.id, claim.fence)
    assert len(node.placed) == 1
    assert not owner.asked


async def test_that_somebody_is_held_is_told(clocked: Clocked, owner: Owner) -> None:
    owner.answer = '{"eligible": false, "reason": "has paid"}'
    await dialed(clocked, owner)
    found = await clocked.ledger.why("c", "p0")
    assert found is not None
    rules = Rules(RULES.demands, RULES.caps, OPEN)
    assert "held back when the call was due: has paid" in [one.what for one in reasons(found, rules, 0.0)]
    counts = await clocked.ledger.counts("c")
    blocks = await standstill(clocked.ledger, plans().get("c").calendar, counts, await clocked.now())
    assert {block.reason: block.contacts for block in blocks}[Blocked.INELIGIBLE] == 1


async def test_whoever_is_done_is_held_no_more(clocked: Clocked, owner: Owner) -> None:
    owner.answer = '{"eligible": false}'
    await dialed(clocked, owner)
    await clocked.ledger.suppress(clocked.ledger.number_key("+34600000000"))
    await wait(clocked)
    assert not isinstance(await clocked.claim(), Claim)
    assert (await clocked.ledger.counts("c")).held == 0


def test_a_reason_is_short_and_on_one_line() -> None:
    said = json.dumps({"eligible": False, "reason": "a\n" + "b" * 500})
    why = verdict(Answer(200, {}, said.encode(), whole=True))
    assert why.startswith("a b")
    assert len(why) == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://example.com"},
        {"url": "http://example.com"},
        {"secret": "whsec_abc"},
        {"timeout_s": 11},
        {"on_error": "call"},
    ],
)
def test_what_may_not_be_declared(wrong: dict[str, Any]) -> None:
    right = {"url": "https://example.com/may", "secret": VARIABLE}
    assert campaign(eligibility=right).eligibility is not None
    with pytest.raises(ValidationError):
        campaign(eligibility=right | wrong)
