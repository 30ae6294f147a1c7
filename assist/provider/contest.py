"""One request, put to one engine after another until one of them has answered it.

The first engine is asked alone. One that fails, by an error or by silence, is replaced at once by the next. One that is
only later than it usually is gets company: the next is asked beside it, and whoever answers first is chosen. What an
answer is, and when silence is a failure, knows the `Request` of each kind.

Each engine's stream is driven by one task from its beginning to its end, so that nothing an engine has open ever
changes hands; what comes goes through one queue to whoever iterates over the `Contest`. All of it ends with the block.
"""

import asyncio
import logging
import traceback
from contextlib import aclosing, suppress
from enum import Enum, auto
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeAlias, TypeVar

from assist.aio import Stream
from assist.errors import ProviderError
from assist.metrics import PROVIDER_LATENCY, PROVIDER_REQUESTS, outcome_of
from assist.provider.circuit import Attempt
from assist.provider.member import Member
from assist.provider.team import Team

log = logging.getLogger(__name__)

E = TypeVar("E")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

SOONEST = 0.15
"""Seconds before which no engine is called late: fast ones have hiccups that are not worth a second request."""
GRACE = 0.1
"""Seconds that an engine has to let go of what it holds, before the caller is no longer kept waiting for it."""

MOMENT = 0.01
"""Seconds after a deadline for what came before it: if this process was busy for long, all that reached it meanwhile is
still on its way here, and no engine is to blame."""


class End(Enum):
    """Comes after the last item of a stream."""

    END = auto()


END: Final = End.END

_letting_go: set[asyncio.Task[None]] = set()
"""Those that took longer than `GRACE`: a task that nobody refers to may vanish before its end."""


class Run(Generic[E]):
    """A member at work on a request."""

    def __init__(self, member: Member[E], attempt: Attempt, *, admitted: bool, started: float) -> None:
        self.member = member
        self.attempt = attempt
        self.admitted = admitted
        """It was asked because it is healthy, not because nobody is."""
        self.started = started
        self.touched: float | None = None
        """When something last came from it, by the loop's clock; `None`: nothing yet."""


class Request(Protocol[E, T_co]):
    """What is wanted of an engine, and how far it has come. Times are the loop's seconds."""

    def ask(self, engine: E) -> Stream[T_co]:
        """Put what is still wanted to *engine*."""
        ...

    def since(self, run: Run[E]) -> float | None:
        """Return from when on the answer of *run* is waited for; `None`: it cannot come yet."""
        ...

    def due(self, run: Run[E], *, alone: bool) -> float | None:
        """Return when *run* will have failed, unless something comes from it; *alone*: nobody could replace it."""
        ...

    def broke_off(self, run: Run[E]) -> bool:
        """Take note that *run* failed, and nobody else is at work; return whether anything is still wanted."""
        ...


News: TypeAlias = tuple[Run[E], T | End | ProviderError]


class Contest(Generic[E, T]):
    """Iterate over it for what the engines answer: each item with the run it is of, and `END` after a run's last.

    Say by `choose` whose answer is taken, and by `finish` that it is complete. Raises the last `ProviderError` when
    all have failed.
    """

    def __init__(self, team: Team[E], request: Request[E, T], *, hedged: bool = True) -> None:
        """*hedged*: one that is late gets company."""
        self._team = team
        self._request = request
        self._hedged = hedged
        self._clock = asyncio.get_running_loop().time
        self._waiting = list(team.members)
        self._live: list[Run[E]] = []
        self._chosen: Run[E] | None = None
        self._tasks: dict[Run[E], asyncio.Task[None]] = {}
        self._news: asyncio.Queue[News[E, T] | None] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in tuple(self._live):
            self._close(run)
        _, stuck = await asyncio.wait(self._tasks.values(), timeout=GRACE)
        for run, task in self._tasks.items():
            if task in stuck:
                log.error("%s: %s does not let go of a request", self._team.kind, run.member.name)
                _letting_go.add(task)
                task.add_done_callback(_letting_go.discard)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[Run[E], T | End]:
        while self._live:
            news = await self._next_news()
            if news is None:
                self._look_at_the_clock()
                continue
            run, item = news
            if run not in self._live:
                continue
            if isinstance(item, ProviderError):
                self.fail(run, item)
                continue
            return run, item
        raise StopAsyncIteration

    @property
    def first(self) -> Run[E]:
        """The longest at work."""
        return self._live[0]

    def nudge(self) -> None:
        """The request changed: look again what is due."""
        self._news.put_nowait(None)

    def alone(self, run: Run[E]) -> bool:
        """Return whether nobody has a prospect to do better than *run*."""
        if len(self._live) > 1:
            return False
        now = self._clock()
        return not any(member.circuit.admits(now) or not run.admitted for member in self._waiting)

    def choose(self, run: Run[E]) -> None:
        """Take the answer of *run*, and let go of the others. May be said again."""
        if self._chosen is run:
            return
        self._chosen = run
        self._note_latency(run)
        for other in [other for other in self._live if other is not run]:
            if other.started < run.started:
                self._note_latency(other)
                self.fail(other, ProviderError(other.member.name, "late", temporary=True), "late")
            else:
                self._close(other)

    def finish(self, run: Run[E]) -> None:
        """The answer of *run* is complete: the iteration ends."""
        self.choose(run)
        run.attempt.succeeded()
        self._close(run, "answered")

    def fail(self, run: Run[E], error: ProviderError, outcome: str = "") -> None:
        """Replace *run*, if anything is still wanted. Raises *error* if nobody is left.

        *outcome* is how it is counted, if the error alone does not tell.
        """
        now = self._clock()
        run.attempt.failed(now, error)
        self._team.failed(run.member, now)
        self._close(run, outcome or outcome_of(error))
        if not self._live and not self._request.broke_off(run):
            log.warning("%s: %s; nothing more was wanted", self._team.kind, error)
            return
        if not self._live and self._waiting:
            self._begin()
        self._team.tell(run.member, error, self.first.member.name if self._live else "")
        if not self._live:
            raise error

    def _begin(self) -> None:
        now = self._clock()
        member = self._team.best(self._waiting, now)
        self._waiting.remove(member)
        admitted = member.circuit.admits(now)
        run = Run(member, member.circuit.begin(now), admitted=admitted, started=now)
        self._live.append(run)
        self._tasks[run] = asyncio.create_task(self._drive(run), name=f"{self._team.kind} {member.name}")

    async def _drive(self, run: Run[E]) -> None:
        try:
            async with aclosing(self._request.ask(run.member.engine)) as stream:
                async for item in stream:
                    run.touched = self._clock()
                    self._news.put_nowait((run, item))
            self._news.put_nowait((run, END))
        except ProviderError as error:
            self._news.put_nowait((run, error))
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with one engine, another may serve the caller
            # Where, but not what: the message of somebody else's error may hold words of the caller.
            place = traceback.extract_tb(error.__traceback__)[-1]
            log.error("%s: %s at %s:%s", run.member.name, type(error).__name__, place.filename, place.lineno)
            self._news.put_nowait((run, ProviderError(run.member.name, type(error).__name__, temporary=True)))

    def _close(self, run: Run[E], outcome: str = "dropped") -> None:
        PROVIDER_REQUESTS.labels(run.member.name, self._team.kind, outcome).inc()
        run.attempt.dropped()
        self._live.remove(run)
        # Only once: a second time would interrupt an engine that lets go.
        self._tasks[run].cancel()
        if self._chosen is run:
            self._chosen = None

    async def _next_news(self) -> News[E, T] | None:
        if not self._news.empty():
            return self._news.get_nowait()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._next_look()):
                return await self._news.get()
        with suppress(TimeoutError):
            async with asyncio.timeout(MOMENT):
                return await self._news.get()
        return None

    def _next_look(self) -> float | None:
        dues = [self._request.due(run, alone=self.alone(run)) for run in self._live]
        return min((due for due in (*dues, self._late()) if due is not None), default=None)

    def _look_at_the_clock(self) -> None:
        now = self._clock()
        for run in tuple(self._live):
            due = self._request.due(run, alone=self.alone(run))
            if due is not None and now >= due:
                self.fail(run, ProviderError(run.member.name, "no answer in time", temporary=True), "timeout")
        late = self._late()
        if late is not None and now >= late:
            log.info("%s: %s is late", self._team.kind, self.first.member.name)
            self._begin()

    def _late(self) -> float | None:
        """Return when somebody is to be asked beside the one at work."""
        if not self._hedged or self._chosen or len(self._live) != 1 or not self._waiting:
            return None
        run, now = self.first, self._clock()
        company = self._team.best(self._waiting, now)
        since, usual = self._request.since(run), run.member.latency.p95
        if since is None or usual is None or not company.beside or not company.circuit.admits(now):
            return None
        return since + max(usual, SOONEST)

    def _note_latency(self, run: Run[E]) -> None:
        since = self._request.since(run)
        if since is not None:
            run.member.latency.add(self._clock() - since)
            PROVIDER_LATENCY.labels(run.member.name, self._team.kind).observe(self._clock() - since)
