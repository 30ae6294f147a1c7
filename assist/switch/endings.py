"""How calls ended, as FreeSWITCH itself remembers it: whoever placed a call may not live to hear its end.

A call that was placed to be remembered runs `assist.switch.hook.HOOK` at its end: mod_hash keeps a line for it, until
it is told to forget.
"""

from collections.abc import Mapping
from typing import Final

from assist.errors import ProtocolError
from assist.switch.commands import word
from assist.switch.events import Event
from assist.switch.hook import HEADERS, REALM

MODULE: Final = "module_exists mod_hash"
"""The command that prints whether FreeSWITCH can remember anything."""
ALL: Final = f"hash_dump db {REALM}"
"""The command that prints everything that is remembered, for `read`."""


def forgetting(call: str) -> str:
    """Return the command that makes FreeSWITCH forget how *call* ended. Raises `ProtocolError`."""
    return f"hash delete/{REALM}/{word(call)}"


def read(printed: str) -> Mapping[str, Event]:
    """Return what ``CHANNEL_HANGUP_COMPLETE`` would say of each call that is remembered, by its id.

    Raises `ProtocolError`.
    """
    lines = (line.removeprefix(f"D/{REALM}_").partition("/") for line in printed.splitlines() if line)
    return {call: _ended(values.split(";")) for call, _, values in lines}


def _ended(values: list[str]) -> Event:
    if len(values) != len(HEADERS):
        raise ProtocolError("the end of a call is not remembered as it should be")
    return Event(dict(zip(HEADERS, values, strict=True)))
