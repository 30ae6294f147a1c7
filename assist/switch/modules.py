"""Which of FreeSWITCH's modules take part in calls."""

from typing import Final

MODULES: Final = (
    "mod_commands",
    "mod_dialplan_xml",
    "mod_dptools",
    "mod_event_socket",
    "mod_expr",
    "mod_hash",
    "mod_native_file",
    "mod_sndfile",
    "mod_sofia",
    "mod_tone_stream",
)
"""Without one of these calls are not taken, not heard or not answered."""
