"""The dial ledger: what keeps a person from being called twice, whatever crashes.

Everything is decided in Redis by one Lua script per decision, by the clock of Redis. An attempt is

    CLAIMED   somebody has the right to call, for as long as the lease; lapsed, it may be given to somebody else
    DIALING   written down, and safe as the installation demands, *before* the switch is asked to call
    ANSWERED
    DONE      the first end that is told counts

and from DIALING on it is never sent again: what is not known to have ended is asked of the switch that had it. Three
things make that hold.

* The number of an attempt, and so its id, is used up by DIALING: the contact's next attempt has another.
* A claim has a fence, and `Attempts.dialing` takes a claim to DIALING once: neither an old claim of the same attempt
  nor a second worker with the same claim gets through.
* Commands are sent to Redis once. Where the answer is lost, the caller does not know, and does not dial.

A call holds a place in three counts (campaign, trunk, everybody), a mark in the history of its number, and as much
time and money as it may cost; all of it is given back by the script that ends it.
"""

from assist.campaign.ledger.durability import Durability
from assist.campaign.ledger.ledger import Ledger
from assist.campaign.ledger.opening import open_ledger

__all__ = ["Durability", "Ledger", "open_ledger"]
