"""The engines that were chosen, without letting them say or hear anything."""

from assist.aio import Stream
from assist.doctor.finding import Finding, ok, wrong
from assist.engines.survey import Finding as Surveyed
from assist.engines.survey import State, survey
from assist.settings import Settings


async def look(settings: Settings) -> Stream[Finding]:
    """Yield what is found of each engine that the settings or an assistant chose."""
    async for engine in survey(settings, probe=False, unchosen=False):
        yield _told(engine)


def _told(engine: Surveyed) -> Finding:
    subject = f"{engine.kind.upper()} {engine.engine}"
    if engine.state is State.READY:
        return ok(subject, f"ready, for {', '.join(engine.used_by)}")
    what, colon, mend = engine.reason.rpartition(": ")
    found = f"{engine.state}: {what or engine.reason}"
    return wrong(subject, found, mend if colon else "assist engines tells more")
