"""``bridge``: the caller of a simulated call is connected with somebody else, or is told that he cannot be."""

from assist.simulate.clock import frames
from assist.simulate.destinations import FOREVER, OtherLeg
from assist.simulate.session import Session, Steps
from assist.simulate.sounds import Frames

RING_SECONDS = 60
"""How long FreeSWITCH lets a telephone ring unless ``originate_timeout`` says otherwise."""


def bridge(session: Session, argument: str) -> Steps:
    """Connect the caller with the destination that *argument* ends in, after its variables in braces."""
    leg = _dial(session, argument)
    session.board.legs.add(leg)
    try:
        yield from _ring(session, leg)
        disposition = leg.cause or leg.destination.cause or "SUCCESS"
        session.variables |= {"originate_disposition": disposition, "DIALSTATUS": disposition}
        if disposition == "SUCCESS":
            yield from _talk(session, leg)
        elif session.variables.get("continue_on_fail") != "true":
            session.hang_up(disposition)
    finally:
        session.board.legs.discard(leg)


def _dial(session: Session, argument: str) -> OtherLeg:
    settings, _, dial_string = argument.rpartition("}")
    pairs = (pair.partition("=") for pair in settings.lstrip("{").split(","))
    variables = {name: value.strip("'") for name, equals, value in pairs if equals}
    return OtherLeg(session.board.destinations(dial_string), variables)


def _ring(session: Session, leg: OtherLeg) -> Steps:
    limit = float(leg.variables.get("originate_timeout", RING_SECONDS))
    ringback = session.variables.get("ringback")
    ringing = Frames(f"tone_stream://{ringback};loops=-1" if ringback else "silence_stream://-1")
    for _ in range(frames(min(leg.destination.rings, limit))):
        if not session.ready:
            leg.hang_up("ORIGINATOR_CANCEL")
        if leg.cause:
            return
        yield from session.read()
        session.rtp.write(ringing.next())
    if leg.destination.rings >= limit:
        leg.hang_up("NO_ANSWER")


def _talk(session: Session, leg: OtherLeg) -> Steps:
    session.answer()
    session.fire("CHANNEL_BRIDGE")
    talks = leg.destination.talks
    left = FOREVER if talks is None else frames(talks)
    while session.ready and not leg.cause and left > 0:
        left -= 1
        packet = yield from session.read()
        session.dequeue_key()
        session.rtp.write(leg.speak(packet.audio))
    leg.hang_up("NORMAL_CLEARING")
    session.variables["bridge_hangup_cause"] = leg.cause
    session.fire("CHANNEL_UNBRIDGE")
    if session.variables.get("hangup_after_bridge") == "true":
        session.hang_up(leg.cause)
