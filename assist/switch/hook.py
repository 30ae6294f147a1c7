"""What FreeSWITCH runs at the very end of a call, just before ``CHANNEL_HANGUP_COMPLETE`` is told."""

from typing import Final

HEADERS: Final = (
    "variable_hangup_cause",
    "variable_sip_term_status",
    "variable_sip_invite_failure_status",
    "Caller-Channel-Progress-Time",
    "Caller-Channel-Progress-Media-Time",
    "Caller-Channel-Answered-Time",
    "Caller-Channel-Hangup-Time",
)
"""What is kept of the call: as ``CHANNEL_HANGUP_COMPLETE`` has it."""

REALM: Final = "assist_ended"
HOOK: Final = f"hash::insert/{REALM}/${{uuid}}/" + ";".join(f"${{{name}}}" for name in HEADERS)
"""The command, whose places FreeSWITCH fills with its own facts: nobody else's text gets in."""

VARIABLES: Final = f"origination_nested_vars=true,api_reporting_hook={HOOK}"
"""As they stand in a dial string: without the first FreeSWITCH refuses a variable that has places to be filled."""
