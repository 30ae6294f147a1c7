"""Which trace a call is: the same wherever it is asked for, so that workers, dialers and others outside agree."""

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class TraceContext:
    """What others are told of a call's trace, so that theirs goes on with it: nothing, unless calls are *traced*."""

    traced: bool = False

    def headers(self, call: str) -> dict[str, str]:
        """Return the headers of W3C's Trace Context for a request about *call*; none if it is about no call."""
        if not (self.traced and call):
            return {}
        trace, span = ids(call)
        return {"traceparent": f"00-{trace:032x}-{span:016x}-01"}


UNTRACED: Final = TraceContext()


def ids(call: str) -> tuple[int, int]:
    """Return the ids of a call's trace and of its first span."""
    digest = hashlib.blake2b(call.encode(), digest_size=24).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:])
