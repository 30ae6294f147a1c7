"""What a simulated session is told to run, by its dialplan or by messages, and the events of that."""

from collections.abc import Mapping
from uuid import uuid4

from assist.simulate.session import Session, Steps
from assist.switch.wire import Command


def parse_messages(session: Session) -> Steps:
    """Do what the waiting messages ask for. Applications call it each frame, so without a lock they nest."""
    while session.private and not session.locks:
        yield from _parse(session, session.private.popleft())
        if session.broken:
            return


def _parse(session: Session, message: Command) -> Steps:
    headers = {name.lower(): value for name, value in message.headers.items()}
    lock = headers.get("event-lock") == "true"
    session.locks += lock
    try:
        match headers.get("call-command"):
            case "execute":
                yield from _perform(session, headers)
            case "hangup":
                session.hang_up(headers.get("hangup-cause", "NORMAL_CLEARING"))
    finally:
        session.locks -= lock


def _perform(session: Session, headers: Mapping[str, str]) -> Steps:
    outermost, session.broadcast = not session.broadcast, True
    session.stop_broadcast = False
    yield from run(
        session, headers.get("execute-app-name", ""), headers.get("execute-app-arg", ""), headers.get("event-uuid")
    )
    if outermost or session.stop_broadcast:
        session.broadcast = False
    session.broken = session.broken or session.stop_broadcast


def run(session: Session, name: str, argument: str = "", uuid: str | None = None) -> Steps:
    """Run an application, with the events before and after it: if there is such a one, and still a call."""
    application = session.board.applications.get(name)
    if application is None or session.cause:
        return
    what = {"Application": name, "Application-Data": argument, "Application-UUID": uuid or str(uuid4())}
    session.variables |= {"current_application": name, "current_application_data": argument}
    session.variables.pop("current_application_response", None)
    session.fire("CHANNEL_EXECUTE", what)
    # A break that came before is lost here.
    session.broken = False
    yield from application(session, argument)
    response = session.variables.get("current_application_response", "_none_")
    session.fire("CHANNEL_EXECUTE_COMPLETE", {**what, "Application-Response": response})
