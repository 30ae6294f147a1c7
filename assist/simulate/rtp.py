"""What goes in and out of a simulated channel in each frame, and who records it."""

from collections.abc import Mapping
from pathlib import Path

from assist.audio import g711
from assist.audio.formats import Encoding
from assist.simulate.clock import FRAME, FRAME_BYTES, SILENCE
from assist.simulate.handset import Packet
from assist.simulate.recorder import Recorder


class Rtp:
    """One channel's audio. Nobody but its owner moves time: `arrive`, then reads and writes, then `depart`."""

    def __init__(self, codec: Encoding) -> None:
        self.codec = codec
        """Of the line, now."""
        self.held = False
        """The far end put the call on hold: nothing comes and nothing goes."""
        self.recorders: dict[Path, Recorder] = {}
        self._arrived = Packet(SILENCE)
        self._written = b""
        self._unrecorded = SILENCE

    def arrive(self, packet: Packet) -> None:
        """Take a packet. If nobody reads it before the next one comes its audio is lost, but no key."""
        self._arrived = Packet(packet.audio, self._arrived.key + packet.key)

    def read(self) -> Packet:
        """Take the packet that has arrived, and let the recordings hear it."""
        packet, assistant = self._arrived, self._unrecorded
        self._arrived, self._unrecorded = Packet(SILENCE), SILENCE
        if self.held:
            return packet
        audio = g711.decode(g711.encode(packet.audio or SILENCE, self.codec), self.codec)
        for recorder in self.recorders.values():
            recorder.hear(audio, assistant)
        return Packet(audio, packet.key)

    def write(self, pcm: bytes) -> None:
        """Send a frame of samples."""
        self.write_native(g711.encode(pcm.ljust(FRAME_BYTES, b"\0"), self.codec))

    def write_native(self, data: bytes) -> None:
        """Send a frame that claims to be in the line's codec: if it is not, that is what it sounds like."""
        self._written = self._unrecorded = g711.decode(data.ljust(FRAME, b"\xff")[:FRAME], self.codec)

    def depart(self) -> bytes:
        """Return what the far end hears in this frame."""
        return SILENCE if self.held else self.flush() or SILENCE

    def flush(self) -> bytes:
        """Return what was sent since the last frame departed, if anything was."""
        written, self._written = self._written, b""
        return written

    def record(self, path: Path, variables: Mapping[str, str]) -> None:
        """Let a recording begin with the next frame. Raises `OSError`."""
        if path not in self.recorders:
            self.recorders[path] = Recorder(path, variables)

    def close(self) -> None:
        """End all recordings."""
        while self.recorders:
            _, recorder = self.recorders.popitem()
            recorder.close()
