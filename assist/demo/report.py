"""What came of a demo call, as a program reads it, and whether it is what the script wanted."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from assist.call.events import Turn
from assist.demo.script import Script
from assist.flow.slots import KINDS
from assist.flow.slots.text import fold
from assist.provider.member import TookOver

FIRST_AUDIO_S = 1.0
"""The median wait that the embedded engines must keep to on two cores."""
END_OF_TURN_MS = 600
"""Less would cut callers short."""


@dataclass(frozen=True, slots=True)
class Report:
    """One demo call."""

    line: str
    """``freeswitch`` or ``simulated``."""
    turns: Sequence[Turn]
    slots: Mapping[str, object]
    hangup_cause: str
    recording: str
    """Stereo: caller left, assistant right."""
    first_audio_s: Sequence[float]
    """Measured in that recording, for each answer: from the caller's last sound to the assistant's first."""
    interruption_s: Sequence[float]
    """Likewise, for each interruption: from the caller's first sound to the assistant's last."""
    took_over: Sequence[TookOver]
    """Engines that failed, and who went on in their place."""
    far_end_heard: Sequence[str]
    """What the embedded engine understands of what the far end heard, utterance by utterance."""

    def problems(self, script: Script, now: datetime) -> list[str]:
        """Return what is wrong with a call that should have gone by *script*; nothing if it did."""
        wrong = [
            f"slot {name}: {self.slots.get(name)!r} was understood, not {value!r}"
            for name, value in script.slots.items()
            # Accents cannot be heard, and Whisper does not always write them.
            if fold(str(self.slots.get(name))) != fold(str(value))
        ]
        if not any(_holds(text, script, now) for text in self.far_end_heard):
            wrong.append(f"the far end did not hear {' and '.join(script.read_back)} read back")
        if len(self.turns) < 5:
            wrong.append(f"only {len(self.turns)} turns")
        if not any(turn.interrupted for turn in self.turns):
            wrong.append("nobody was interrupted")
        if not self.first_audio_s or statistics.median(self.first_audio_s) > FIRST_AUDIO_S:
            wrong.append(f"the median wait is longer than {FIRST_AUDIO_S:g} s")
        waits = [turn.end_of_turn_ms for turn in self.turns if turn.end_of_turn_ms is not None]
        if not waits or min(waits) < END_OF_TURN_MS:
            wrong.append(f"a turn was taken to be over in less than {END_OF_TURN_MS} ms")
        if self.hangup_cause != "NORMAL_CLEARING":
            wrong.append(f"the call ended with {self.hangup_cause}")
        return wrong

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _holds(text: str, script: Script, now: datetime) -> bool:
    """Return whether all that must be read back is in *text*."""
    return all(KINDS[name].parse(text, script.language, now) == script.slots[name] for name in script.read_back)
