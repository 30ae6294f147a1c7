"""Every key of the webhooks. The braces keep all of them in one place of a Cluster, which a script needs.

=================================== ==== ==================================================================
key                                 type holds
=================================== ==== ==================================================================
``{webhooks}:endpoints``            hash endpoint: JSON of what its owner wants
``{webhooks}:secrets:<endpoint>``   hash secret: until when it signs; empty: for ever
``{webhooks}:standing:<endpoint>``  hash ``disabled``: why; ``failing``: since when
``{webhooks}:positions``            hash stream: the last entry that was read and queued
``{webhooks}:delivery:<id>``        hash ``endpoint``; ``event``, JSON; ``state``; ``tries``; ``fence`` of
                                         the last claim; ``created``, ``due``, ``ended``; ``status`` and
                                         ``reason`` of the last try. Gone when the log is kept no longer
``{webhooks}:waiting:<endpoint>``   zset deliveries, by when they are due
``{webhooks}:delivered:<endpoint>`` zset deliveries, the latest 1,000, by when they were
``{webhooks}:dead:<endpoint>``      zset deliveries given up, the latest 10,000, by when they were
=================================== ==== ==================================================================

Times are milliseconds since the epoch.
"""


class Keys:
    """The names, behind a *tag* that keeps two installations in one Redis apart."""

    def __init__(self, tag: str = "webhooks") -> None:
        self._tag = f"{{{tag}}}"

    def __call__(self, noun: str, *of: str) -> str:
        """Return one key: the *noun*, or that of an endpoint or a delivery."""
        return ":".join((self._tag, noun, *of))
