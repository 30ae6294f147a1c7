"""What the configuration's dialplan does with a call: sockets, then an apology."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assist.simulate.api import api
from assist.simulate.clock import frames
from assist.simulate.messages import run
from assist.simulate.session import Session, Steps


@dataclass(frozen=True, slots=True)
class Dialplan:
    """What ``freeswitch/conf/dialplan`` sets, and what of it a test may want otherwise."""

    pickup_seconds: float = 5.0
    """Within which somebody answers, or it is the apology."""
    max_seconds: float = 3600.0
    apology: Path | None = None
    """A WAV file."""
    resume: bool = True
    """``socket_resume``: without it a call whose worker is gone is left standing."""
    timer: bool = True
    """``timer_name=soft``: without it a voice that runs dry makes the ear deaf."""


class Extension:
    """One call on its way through the dialplan."""

    def __init__(self, session: Session, hosts: Sequence[str], plan: Dialplan) -> None:
        self.apologised = False
        self.entered = session.profile.direction == "inbound"
        """Whoever is called has to answer first."""
        self._session = session
        self._hosts = hosts
        self._plan = plan

    def thread(self) -> Steps:
        """Hold the call from its beginning to its end."""
        session = self._session
        try:
            while not (self.entered or session.cause):
                yield
            yield from self._through()
            if not session.cause:
                session.hang_up("NORMAL_CLEARING")
        finally:
            session.rtp.close()
            session.hang_up("MANAGER_REQUEST")
            _report(session)
            session.fire("CHANNEL_HANGUP_COMPLETE")

    def watch(self) -> None:
        """Notice what time brings: called once a frame."""
        session = self._session
        if session.frames == frames(self._plan.max_seconds):
            session.hang_up("ALLOTTED_TIMEOUT")
        if session.frames == frames(self._plan.pickup_seconds) and not session.answered:
            session.transferred = True

    def notice_end(self) -> None:
        """The call was hung up: tell the sockets."""
        for connection in self._session.sockets:
            connection.notice_end()

    def _through(self) -> Steps:
        session, plan = self._session, self._plan
        if plan.resume:
            session.variables["socket_resume"] = "true"
        if plan.timer:
            session.variables["timer_name"] = "soft"
        session.variables["assist_direction"] = session.profile.direction
        for _ in range(2):
            if session.ready:
                yield from run(session, "socket", f"{'|'.join(self._hosts)} async full")
        session.transferred = False
        if session.ready:
            yield from self._apologise()

    def _apologise(self) -> Steps:
        self.apologised = True
        session = self._session
        yield from run(session, "answer")
        yield from run(session, "sleep", "300")
        if self._plan.apology:
            yield from run(session, "playback", str(self._plan.apology))
        yield from run(session, "hangup", "NORMAL_TEMPORARY_FAILURE")


def _report(session: Session) -> None:
    """Run what the call is to run at its very end, with its places filled."""
    hook = session.variables.get("api_reporting_hook")
    if hook:
        facts = session.variables | session.data()
        api(session.board, re.sub(r"\$\{([^{}]*)\}", lambda place: facts.get(place[1], ""), hook.replace("::", " ", 1)))
