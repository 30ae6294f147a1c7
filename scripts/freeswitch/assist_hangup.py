"""The last-resort record of a call: FreeSWITCH (mod_python3) runs this at every hang-up, workers or none.

One JSON object to a line, in the file that ``ASSIST_CALL_LOG`` names: ids, times, codes; no numbers, no names.
FreeSWITCH itself would crash on an exception longer than 20 kB: none leaves here.
"""

import json
import os
import re
from importlib import import_module
from typing import Any

freeswitch: Any = import_module("freeswitch")  # mod_python3 brings it

CODES = {
    "uuid": "Unique-ID",
    "assistant": "variable_assist_assistant",
    "direction": "variable_assist_direction",
    "cause": "variable_hangup_cause",
    "ended_by": "variable_sip_hangup_disposition",
    "codec": "variable_rtp_use_codec_name",
}
COUNTS = {
    "started": "Caller-Channel-Created-Time",
    "answered": "Caller-Channel-Answered-Time",
    "ended": "Caller-Channel-Hangup-Time",
    "sip_status": "variable_sip_term_status",
    "packets_in": "variable_rtp_audio_in_media_packet_count",
    "packets_out": "variable_rtp_audio_out_media_packet_count",
}
"""Times are microseconds since 1970, and 0 for what did not happen."""

CODE = re.compile(r"[\w-]{1,64}", re.ASCII)
COUNT = re.compile(r"\d{1,20}", re.ASCII)


def fsapi(session: Any, stream: Any, env: Any, args: str = "") -> None:
    """Append the record of the call that *env* describes. Never raises."""
    try:
        line = json.dumps(record(env)) + "\n"
        place = os.open(freeswitch.getGlobalVariable("assist_call_log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # One write, so that records of calls that end together do not mix.
            os.write(place, line.encode())
        finally:
            os.close(place)
    except Exception as error:  # noqa: BLE001 - an exception that leaves here may take the switch down
        freeswitch.consoleLog("err", f"assist_hangup: no record of a call: {type(error).__name__}\n")


def record(env: Any) -> dict[str, str | int]:
    """Return what *env*, an event of the channel, tells of the call; what it does not is left out."""
    # Whatever is neither a code nor a count did not come from FreeSWITCH itself.
    codes = {name: value for name, header in CODES.items() if CODE.fullmatch(value := env.getHeader(header) or "")}
    counts = {name: value for name, header in COUNTS.items() if COUNT.fullmatch(value := env.getHeader(header) or "")}
    return codes | {name: int(value) for name, value in counts.items()}
