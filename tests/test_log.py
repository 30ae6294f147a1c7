import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from assist.log import CALL, Format, set_up_logging

UUID = "3f2a8c1e-9012-4345-8678-123456789012"
logger = logging.getLogger("assist.test")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers, hooks = root.level, root.handlers[:], (sys.excepthook, threading.excepthook)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(False)


def last(stream: io.StringIO) -> dict[str, str]:
    line: dict[str, str] = json.loads(stream.getvalue().splitlines()[-1])
    return line


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
    assert line == {
        "level": "WARNING",
        "logger": "assist.test",
        "call": UUID,
        "event": "turn %d\nof %s",
        "message": "turn 3\nof clinic",
    }


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


def test_whatever_a_library_says_is_redacted() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    library = logging.getLogger("some.library")
    library.error("POST https://me:hunter22@api.example/v1 with Bearer abcdef failed for 600111222", stack_info=True)
    line = last(stream)
    assert line["message"] == "POST https://‹secret›@api.example/v1 with Bearer ‹secret› failed for ‹number›"
    assert line["event"] == line["message"]
    assert "hunter22" not in stream.getvalue()
    assert "in test_whatever_a_library_says" in line["stack"]


def test_the_chain_of_an_error_is_redacted_whole() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    try:
        try:
            raise KeyError("+34600111222")
        except KeyError as error:
            raise RuntimeError("key=abcdef0123 refused") from error
    except RuntimeError:
        logger.exception("no")
    told = last(stream)["error"]
    assert "KeyError" in told
    assert not any(word in stream.getvalue() for word in ("600111222", "abcdef0123"))


def test_warnings_and_errors_that_nobody_catches_are_logged_and_redacted() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("600111222 is odd", UserWarning, stacklevel=1)
    assert "‹number› is odd" in last(stream)["message"]

    def fail() -> None:
        raise ValueError("600111222")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert last(stream)["error"].endswith("ValueError: ‹number›")
    error = ValueError("600111222")
    sys.excepthook(ValueError, error, None)
    assert last(stream)["level"] == "CRITICAL"
    assert "600111222" not in stream.getvalue()


@pytest.mark.parametrize(("form", "terminal"), [("json", True), ("text", False)])
def test_the_form_can_be_chosen(form: Format, terminal: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    set_up_logging(stream=stream, form=form)
    token = CALL.set(UUID)
    try:
        logger.info("answered %d", 200)
    finally:
        CALL.reset(token)
    if form == "json":
        assert last(stream)["message"] == "answered 200"
    else:
        assert stream.getvalue().endswith("INFO 3f2a8c1e answered 200\n")


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
