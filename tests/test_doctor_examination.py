"""Checks side by side: what they find is told in order, and none takes the others down."""

import asyncio
import logging
from collections.abc import Iterator
from threading import get_ident

import pytest

from assist.aio import Stream
from assist.doctor.examination import Check, at_leisure, examine
from assist.doctor.finding import Finding, State, ok
from assist.errors import StoreError
from assist.settings import Settings, read_settings


async def well(_: Settings) -> Stream[Finding]:
    yield ok("pulse", "60")


async def test_findings_come_in_the_order_of_the_checks_not_of_their_ends() -> None:
    second_looked = asyncio.Event()

    async def slow(_: Settings) -> Stream[Finding]:
        await second_looked.wait()
        yield ok("first", "")

    async def quick(_: Settings) -> Stream[Finding]:
        second_looked.set()
        yield ok("second", "")

    found = await examine(read_settings(), [Check("first", slow), Check("second", quick)])
    assert [finding.subject for finding in found] == ["first", "second"]


async def test_a_check_that_fails_is_a_finding_and_tells_nothing_that_may_be_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(_: Settings) -> Stream[Finding]:
        yield ok("heart", "beats")
        raise ValueError("redis://:secret@host")

    with caplog.at_level(logging.INFO):
        found = await examine(read_settings(), [Check("heart", broken), Check("pulse", well)])
    assert [(finding.subject, finding.state) for finding in found] == [
        ("heart", State.OK),
        ("heart", State.WRONG),
        ("pulse", State.OK),
    ]
    assert "ValueError" in found[1].found
    assert "secret" not in repr(found) + caplog.text


async def test_what_a_check_raises_on_purpose_is_told_in_its_words() -> None:
    async def refused(_: Settings) -> Stream[Finding]:
        raise StoreError("the embedded Redis runs but does not answer")
        yield

    (found,) = await examine(read_settings(), [Check("Redis", refused)])
    assert (found.state, found.found) == (State.WRONG, "the embedded Redis runs but does not answer")


async def test_a_check_that_hangs_is_a_finding_after_its_time_and_what_it_found_before_stays() -> None:
    async def hanging(_: Settings) -> Stream[Finding]:
        yield ok("disk", "is there")
        await asyncio.Event().wait()

    found = await examine(read_settings(), [Check("disk", hanging, patience=0.01)])
    assert [finding.found for finding in found] == ["is there", "no answer in 0.01 s"]


async def test_what_waits_for_disks_does_so_beside_the_loop() -> None:
    threads = []

    def look(_: Settings) -> Iterator[Finding]:
        threads.append(get_ident())
        yield ok("disk", "")

    assert await examine(read_settings(), [Check("disk", at_leisure(look))]) == [ok("disk", "")]
    assert threads != [get_ident()]
