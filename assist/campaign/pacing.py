"""How fast a campaign goes: who is claimed next, and when it is worth asking again. Nothing here waits."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from assist.campaign.ledger.views import Waiting
from assist.campaign.model import Blocked, Claim, Refusal, Window
from assist.store import Worker

LOOK: Final = 5.0
"""Seconds after which everything is looked at again: contacts may be added, files changed."""
SOON: Final = 0.5
"""Seconds after which a call that ends may have made room."""

OF_A_GROUP: Final = frozenset({Blocked.NOBODY_DUE, Blocked.WINDOW, Blocked.HOLIDAY, Blocked.DO_NOT_CALL, Blocked.CAP})
"""Why nobody of one group is called; any other reason holds for all of the campaign."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody of this group is to be claimed."""

    group: str
    window: Window


class Round:
    """One round over the groups of a campaign, one claim of each in turn, until nobody can be called just now."""

    def __init__(
        self, waiting: Mapping[str, Waiting], window: Callable[[str, float], Window | None], now: float
    ) -> None:
        """*window* tells when a group may be called, now or next; None: never again."""
        self._now = now
        self._turns: deque[Turn] = deque()
        self.until = now + LOOK
        """When to look again."""
        self.over: list[str] = []
        """Groups that wait in vain."""
        for group, queue in waiting.items():
            if queue.contacts:
                self._begin(group, queue, window(group, now))

    def next(self) -> Turn | None:
        """Return whose turn it is; None: this round is over."""
        return self._turns[0] if self._turns else None

    def feed(self, answer: Claim | Refusal) -> None:
        """Take what the ledger says of the turn."""
        turn = self._turns.popleft()
        if isinstance(answer, Claim):
            self._turns.append(turn)
        elif answer.reason in OF_A_GROUP:
            if answer.until is not None:
                self._look_at(answer.until)
        else:
            self._turns.clear()
            self._look_at(self._now + SOON if answer.until is None else answer.until)

    def _begin(self, group: str, queue: Waiting, window: Window | None) -> None:
        if window is None:
            self.over.append(group)
        elif window.opens > self._now:
            self._look_at(window.opens)
        elif queue.first is not None and queue.first > self._now:
            self._look_at(queue.first)
        else:
            self._turns.append(Turn(group, window))

    def _look_at(self, moment: float) -> None:
        self.until = min(self.until, moment)


def room(workers: Iterable[Worker], kept: int, ringing: int) -> int:
    """Return how many more calls *workers* can hold, when they keep room for *kept* of those who call us.

    *ringing* calls are not held yet and may be answered. Without workers there is no room: nobody would talk.
    """
    return sum(worker.capacity - worker.calls for worker in workers) - kept - ringing
