"""The caller's keys, as groups of digits. A group ends in wall-clock time: keys come without audio."""

import asyncio


class Keyed:
    """A group of digits: the first was pressed, and perhaps more will be."""

    def __init__(self) -> None:
        self._pressed = ""
        self._complete = asyncio.Event()

    async def digits(self) -> str:
        """Return the group once it is complete. A ``#`` that ended it is not in it, unless it was all."""
        await self._complete.wait()
        return self._pressed

    @property
    def complete(self) -> bool:
        return self._complete.is_set()

    def press(self, digit: str, expected: int | None) -> None:
        if digit == "#" and self._pressed:
            self._complete.set()
            return
        self._pressed += digit
        if digit == "#" or self.full(expected):
            self._complete.set()

    def full(self, expected: int | None) -> bool:
        return expected is not None and len(self._pressed) >= expected

    def end(self) -> None:
        self._complete.set()


class Keypad:
    """Groups one call's keys, by count, by ``#`` and by the gaps between them."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._left = gap
        self._expected: int | None = None
        self._group: Keyed | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._held = False

    @property
    def busy(self) -> bool:
        """Whether more digits of a group may come."""
        return self._group is not None

    def expect(self, count: int) -> None:
        self._expected = count
        if self._group and self._group.full(count):
            self._finish()

    def press(self, digit: str) -> Keyed | None:
        """Return the group that this key is the first of."""
        self._stop()
        begun = None if self._group else Keyed()
        group = self._group = self._group or begun
        assert group
        group.press(digit, self._expected)
        if group.complete:
            self._finish()
        else:
            self._left = self._gap
            self._start()
        return begun

    def hold(self, held: bool) -> None:
        """Stop counting the gap, or go on with it."""
        self._stop()
        self._held = held
        if self._group:
            self._start()

    def close(self) -> None:
        if self._group:
            self._finish()

    def _start(self) -> None:
        if not self._held:
            self._timer = asyncio.get_running_loop().call_later(self._left, self._finish)

    def _stop(self) -> None:
        if self._timer:
            self._left = max(self._timer.when() - asyncio.get_running_loop().time(), 0.0)
            self._timer.cancel()
            self._timer = None

    def _finish(self) -> None:
        self._stop()
        self._expected = None
        if self._group:
            self._group.end()
            self._group = None
