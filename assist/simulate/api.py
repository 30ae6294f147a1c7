"""The API commands of the simulated switch: they act at once, whatever the call is doing."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from assist.simulate.memory import dump, remember
from assist.simulate.session import Session
from assist.simulate.switchboard import Switchboard
from assist.switch.modules import MODULES

NO_CHANNEL = "-ERR No such channel!\n"


def api(board: Switchboard, command: str) -> str:
    """Return what *command* prints."""
    verb, _, argument = command.partition(" ")
    if verb in _OF_THE_SWITCH:
        return _OF_THE_SWITCH[verb](board, argument)
    if verb not in _OF_A_CALL:
        return f"-ERR {verb} Command not found!\n"
    uuid, _, rest = argument.partition(" ")
    session = board.sessions.get(uuid)
    if session is None:
        return "-ERR Cannot locate session!\n" if verb == "uuid_record" else NO_CHANNEL
    return _OF_A_CALL[verb](session, rest)


def _exists(board: Switchboard, argument: str) -> str:
    return "true" if argument in board.sessions else "false"


def _status(board: Switchboard, argument: str) -> str:
    return f"UP\nFreeSWITCH (simulated) is ready\n{len(board.sessions)} session(s)\n"


def _show(board: Switchboard, argument: str) -> str:
    if argument.endswith("as json"):
        rows = [{"uuid": uuid} for uuid in board.sessions]
        return json.dumps({"row_count": len(rows), "rows": rows} if rows else {"row_count": 0})
    return f"\n{len(board.sessions) + len(board.legs)} total.\n"


def _hang_up_all(board: Switchboard, argument: str) -> str:
    cause, name, value = [*argument.split(), "", "", ""][:3]
    for leg in tuple(board.legs):
        if not name or leg.variables.get(name) == value:
            leg.hang_up(cause)
    for session in tuple(board.sessions.values()):
        if not name or session.variables.get(name) == value:
            session.hang_up(cause)
    return f"+OK hangup all channels matching [{name}]=[{value}] with cause: {cause}\n"


def _break(session: Session, argument: str) -> str:
    session.interrupt("all" in argument)
    return "+OK\n"


def _kill(session: Session, argument: str) -> str:
    session.hang_up(argument or "NORMAL_CLEARING")
    return "+OK\n"


def _dump(session: Session, argument: str) -> str:
    return "".join(f"{name}: {value}\n" for name, value in session.data().items())


def _getvar(session: Session, argument: str) -> str:
    return session.variables.get(argument, "_undef_")


def _setvar(session: Session, argument: str) -> str:
    name, _, value = argument.partition(" ")
    session.set_variable(name, value)
    return "+OK\n"


def _setvar_multi(session: Session, argument: str) -> str:
    for pair in argument.split(";"):
        name, _, value = pair.partition("=")
        session.set_variable(name, value)
    return "+OK\n"


def _buglist(session: Session, argument: str) -> str:
    bugs = "".join(
        " <media-bug>\n  <function>session_record</function>\n"
        f"  <target>{path}</target>\n  <thread-locked>0</thread-locked>\n </media-bug>\n"
        for path in session.rtp.recorders
    )
    return f"<media-bugs>\n{bugs}</media-bugs>\n"


def _record(session: Session, argument: str) -> str:
    action, path, *rest = argument.split(" ", 3)
    return _RECORDING[action](session, Path(path), rest[1] if len(rest) > 1 else "")


def _record_start(session: Session, path: Path, variables: str) -> str:
    pairs = (pair.partition("=") for pair in variables.strip("{}").split(","))
    try:
        session.record(path, {name: value for name, equals, value in pairs if equals})
    except OSError:
        return "-ERR Cannot record session!\n"
    return "+OK Success\n"


def _record_stop(session: Session, path: Path, variables: str) -> str:
    try:
        session.stop_recording(path)
    except KeyError:
        return "-ERR Cannot stop record session!\n"
    return "+OK Success\n"


def _record_mask(session: Session, path: Path, variables: str, masked: bool = True) -> str:
    recorder = session.rtp.recorders.get(path)
    if recorder is None:
        return f"-ERR Cannot {'mask' if masked else 'unmask'} recording session!\n"
    recorder.masked = masked
    return "+OK Success\n"


_RECORDING: Mapping[str, Callable[[Session, Path, str], str]] = {
    "start": _record_start,
    "stop": _record_stop,
    "mask": _record_mask,
    "unmask": lambda session, path, variables: _record_mask(session, path, variables, masked=False),
}
_OF_THE_SWITCH: Mapping[str, Callable[[Switchboard, str], str]] = {
    "global_getvar": lambda board, name: "",
    "hash": remember,
    "hash_dump": dump,
    "hupall": _hang_up_all,
    "module_exists": lambda board, name: "true" if name in MODULES else "false",
    "show": _show,
    "status": _status,
    "switchname": lambda board, argument: "simulated",
    "uptime": lambda board, unit: f"{time.monotonic() - board.began:.0f}\n",
    "uuid_exists": _exists,
}
_OF_A_CALL: Mapping[str, Callable[[Session, str], str]] = {
    "uuid_break": _break,
    "uuid_buglist": _buglist,
    "uuid_dump": _dump,
    "uuid_getvar": _getvar,
    "uuid_kill": _kill,
    "uuid_record": _record,
    "uuid_setvar": _setvar,
    "uuid_setvar_multi": _setvar_multi,
}
