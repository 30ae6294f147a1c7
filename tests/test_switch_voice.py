"""The voice into a real pipe, read as FreeSWITCH reads it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist.audio import g711
from assist.audio.formats import Encoding
from assist.switch.pacing import PORTION
from assist.switch.script import Script
from assist.switch.voice import Pipe, Voice

FRAME = 160


class Reader:
    """FreeSWITCH's end."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def read(self) -> bytes | None:
        """What is there; nothing at the end; None if it would have to wait."""
        try:
            return os.read(self._descriptor, 32768)
        except BlockingIOError:
            return None

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    made = Pipe(tmp_path / "call-1.PCMA")
    yield made
    made.close()


@pytest.fixture
def reader(pipe: Pipe) -> Iterator[Reader]:
    made = Reader(pipe.path)
    yield made
    made.close()


def pcm(samples: int) -> bytes:
    return b"".join((number * 5 % 20000).to_bytes(2, "little") for number in range(samples))


def script(audio: bytes, *, ended: bool = True) -> Script:
    filled = Script()
    filled.add(audio)
    filled.ended = ended
    return filled


@pytest.mark.parametrize("encoding", [Encoding.PCMA, Encoding.PCMU])
def test_a_reply_arrives_whole_in_the_lines_law_and_then_ends(pipe: Pipe, reader: Reader, encoding: Encoding) -> None:
    audio = pcm(40_000 + 30)
    voice = Voice("call", pipe, script(audio), 0, encoding, FRAME)
    arrived = b""
    for beat in range(12):
        voice.tick(beat * 0.5)
        arrived += reader.read() or b""
    assert arrived == g711.encode(audio, encoding) + g711.silence(encoding, FRAME - 30)
    assert reader.read() == b""
    assert not pipe.path.exists()
    assert voice.written == 40_030
    assert voice.tick(9.0) is None


def test_a_slow_reply_has_silence_of_its_law_in_between(pipe: Pipe, reader: Reader) -> None:
    reply = script(pcm(800), ended=False)
    voice = Voice("call", pipe, reply, 0, Encoding.PCMA, FRAME)
    voice.tick(0.0)
    assert len(reader.read() or b"") == 800
    voice.tick(0.09)
    filling = reader.read()
    assert filling
    assert set(filling) == {0xD5}
    reply.add(pcm(160))
    voice.tick(0.12)
    assert reader.read() == g711.encode(pcm(160), Encoding.PCMA)


def test_it_goes_on_from_where_it_was_heard(pipe: Pipe, reader: Reader) -> None:
    """After a hold or a change of law, in a pipe of its own."""
    audio = pcm(8000)
    voice = Voice("call", pipe, script(audio), 3200, Encoding.PCMA, FRAME)
    voice.tick(0.0)
    assert reader.read() == g711.encode(audio[6400:][: 2 * PORTION], Encoding.PCMA)
    assert voice.heard(FRAME // 2 + FRAME) == 3200 + 2 * FRAME


def test_what_may_have_to_be_said_again_is_kept(pipe: Pipe, reader: Reader) -> None:
    audio = pcm(80_000)
    reply = script(audio)
    voice = Voice("call", pipe, reply, 0, Encoding.PCMA, FRAME)
    for beat in range(4):
        voice.tick(beat * 2.0)
        reader.read()
    # Three portions were read whole, and of the second a frame may still have been to play.
    assert reply.take(2 * PORTION - FRAME, 100) == audio[2 * (2 * PORTION - FRAME) :][:200]


def test_closing_leaves_neither_a_name_nor_a_descriptor(tmp_path: Path) -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    made = Pipe(tmp_path / "call-2.PCMU")
    made.close()
    made.close()
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    assert not made.path.exists()


def test_a_pipe_that_cannot_be_made_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Pipe(tmp_path / "missing" / "call-1.PCMA")
