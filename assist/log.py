"""How this program logs: coloured for a person at a terminal, one JSON object a line for anything else.

Every line names the call it is about. Telephone numbers and keys are not logged; should one get into a message after
all, whoever wrote that, it is blotted out here.
"""

import json
import logging
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Literal, TextIO, TypeAlias

from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler

from assist.redaction import redacted

CALL: Final[ContextVar[str]] = ContextVar("call", default="")
"""FreeSWITCH's UUID of the call that the current task works for. Set it in the call's task: its children inherit it."""

Format: TypeAlias = Literal["auto", "json", "text"]

log = logging.getLogger(__name__)


def set_up_logging(level: int = logging.INFO, stream: TextIO = sys.stderr, form: Format = "auto") -> None:
    """Send everything that is logged to *stream*, in place of whatever was set up before.

    Warnings of Python and errors that nobody catches are logged, too. *form*: ``auto`` is text at a terminal only.
    """
    handler = _handler(stream, form)
    handler.addFilter(_completed)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_a_thread


def _handler(stream: TextIO, form: Format) -> logging.Handler:
    if form == "json" or (form == "auto" and not stream.isatty()):
        return _formatted(logging.StreamHandler(stream), _Json())
    if not stream.isatty():
        return _formatted(logging.StreamHandler(stream), _Line("%(asctime)s %(levelname)s %(message)s"))
    console = Console(file=stream)
    handler = RichHandler(console=console, show_path=False, log_time_format="%X", highlighter=NullHighlighter())
    return _formatted(handler, _Line("%(message)s"))


def _formatted(handler: logging.Handler, formatter: logging.Formatter) -> logging.Handler:
    handler.setFormatter(formatter)
    return handler


def _completed(record: logging.LogRecord) -> bool:
    """Put the call and the kind of event on *record*, and take off it what nobody may read."""
    record.call = CALL.get()
    record.event = redacted(str(record.msg))
    record.msg, record.args = redacted(record.getMessage()), None
    if record.exc_info:
        record.exc_text = redacted(_PLAIN.formatException(record.exc_info))
    if record.stack_info:
        record.stack_info = redacted(record.stack_info)
    return True


_PLAIN = logging.Formatter()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        log.critical("an error that nobody caught", exc_info=(kind, error, trace))


def _uncaught_in_a_thread(caught: threading.ExceptHookArgs) -> None:
    if caught.exc_value:
        _uncaught(caught.exc_type, caught.exc_value, caught.exc_traceback)


class _Line(logging.Formatter):
    """For a person: the start of the call's id is enough to tell calls apart."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        if call := getattr(record, "call", ""):
            record.message = f"{call[:8]} {record.message}"
        return super().formatMessage(record)


class _Json(logging.Formatter):
    """One object a line. The event is the message before its values were put in: the same for all of a kind."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "call": getattr(record, "call", ""),
            "event": getattr(record, "event", ""),
            "message": record.getMessage(),
            "error": record.exc_text,
            "stack": record.stack_info,
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)
