"""How this program logs: coloured for a person at a terminal, one JSON object a line for anything else.

Every line names the call it is about. Telephone numbers are not logged; should one get into a message after all,
it is blotted out here.
"""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler

CALL: Final[ContextVar[str]] = ContextVar("call", default="")
"""FreeSWITCH's UUID of the call that the current task works for. Set it in the call's task: its children inherit it."""

BLOT: Final = "‹number›"

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_NUMBERS = re.compile(
    rf"""
    (?P<kept>
        \b[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b             # UUID
      | \b\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?         # date, time
      | (?<![\d.])(?:{_OCTET}\.){{3}}{_OCTET}(?![\d.]*\d)                   # IPv4 address
      | \bpid[ =]?\d{{1,7}}\b
    )
  | \+?\(?\d(?:[ ().\-/]{{0,2}}\d){{5,}}
    """,
    re.VERBOSE | re.IGNORECASE,
)


def redacted(text: str) -> str:
    """Return *text* with every run of six digits or more blotted out, but for times, addresses and identifiers."""
    return _NUMBERS.sub(lambda found: found["kept"] or BLOT, text)


def set_up_logging(level: int = logging.INFO, stream: TextIO = sys.stderr) -> None:
    """Send everything that is logged to *stream*, in place of whatever was set up before."""
    handler = _for_people(stream) if stream.isatty() else _for_machines(stream)
    handler.addFilter(_completed)
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _for_people(stream: TextIO) -> logging.Handler:
    handler = RichHandler(
        console=Console(file=stream), show_path=False, log_time_format="%X", highlighter=NullHighlighter()
    )
    handler.setFormatter(_Line())
    return handler


def _for_machines(stream: TextIO) -> logging.Handler:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json())
    return handler


def _completed(record: logging.LogRecord) -> bool:
    """Put the call on *record*, and take numbers off it."""
    record.call = CALL.get()
    record.msg, record.args = redacted(record.getMessage()), None
    if record.exc_info:
        record.exc_text = redacted(_PLAIN.formatException(record.exc_info))
    return True


_PLAIN = logging.Formatter()


class _Line(logging.Formatter):
    """For a terminal: the start of the call's id is enough to tell calls apart."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        call = getattr(record, "call", "")
        return f"{call[:8]} {record.message}" if call else record.message


class _Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "call": getattr(record, "call", ""),
            "message": record.getMessage(),
            "error": record.exc_text,
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)
