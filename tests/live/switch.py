"""Where the live tests find a FreeSWITCH, and what it runs with."""

import os
from datetime import timedelta
from pathlib import Path

from assist.simulate.freeswitch import Installation, find_freeswitch

ROOT = Path(__file__).parent.parent.parent

ASSISTANTS = Path(__file__).parent / "assistants"

DIDS = {
    "1000": "clinica",
    "1001": "clinica",
    "1002": "recepcion",
    "1003": "charla",
    "1004": "nobody",
    "1005": "atento",
    "1006": "broken",
}
"""Numbers that an assistant answers."""

RETENTION = timedelta(hours=1)
"""Of what is said in a test call."""

MISSING = "no FreeSWITCH: neither on the PATH nor at $ASSIST_FREESWITCH"


def installation(modules: Path | None = None) -> Installation | None:
    """Return the FreeSWITCH of this machine with the project's configuration, or None if there is none."""
    configured = os.environ.get("ASSIST_FREESWITCH")
    program = find_freeswitch(Path(configured) if configured else None)
    if program is None:
        return None
    return Installation(program, ROOT / "freeswitch/conf", ROOT / "scripts/freeswitch", modules)
