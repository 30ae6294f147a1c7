import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from assist.log import BLOT, CALL, redacted, set_up_logging

UUID = "3f2a8c1e-9012-4345-8678-123456789012"
logger = logging.getLogger("assist.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


def last(stream: io.StringIO) -> dict[str, str]:
    line: dict[str, str] = json.loads(stream.getvalue().splitlines()[-1])
    return line


@pytest.mark.parametrize(
    "number",
    [
        "600111222",
        "+34600111222",
        "+34 600 11 12 22",
        "(91) 555-01-99",
        "555.0199",
        "91/555/01/99",
        "sip:34600111222@trunk.example",
        "u600111222",
        "1,600111222",
    ],
)
def test_telephone_numbers_are_blotted_out(number: str) -> None:
    found = redacted(f"from {number}, failed")
    assert BLOT in found
    assert sum(letter.isdigit() for letter in found) <= 1


@pytest.mark.parametrize(
    "kept",
    [
        f"call {UUID} ended",
        f"call {UUID.upper()} ended",
        "at 2026-11-23T09:30:00.123456 it began",
        "on 2026-11-23 at 10:11:12",
        "peer 192.168.110.220:8084 refused",
        "worker 1 (pid 1234567) died",
        "took 12.345 s, 16000 Hz, 404",
    ],
)
def test_identifiers_times_addresses_and_counts_stay(kept: str) -> None:
    assert redacted(kept) == kept


def test_a_machine_reads_one_object_a_line_with_the_call() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    token = CALL.set(UUID)
    try:
        logger.warning("turn %d\nof %s", 3, "clinic")
    finally:
        CALL.reset(token)
    line = last(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "WARNING", "logger": "assist.test", "call": UUID, "message": "turn 3\nof clinic"}


async def test_calls_at_once_do_not_mix_their_ids() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)

    async def call(identity: str) -> None:
        CALL.set(identity)
        await asyncio.sleep(0)
        logger.info("of %s", identity)

    await asyncio.gather(call("one"), call("two"))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["call"], line["message"]) for line in lines] == [("one", "of one"), ("two", "of two")]


def test_a_number_in_an_argument_or_an_exception_is_not_logged() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    try:
        raise ValueError("no route to 600111222")
    except ValueError:
        logger.exception("dialling %s failed", "+34 600 111 222")
    assert "111" not in stream.getvalue()
    assert "no route to ‹number›" in last(stream)["error"]


def test_a_person_reads_lines_with_the_short_id_of_the_call() -> None:
    stream = Terminal()
    set_up_logging(stream=stream)
    token = CALL.set(UUID)
    try:
        logger.info("answered [200] to 600111222")
    finally:
        CALL.reset(token)
    assert "3f2a8c1e answered [200] to ‹number›" in stream.getvalue()


def test_setting_up_again_replaces_what_was() -> None:
    first, second = io.StringIO(), io.StringIO()
    set_up_logging(stream=first)
    set_up_logging(logging.ERROR, second)
    logger.warning("unimportant")
    logger.error("important")
    assert first.getvalue() == ""
    assert last(second)["message"] == "important"
