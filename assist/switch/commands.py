"""Command strings whose parts may not run into each other."""

import re
from collections.abc import Mapping

from assist.errors import ProtocolError
from assist.switch.hook import VARIABLES

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_VALUE = re.compile(r"[^{}\[\]'|^\\<>$\x00-\x1f\x7f]*")
"""Nothing in it by which FreeSWITCH quotes, expands, or cuts a dial string; but for commas and spaces, see `_value`."""
_WORD = re.compile(r"[^\s,{}\[\]'|^\\<>$]+")


def variables(values: Mapping[str, str]) -> str:
    """Return channel variables as ``originate`` and ``bridge`` take them. Raises `ProtocolError`."""
    return "{" + ",".join(f"{_name(name)}={_value(name, value)}" for name, value in values.items()) + "}"


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ProtocolError("not the name of a channel variable")
    return name


def _value(name: str, value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise ProtocolError(f"a character with a meaning of its own in variable {name}")
    # Even between quotes a comma ends the value (seen on 1.10.12), and a space would end the dial string.
    return "'" + value.replace(",", "\\,") + "'" if {" ", ","} & set(value) else value


def word(text: str) -> str:
    """Return *text* if FreeSWITCH will take it as one argument: an endpoint, an id, a cause. Raises `ProtocolError`."""
    if not _WORD.fullmatch(text):
        # It may be a telephone number, so the message does not show it.
        raise ProtocolError("not one plain argument")
    return text


def originate(
    endpoint: str, extension: str, context: str, values: Mapping[str, str], *, remembered: bool = False
) -> str:
    """Return the command that calls *endpoint* and sends who answers to *extension* of *context*.

    *remembered*: FreeSWITCH keeps how the call ended, for `assist.switch.endings`.
    """
    string = variables(values)
    if remembered:
        string = f"{string[:-1]},{VARIABLES}}}"
    return f"originate {string}{word(endpoint)} {word(extension)} XML {word(context)}"
