"""FreeSWITCH: the Event Socket, and a channel driven over it."""
