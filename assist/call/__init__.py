"""The conversation. Knows contracts only: no FreeSWITCH, no provider."""
