"""Tells other systems what happens: to addresses that they gave, signed, until they say that they have it.

What happens is in streams: the store's of calls, the ledger's of campaigns. The relay reads them and puts a delivery
into the queue for each endpoint that wants to know, and in the same step how far it has read; the deliverer takes
from the queue what is due, for as long as a lease lasts. So whatever crashes, everything is told at least once, and
each time under the same id; and any number of processes may do both.

Neither words nor numbers wait in the queue: what an endpoint asks of them is looked up when it is told.
"""
