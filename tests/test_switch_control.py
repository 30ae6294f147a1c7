import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

import assist.switch.control
from assist.errors import CommandFailed, ConfigurationError, ConnectionLost, HungUp
from assist.switch.control import Control, control
from tests.event_socket import CAPTURES, FarEnd, listening

PASSWORD = "a-long-one"


@asynccontextmanager
async def controlled() -> AsyncIterator[tuple[Control, FarEnd]]:
    async with listening() as (port, arrived):
        greeting = asyncio.create_task(greet(arrived))
        async with control("127.0.0.1", port, PASSWORD) as switch:
            yield switch, await greeting


async def greet(arrived: asyncio.Queue[FarEnd]) -> FarEnd:
    switch = await arrived.get()
    switch.send(b"Content-Type: auth/request\n\n")
    assert (await switch.receive()).text == f"auth {PASSWORD}"
    switch.reply("+OK accepted")
    return switch


async def enter(port: int) -> None:
    async with control("127.0.0.1", port, PASSWORD):
        pass


async def finish_job(switch: FarEnd, body: str) -> str:
    """Carry out the next background job; return its command."""
    command = await switch.receive()
    if command.text.startswith("event"):
        switch.reply("+OK event listener enabled json")
        command = await switch.receive()
    switch.reply("+OK Job-UUID: x")
    switch.tell(f'{{"Event-Name":"BACKGROUND_JOB","Job-UUID":"{command.headers["Job-UUID"]}","_body":"{body}\\n"}}')
    return command.text


async def test_a_call_that_is_answered() -> None:
    async with controlled() as (switch, far_end):
        calling = asyncio.create_task(
            switch.originate(
                "sofia/gateway/carrier/600", "in", uuid="u1", context="outgoing", variables={"originate_timeout": "30"}
            )
        )
        assert await finish_job(far_end, "+OK u1") == (
            "bgapi originate {origination_uuid=u1,originate_timeout=30}sofia/gateway/carrier/600 in XML outgoing"
        )
        await calling


async def test_a_call_that_nobody_answers_says_why() -> None:
    async with controlled() as (switch, far_end):
        calling = asyncio.create_task(switch.originate("sofia/gateway/carrier/600", "in", uuid="u1"))
        await finish_job(far_end, "-ERR USER_BUSY")
        with pytest.raises(HungUp) as hung_up:
            await calling
        assert hung_up.value.cause == "USER_BUSY"


async def test_a_call_that_went_out_under_another_id_is_taken_back() -> None:
    async with controlled() as (switch, far_end):
        calling = asyncio.create_task(switch.originate("loopback/park", "in", uuid="u1"))
        await finish_job(far_end, "+OK u2")
        assert (await far_end.receive()).text == "api uuid_kill u2 NORMAL_CLEARING"
        far_end.print("+OK\n")
        with pytest.raises(CommandFailed, match="the id is taken"):
            await calling


async def test_questions_about_calls() -> None:
    async with controlled() as (switch, far_end):
        answers: list[tuple[Callable[[], Awaitable[object]], str, str, object]] = [
            (switch.status, "api status", "UP 0 years\n", "UP 0 years"),
            (lambda: switch.uuid_exists("u1"), "api uuid_exists u1", "true", True),
            (lambda: switch.uuid_exists("u2"), "api uuid_exists u2", "false", False),
            (lambda: switch.hang_up("u1", "USER_BUSY"), "api uuid_kill u1 USER_BUSY", "+OK\n", None),
        ]
        for ask, command, printed, answer in answers:
            asking = asyncio.ensure_future(ask())
            assert (await far_end.receive()).text == command
            far_end.print(printed)
            assert await asking == answer


async def test_hanging_up_what_is_no_call_fails() -> None:
    async with controlled() as (switch, far_end):
        hanging_up = asyncio.create_task(switch.hang_up("u1"))
        await far_end.receive()
        far_end.print("-ERR No such channel!\n")
        with pytest.raises(CommandFailed, match="No such channel"):
            await hanging_up


async def test_it_does_not_come_back_by_itself() -> None:
    async with listening() as (port, arrived):
        greeting = asyncio.create_task(greet(arrived))
        async with control("127.0.0.1", port, PASSWORD) as switch:
            await (await greeting).leave()
            await switch.connection.closed()
            with pytest.raises(ConnectionLost):
                await switch.status()
        assert arrived.empty()


async def test_a_wrong_password_is_a_matter_of_configuration() -> None:
    async with listening() as (port, arrived):
        entering = asyncio.create_task(enter(port))
        greeting, blank, refusal = (CAPTURES / "wrong_password.esl").read_bytes().partition(b"\n\n")
        switch = await arrived.get()
        switch.send(greeting + blank)
        await switch.receive()
        switch.send(refusal)
        with pytest.raises(ConfigurationError, match=f"event socket 127.0.0.1:{port}: wrong password") as error:
            await entering
        assert PASSWORD not in str(error.value)


@pytest.mark.parametrize("password", ["ClueCon", ""])
async def test_the_password_everybody_knows_is_refused_before_it_is_sent(password: str) -> None:
    async with listening() as (port, arrived):
        with pytest.raises(ConfigurationError, match="set another"):
            async with control("127.0.0.1", port, password):
                pass
        assert arrived.empty()


async def test_the_password_is_not_told_to_who_does_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assist.switch.control, "GREETING_SECONDS", 0.05)
    async with listening() as (port, arrived):
        with pytest.raises(ConnectionLost, match="is it FreeSWITCH"):
            await enter(port)
        assert await (await arrived.get()).is_left()


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b"SSH-2.0-OpenSSH_9.2\n\n", "a frame without a content type"),
        (b"Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n", "access list"),
    ],
)
async def test_who_does_not_let_us_in_is_told_apart(greeting: bytes, reason: str) -> None:
    async with listening() as (port, arrived):
        entering = asyncio.create_task(enter(port))
        (await arrived.get()).send(greeting)
        with pytest.raises(ConnectionLost, match=reason):
            await entering


async def test_nobody_there_is_told_with_the_address() -> None:
    async with listening() as (port, _):
        pass
    with pytest.raises(ConnectionLost, match=f"event socket 127.0.0.1:{port}"):
        await enter(port)
