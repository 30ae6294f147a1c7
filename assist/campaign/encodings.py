"""How the bytes of a list are text: as Excel writes them in Spanish, on Windows, in a DOS window and on a Mac."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

CHUNK: Final = 1 << 20

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_BEFORE_UNICODE: Final = ("cp1252", "cp850", "mac_roman")
"""The likeliest first."""
_SPANISH: Final = "áéíóúüñÁÉÍÓÚÜÑ¿¡ªºçÇàèòï"
_LETTERS: Final = {name: frozenset(_SPANISH.encode(name, "ignore")) for name in _BEFORE_UNICODE}


@dataclass(slots=True)
class _Census:
    """What there is above ASCII."""

    good: int = 0
    """Lines with that, in UTF-8."""
    bad: int = 0
    """Lines that are not UTF-8."""
    seen: bytes = b""
    """Of those; enough to tell whose letters they are."""

    def feed(self, line: bytes) -> None:
        try:
            line.decode()
            self.good += 1
        except UnicodeDecodeError:
            self.bad += 1
            if len(self.seen) < CHUNK:
                self.seen += bytes(byte for byte in line if byte > 0x7F)


def encoding_of(path: Path) -> str:
    """Return the encoding of a file, by its mark or else by all of its bytes. Raises `OSError`.

    Whichever it is, some of its bytes may still make no sense in it.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        for mark, name in _BOMS:
            if start.startswith(mark):
                return name
        if wide := _unmarked_utf16(start):
            return wide
        file.seek(0)
        census = _Census()
        for line in _beyond_ascii(file):
            census.feed(line)
    return "utf-8" if census.good >= census.bad else _by_letters(census.seen)


def _unmarked_utf16(start: bytes) -> str | None:
    """A list is mostly Latin letters and digits: every other byte is nought."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start) or not start:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _beyond_ascii(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        # Up to the end of a line, so that no character is cut; one without end is cut all the same.
        chunk += file.readline(CHUNK)
        if not chunk.isascii():
            yield from (line for line in chunk.splitlines() if not line.isascii())


def _by_letters(seen: bytes) -> str:
    return max(_BEFORE_UNICODE, key=lambda name: sum(byte in _LETTERS[name] for byte in seen))
