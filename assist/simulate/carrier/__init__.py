"""A carrier on loopback: who is called is in the end of the number, and every INVITE is counted.

The same people answer on the simulated line and behind a private FreeSWITCH; there the calls are real SIP and RTP, and
what is counted is read from the wire.
"""
