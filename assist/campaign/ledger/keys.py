"""Every key of the ledger.

The braces keep all of it in one place of a Cluster, which a script needs. ``<number>`` is sixteen bytes that only
whoever has the installation's secret can make of a telephone number.

======================================== ======= ====================================================================
key                                      type    holds
======================================== ======= ====================================================================
``{ledger}:counters``                    hash    the last fence; calls in progress, ``calls``, and of each trunk,
                                                 ``calls:<trunk>``; µs: its next ``claims:<trunk>``, ``sends:<trunk>``
``{ledger}:live``                        hash    attempt: JSON of it, from its claim to its end
``{ledger}:leases``                      zset    attempts in progress, by when whoever has one must have renewed it
``{ledger}:ringing``                     hash    number: the attempt in progress
``{ledger}:numbers``                     hash    number: JSON, attempts ever, then the times of the last ones
``{ledger}:reached``                     hash    number: JSON, when each campaign reached it last, of a year
``{ledger}:suppressed``                  hash    number: when and why nobody may call it, ``<ms> <source>``
``{ledger}:registries``                  hash    ``<country> <source>``: JSON of an official list that was read whole
``{ledger}:shown``                       hash    number of ours that calls show: ``<day> <how many did>``
``{ledger}:campaigns``                   set     names
``{ledger}:arrived``                     list    JSON, campaign and import: lists that are to be taken in
``{ledger}:arriving:<campaign>:<import>`` list   what an import found, until it is taken in: in turn JSON of how many
                                                 contacts of which group, and id and record of each; a day, if it is
                                                 never accepted
``{ledger}:campaign:<campaign>``         hash    state; limits (JSON); ``calls`` in progress; ``n:<state>``,
                                                 ``o:<outcome>``, ``r:<result>``: how many; used or set aside,
                                                 ``seconds`` (ms) and ``cost`` (millionths); ``recent`` attempts, a
                                                 letter each; ``breaker``: until when it is open; µs: its own next
                                                 ``claims`` and ``sends``; ``held``: how many were held
                                                 back when they were due
``{ledger}:contacts:<campaign>``         hash    contact: its number's sixteen bytes, then JSON of the contact
``{ledger}:order:<campaign>``            list    contacts as they came
``{ledger}:progress:<campaign>``         hash    contact: JSON of what became of it, from its first claim
``{ledger}:unwanted:<campaign>``         hash    as ``suppressed``, for this campaign
``{ledger}:spent:<campaign>``            hash    ``<day>:seconds``, ``<day>:cost``: as in ``campaign``, for a day
``{ledger}:events:<campaign>``           stream  what happened, the latest 100,000
``{ledger}:groups:<campaign>``           set     groups of its contacts
``{ledger}:due:<campaign>:<group>``      zset    contacts that wait, by when they may be called
``{ledger}:starts:<campaign>``           hash    ``last``: the latest scheduled start that was made
``{ledger}:starting:<campaign>``         string  that somebody is starting it now, for ten minutes
``{ledger}:secret``                      string  the installation's
======================================== ======= ====================================================================

Times are milliseconds since the epoch where nothing else is said. People stay until they are forgotten: some months
after the end of their campaign, or when somebody asks for it. A contact with three variables and its consent takes
370 bytes while it waits, of which 176 are its record, and 490 when it is done, in Redis 7.0; a number that was reached
takes 107 more.
"""

from typing import Final

SHARED: Final = (
    "counters", "live", "leases", "ringing", "numbers", "suppressed", "campaigns", "arrived", "shown", "reached"
)  # fmt: skip
OF_CAMPAIGN: Final = ("campaign", "contacts", "order", "progress", "unwanted", "spent", "events", "groups")
OF_GROUP: Final = ("due",)

LUA: Final = f"local {', '.join(noun.upper() for noun in SHARED + OF_CAMPAIGN + OF_GROUP)} = unpack(KEYS)\n"
"""Names for the keys of a script, in the order of `Keys.of`."""


class Keys:
    """The names, behind a *tag* that keeps two ledgers in one Redis apart."""

    def __init__(self, tag: str = "ledger") -> None:
        self._tag = f"{{{tag}}}"
        self.shared = tuple(self(noun) for noun in SHARED)
        """What all campaigns have in common."""

    def __call__(self, noun: str, *of: str) -> str:
        """Return one key: the *noun* of a campaign, or of a campaign and a group."""
        return ":".join((self._tag, noun, *of))

    def of(self, campaign: str, group: str | None = None) -> tuple[str, ...]:
        """Return every key that a script may touch which decides about this campaign, or about this group of it."""
        own = tuple(self(noun, campaign) for noun in OF_CAMPAIGN)
        of_group = () if group is None else tuple(self(noun, campaign, group) for noun in OF_GROUP)
        return self.shared + own + of_group
