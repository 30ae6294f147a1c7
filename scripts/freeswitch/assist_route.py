"""Which assistant answers a number: FreeSWITCH (mod_python3) asks here before it looks into its dialplan.

For many numbers, or numbers that another program writes: the file that ``ASSIST_DIDS`` names holds one to a line,
``+34910000002 clinica es`` (the language of the apology may be left out; ``#`` starts a comment). It is read at every
call, so nothing is to be reloaded. What is not in it is left to ``freeswitch/conf/dialplan/public/``.

FreeSWITCH itself would crash on an answer that is no string and on an exception longer than 20 kB: neither leaves here.
It sees no virtual environment, and its Python may lack what is compiled: few and plain imports.
"""

import re
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

freeswitch: Any = import_module("freeswitch")  # mod_python3 brings it

LINE = re.compile(r"^\s*\+?(?P<number>\d{1,20})\s+(?P<assistant>[\w-]{1,64})(?:\s+(?P<language>[a-z]{2}))?\s*(?:#.*)?$")
NOTHING = re.compile(r"^\s*(?:#.*)?$")

NOT_FOUND = '<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>'

ROUTE = """<document type="freeswitch/xml"><section name="dialplan"><context name="public">
  <extension name="{assistant}">
    <condition field="destination_number" expression="{expression}">{actions}</condition>
  </extension>
</context></section></document>"""


def xml_fetch(params: Any, args: str = "") -> str:
    """Return the dialplan for the number called, or that there is none here. Never raises."""
    try:
        if params.getHeader("Hunt-Context") != "public":
            return NOT_FOUND
        return dialplan(params.getHeader("Hunt-Destination-Number") or "")
    except Exception as error:  # noqa: BLE001 - an exception that leaves here may take the switch down
        complain(type(error).__name__)
        return NOT_FOUND


def fsapi(session: Any, stream: Any, env: Any, args: str = "") -> None:
    """Write the name of the assistant that answers number *args*: ``fs_cli -x 'python assist_route +34910000002'``."""
    try:
        route = find(args.strip())
        stream.write(f"{route['assistant']}\n" if route else "not in the table: see dialplan/public\n")
    except Exception as error:  # noqa: BLE001 - as above
        complain(type(error).__name__)


def dialplan(number: str) -> str:
    """Return the extension that hands *number* to its assistant."""
    route = find(number)
    if route is None:
        return NOT_FOUND
    variables = {"assist_assistant": route["assistant"], "assist_language": route["language"]}
    actions = [("set", f"{name}={value}") for name, value in variables.items() if value]
    actions.append(("transfer", f"{number} XML assist"))
    return ROUTE.format(
        assistant=route["assistant"],
        expression=escape(f"^{re.escape(number)}$"),
        actions="".join(f'<action application="{name}" data="{escape(data)}"/>' for name, data in actions),
    )


def find(number: str) -> dict[str, str] | None:
    """Return the row of *number*, with or without its ``+``: ``number``, ``assistant``, ``language``."""
    table = freeswitch.getGlobalVariable("assist_dids")
    if not table or not re.fullmatch(r"\+?\d{1,20}", number, re.ASCII):
        return None
    for place, line in enumerate(Path(table).read_text(encoding="utf-8").splitlines(), 1):
        row = LINE.match(line)
        if row and row["number"] == number.lstrip("+"):
            return row.groupdict(default="")
        if not row and not NOTHING.match(line):
            complain(f"line {place}: write NUMBER ASSISTANT [LANGUAGE]")
    return None


def complain(what: str) -> None:
    """Log *what* is wrong with the table, as FreeSWITCH logs."""
    freeswitch.consoleLog("err", f"assist_route: $ASSIST_DIDS: {what[:200]}\n")
