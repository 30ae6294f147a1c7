"""A listener that keeps all it is told."""

import asyncio
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class Diary:
    """Fulfils `Listener`."""

    audio: bytearray = field(default_factory=bytearray)
    told: list[str | bool] = field(default_factory=list)
    patient_for: int = 0
    """Samples."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, audio: bytes) -> None:
        self.audio += audio
        self.changed.set()

    def patience(self, speaking: bool) -> int:
        return self.patient_for

    def press(self, digit: str) -> None:
        self.told.append(digit)
        self.changed.set()

    def hold(self, held: bool) -> None:
        self.told.append(held)
        self.changed.set()

    @property
    def samples(self) -> NDArray[np.int16]:
        return np.frombuffer(bytes(self.audio), "<i2")

    async def hears(self, samples: int) -> None:
        """Wait until that many samples were heard in all."""
        while len(self.audio) < 2 * samples:
            self.changed.clear()
            await self.changed.wait()

    async def heard(self, audio: bytes) -> None:
        """Wait until that, and nothing else, was heard."""
        while self.audio != audio:
            self.changed.clear()
            await self.changed.wait()

    async def was_told(self, *told: str | bool) -> None:
        """Wait until those keys and holds, and no others, have come."""
        while self.told != list(told):
            self.changed.clear()
            await self.changed.wait()
