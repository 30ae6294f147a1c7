"""FreeSWITCH, asked by its own Event Socket."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from typing import Final

from assist.aio import Stream
from assist.doctor.finding import Finding, ok, warning, wrong
from assist.doctor.gateways import gateways
from assist.doctor.listeners import Listener, is_here, is_open, listeners
from assist.errors import CommandFailed, ConfigurationError, ConnectionLost
from assist.settings import Esl, Listen, Settings
from assist.switch.connection import Connection
from assist.switch.control import GREETING_SECONDS, SHIPPED_PASSWORD, Control, control
from assist.switch.modules import MODULES

TESTED: Final = (1, 10, 12)

_VERSION = re.compile(r"Version (\d+)\.(\d+)\.(\d+)")


async def look(settings: Settings) -> Stream[Finding]:
    """Yield what is found of each FreeSWITCH."""
    for host, port in settings.esl.addresses:
        name = f"FreeSWITCH {host}:{port}" if settings.esl.nodes else "FreeSWITCH"
        here = await asyncio.to_thread(is_here, host)
        for finding in exposed(name, listeners(port) if here else []):
            yield finding
        try:
            async for finding in _entered(name, host, port, settings, here=here):
                yield finding
        except ConnectionLost as error:
            yield wrong(name, str(error), "start it with freeswitch/conf, or set ASSIST_ESL_HOST and ASSIST_ESL_PORT")


async def _entered(name: str, host: str, port: int, settings: Settings, *, here: bool) -> Stream[Finding]:
    try:
        async with control(host, port, _password(settings.esl)) as switch:
            async for finding in _asked(name, switch, settings.listen, here=here):
                yield finding
    except ConfigurationError:
        yield await _shut_out(name, host, port, known=settings.esl.password is not None)


def _password(esl: Esl) -> str:
    return esl.password.get_secret_value() if esl.password else ""


def exposed(name: str, listening: Iterable[Listener]) -> Iterator[Finding]:
    """Yield what is to be said if strangers may reach the Event Socket."""
    if places := sorted({str(listener.address) for listener in listening if is_open(listener.address)}):
        yield wrong(
            f"{name}: Event Socket",
            f"listens on {', '.join(places)}: whoever reaches it commands FreeSWITCH, or ends it without a password",
            "set listen-ip in event_socket.conf.xml to 127.0.0.1, as freeswitch/conf does",
        )


async def _shut_out(name: str, host: str, port: int, *, known: bool) -> Finding:
    """Return why FreeSWITCH was not asked: its password is not *known*, or another. Raises `ConnectionLost`."""
    if await _takes_shipped_password(host, port):
        mend = "choose another, in event_socket.conf.xml or by ASSIST_ESL_PASSWORD, for FreeSWITCH and for Assist"
        return wrong(name, "takes the password it is published with, which everybody knows", mend)
    if known:
        return wrong(name, "refuses the password", "give FreeSWITCH and Assist the same ASSIST_ESL_PASSWORD")
    mend = "set ASSIST_ESL_PASSWORD: without it no calls can be placed, and nothing is cleared away"
    return warning(name, "not asked: there is no password for its Event Socket", mend)


async def _takes_shipped_password(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            async with Connection(reader, writer) as connection:
                await connection.greeted()
                await connection.command(f"auth {SHIPPED_PASSWORD}")
    except CommandFailed:
        return False
    except (OSError, TimeoutError) as error:
        raise ConnectionLost(f"event socket {host}:{port}: {error or 'no answer'}") from error
    return True


async def _asked(name: str, switch: Control, listen: Listen, *, here: bool) -> Stream[Finding]:
    yield version(name, await _said(switch, "version"))
    answers = {module: await _said(switch, f"module_exists {module}") for module in MODULES}
    yield modules(name, answers)
    status, details = await _said(switch, "sofia xmlstatus"), await _said(switch, "sofia xmlstatus gateway")
    for finding in gateways(name, status, details):
        yield finding
    yield dialplan(name, await _said(switch, "global_getvar assist_socket"), listen, here=here)
    if await _said(switch, "global_getvar default_password") == "1234":
        yield wrong(
            f"{name}: telephones",
            "default_password is 1234, with which strangers register and call at your cost",
            "use freeswitch/conf, which has no users, or set another in vars.xml",
        )


async def _said(switch: Control, command: str) -> str:
    """Return what FreeSWITCH answers; empty if it knows nothing of the kind."""
    try:
        return (await switch.connection.api(command)).strip()
    except CommandFailed:
        return ""


def version(name: str, told: str) -> Finding:
    """Return what is to be said of FreeSWITCH's version, which it *told*."""
    found = _VERSION.search(told)
    if found is None:
        return warning(name, "answers, but does not tell its version", "see that it is FreeSWITCH 1.10.12 or newer")
    written = ".".join(found.groups())
    if tuple(map(int, found.groups())) < TESTED:
        return warning(name, f"{written}: older than what Assist was tested with", "install 1.10.12 or newer")
    return ok(name, f"{written}, takes the password")


def modules(name: str, answers: dict[str, str]) -> Finding:
    """Return what is to be said of FreeSWITCH's modules; *answers* are those to ``module_exists``."""
    subject = f"{name}: modules"
    missing = [module for module, answer in answers.items() if answer == "false"]
    if missing:
        mend = "load them in autoload_configs/modules.conf.xml; at once: fs_cli -x 'load MODULE'"
        return wrong(subject, f"missing: {', '.join(missing)}", mend)
    if "true" not in answers.values():
        mend = "compare fs_cli -x 'show modules' with freeswitch/conf"
        return warning(subject, "it does not tell which there are", mend)
    return ok(subject, f"all {len(answers)} that are needed")


def dialplan(name: str, told: str, listen: Listen, *, here: bool) -> Finding:
    """Return whether the dialplan, which *told* its ``assist_socket``, sends calls where this machine's workers listen.

    *here*: FreeSWITCH is on the same machine.
    """
    subject = f"{name}: dialplan"
    if not told:
        mend = "use freeswitch/conf/dialplan, or see that yours has the application socket"
        return warning(subject, "does not tell where it sends calls", mend)
    ours = f"{listen.host}:{listen.port}"
    places = told.split("|")
    if ours in places or (_everywhere(listen.host) and any(place.endswith(f":{listen.port}") for place in places)):
        return ok(subject, f"sends calls to the workers at {told}")
    mend = "give FreeSWITCH the same ASSIST_LISTEN_HOST and ASSIST_LISTEN_PORT, or ASSIST_SOCKET, and restart it"
    found = f"sends calls to {told}, but workers listen at {ours}"
    return wrong(subject, found, mend) if here else warning(subject, found, mend)


def _everywhere(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")
