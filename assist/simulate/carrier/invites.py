"""How often the carrier was asked to call: a file that outlives whoever is killed.

An INVITE that is sent again, for want of an answer or with a password, has the ``Call-ID`` of the first, and is not
counted; a second one of the same attempt has another, and is.
"""

import hashlib
import hmac
import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Invite:
    """One."""

    at: float
    """Seconds since the epoch."""
    call: str
    """SIP's ``Call-ID``."""
    attempt: str
    """What ``X-Assist-Attempt`` says; empty: there was none."""
    number: str
    """`Invites.mark` of the number called."""


class Invites:
    """Writes them down: ``with``. *key* keeps the marks of numbers from being guessed."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key
        self._known = {invite.call for invite in read(path)} if path.exists() else set()

    def __enter__(self) -> Self:
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._file)

    def mark(self, number: str) -> str:
        """Return what stands for *number*, with or without its plus."""
        return hmac.new(self._key, number.lstrip("+").encode(), hashlib.sha256).hexdigest()[:16]

    def tell(self, call: str, attempt: str, number: str) -> None:
        """Write one down, unless its *call* is known."""
        if call in self._known:
            return
        self._known.add(call)
        line = json.dumps(asdict(Invite(time.time(), call, attempt, self.mark(number))))
        os.write(self._file, line.encode() + b"\n")


def read(path: Path) -> list[Invite]:
    """Return what was written down so far."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Invite(**json.loads(line)) for line in lines]


def most(invites: Iterable[Invite]) -> int:
    """Return how many there were of the attempt that has the most: more than 1 is somebody called twice."""
    return max(Counter(invite.attempt for invite in invites).values(), default=0)
