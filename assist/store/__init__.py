"""What outlives a process, in Redis. Every key of the project is named here, and nowhere else.

======================= ====== ============================================= ================================
key                     type   holds                                         kept
======================= ====== ============================================= ================================
``session:<call>``      string all it takes to go on with the call elsewhere as the caller says
``assistant:<version>`` string its file, as calls began with it              two sessions
``events:<call>``       stream what happened in the call, words included     the retention
``call:<call>``         string `CallRecord`: no words, no numbers            `Retention`
``calls``               zset   ids of all those, by the time they began      likewise
``calls:<kind>:<what>`` zset   likewise, of one ``assistant``, ``direction``, likewise
                               ``cause`` or who ``answered_by``
``news``                stream that calls began and ended: ids               the latest 100,000
``usage:<day>``         hash   `Usage` of the calls that began then, in UTC  for ever
``caller:<number>``     zset   calls with whoever has that, by when they     `Retention` of the
                               began; sixteen bytes stand for the number     history
``audit``               stream who did what                                  likewise, its own
``first:<what>``        string that somebody does something now and then      until it is due
``orders``              stream what calls were asked to do from outside      ten minutes
``worker:<name>``       string `Worker`, its last heartbeat                  a few seconds
``workers``             zset   names of those                                while they live
``{speech}:<hash>``     string a sentence as it was spoken, `LINE` audio     the retention after its last use
``{speech}:used``       zset   hashes of those, by when they were last used  likewise
``{speech}:bytes``      hash   the size of each, and of all as ``all``       likewise
======================= ====== ============================================= ================================

Calls are known by FreeSWITCH's UUID; nothing is keyed by a telephone number. What was rendered ahead of the calls
stays for ever, and goes last when there is no room. The braces keep a cache in one place of a Cluster.
"""

from assist.store.audit import Audit, Deed, operator
from assist.store.bounds import AT_LEISURE, IN_CALL, OUT_OF_CALL, bounded
from assist.store.callers import Callers
from assist.store.history import NEWS, History, Page
from assist.store.records import CallRecord, TurnRecord, Usage, UseRecord, Worker
from assist.store.store import ASSISTANT_KEPT, MOST_EVENTS, SESSION_KEPT, Event, Store, open_store

__all__ = [
    "ASSISTANT_KEPT",
    "AT_LEISURE",
    "IN_CALL",
    "MOST_EVENTS",
    "NEWS",
    "OUT_OF_CALL",
    "SESSION_KEPT",
    "Audit",
    "CallRecord",
    "Callers",
    "Deed",
    "Event",
    "History",
    "Page",
    "Store",
    "TurnRecord",
    "Usage",
    "UseRecord",
    "Worker",
    "bounded",
    "open_store",
    "operator",
]
