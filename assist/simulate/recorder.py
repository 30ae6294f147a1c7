"""A recording of a simulated call, as FreeSWITCH writes it: into a file that grows."""

import wave
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from assist.audio._audioop import audioop
from assist.audio.formats import LINE

HELD_BACK = 25
"""Frames that FreeSWITCH lets pile up after the first, unless ``RECORD_PRE_BUFFER_FRAMES`` says otherwise."""
BUFFER_BYTES = 1 << 16
"""That it collects before it writes unless ``enable_file_write_buffering`` is off: two to four seconds."""


class Recorder:
    """Writes one file."""

    def __init__(self, path: Path, variables: Mapping[str, str]) -> None:
        """Begin. *variables* are those that FreeSWITCH looks at. Raises `OSError`."""
        self.path = path
        self.masked = False
        """Silence is written instead of what is heard."""
        self._stereo = _is_true(variables, "RECORD_STEREO")
        self._caller_only = _is_true(variables, "RECORD_READ_ONLY")
        self._to_hold_back = int(variables.get("RECORD_PRE_BUFFER_FRAMES", HELD_BACK))
        self._begun = False
        self._waiting: deque[bytes] = deque()
        buffered = variables.get("enable_file_write_buffering", "true") == "true"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb", buffering=BUFFER_BYTES if buffered else 0)
        self._wave = self._as_wave() if path.suffix == ".wav" else None
        self._full = False

    def hear(self, caller: bytes, assistant: bytes) -> None:
        """Take in a frame of both sides."""
        self._waiting.append(self._mixed(caller, assistant))
        if self._begun and self._to_hold_back:
            self._to_hold_back -= 1
            return
        self._begun = True
        self._write(self._waiting.popleft())
        # Of the caller alone it takes all there is; of both sides one frame at a time, so what piled up stays.
        while self._caller_only and self._waiting:
            self._write(self._waiting.popleft())

    def close(self) -> None:
        """End it. What is still held back is lost, as it is in FreeSWITCH."""
        try:
            if self._wave:
                self._wave.close()
        finally:
            self._file.close()

    def _as_wave(self) -> wave.Wave_write:
        file = wave.Wave_write(self._file)
        file.setparams((2 if self._stereo else 1, LINE.sample_bytes, LINE.rate, 0, "NONE", ""))
        return file

    def _mixed(self, caller: bytes, assistant: bytes) -> bytes:
        if self._caller_only:
            assistant = bytes(len(assistant))
        if self._stereo:
            return audioop.add(audioop.tostereo(caller, 2, 1, 0), audioop.tostereo(assistant, 2, 0, 1), 2)
        return audioop.add(caller, assistant, 2)

    def _write(self, audio: bytes) -> None:
        if self._full:
            return
        if self.masked:
            audio = bytes(len(audio))
        try:
            if self._wave:
                self._wave.writeframesraw(audio)
            else:
                self._file.write(audio)
        except OSError:
            # Out of room FreeSWITCH stops writing and says nothing.
            self._full = True


def _is_true(variables: Mapping[str, str], name: str) -> bool:
    return variables.get(name, "").lower() in ("true", "yes", "on", "1")
