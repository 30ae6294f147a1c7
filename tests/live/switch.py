"""Where the live tests find a FreeSWITCH, and what it runs with."""

import os
from pathlib import Path

from assist.simulate.freeswitch import Installation, find_freeswitch

ROOT = Path(__file__).parent.parent.parent

DIDS = {"1000": "clinica", "1001": "clinica"}
"""Numbers that an assistant answers."""

MISSING = "no FreeSWITCH: neither on the PATH nor at $ASSIST_FREESWITCH"


def installation(modules: Path | None = None) -> Installation | None:
    """Return the FreeSWITCH of this machine with the project's configuration, or None if there is none."""
    configured = os.environ.get("ASSIST_FREESWITCH")
    program = find_freeswitch(Path(configured) if configured else None)
    if program is None:
        return None
    return Installation(program, ROOT / "freeswitch/conf", ROOT / "scripts/freeswitch", modules)
