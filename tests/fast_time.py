"""An event loop whose time runs faster than the clock on the wall, for tests that would mostly wait."""

import asyncio
import selectors

SPEED = 4.0


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / SPEED if timeout else timeout)


class FastLoop(asyncio.SelectorEventLoop):
    """All that waits by this loop's time waits a fraction of it."""

    def __init__(self) -> None:
        super().__init__(_Selector())

    def time(self) -> float:
        return super().time() * SPEED
