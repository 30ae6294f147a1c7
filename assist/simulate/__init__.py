"""FreeSWITCH's end of the Event Socket, simulated, and callers to go with it."""
