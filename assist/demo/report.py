"""What came of a demo call, as a program reads it, and whether it is what the script wanted."""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from assist.call.events import Turn
from assist.demo.script import Script
from assist.llm import Json

FIRST_AUDIO_S = 1.0
"""The median wait that the embedded engines must keep to on two cores."""

Parser = Callable[[str, str, str, datetime], Json]
"""(kind, text, language, now) -> the value in it, or None."""


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
    far_end_heard: str
    """What the embedded engine understands of what the far end heard."""
    problems: Sequence[str]
    """Why the call was not what the script wants; empty if it was."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def judge(
    script: Script, turns: Sequence[Turn], slots: Mapping[str, object], first_audio: Sequence[float], heard: str
) -> list[str]:
    """Return what is wrong with a call that should have gone by *script*."""
    problems = [
        f"{name}: {slots.get(name)!r} was understood instead of {value!r}"
        for name, value in script.slots.items()
        if slots.get(name) != value
    ]
    if len(turns) < 5:
        problems.append(f"only {len(turns)} turns")
    if not any(turn.interrupted for turn in turns):
        problems.append("nobody was interrupted")
    if not first_audio or statistics.median(first_audio) > FIRST_AUDIO_S:
        problems.append(f"first audio later than {FIRST_AUDIO_S} s at the median of {len(first_audio)} answers")
    if min((turn.end_of_turn_ms for turn in turns if turn.end_of_turn_ms is not None), default=0) < 600:
        problems.append("a turn was taken to be over after less than 600 ms")
    return problems
