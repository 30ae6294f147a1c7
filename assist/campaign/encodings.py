"""How the bytes of a list are text: as Excel writes them in Spanish, on Windows, in a DOS window and on a Mac."""

from pathlib import Path
from typing import BinaryIO, Final

CHUNK: Final = 1 << 20

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

_BEFORE_UNICODE: Final = ("cp1252", "cp850", "mac_roman")
"""The likeliest first."""
_SPANISH: Final = "áéíóúüñÁÉÍÓÚÜÑ¿¡ªºçÇàèòï"
_LETTERS: Final = {name: _SPANISH.encode(name, "ignore") for name in _BEFORE_UNICODE}


ENOUGH: Final = 1000
"""Lines that are not UTF-8, more than are: then it is something else."""


def encoding_of(path: Path) -> str:
    """Return the encoding of a file, by its mark or else by its lines. Raises `OSError`.

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
        return _by_lines(file)


def _unmarked_utf16(start: bytes) -> str | None:
    """A list is mostly Latin letters and digits: every other byte is nought."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) * 4 < len(start) or not start:
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _by_lines(file: BinaryIO) -> str:
    good = bad = 0
    seen = b""
    # Up to the end of a line, so that no character is cut; one without end is cut all the same.
    while (chunk := file.read(CHUNK) + file.readline(CHUNK)) and bad - good < ENOUGH:
        if chunk.isascii():
            continue
        if _is_utf8(chunk):
            good += chunk.count(b"\n") + 1
            continue
        wrong = [line for line in chunk.splitlines() if not line.isascii() and not _is_utf8(line)]
        bad += len(wrong)
        good += sum(not line.isascii() for line in chunk.splitlines()) - len(wrong)
        seen = seen or b"".join(wrong)
    return "utf-8" if good >= bad else _by_letters(seen)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _by_letters(seen: bytes) -> str:
    """Return the encoding in which the fewest are something else than letters of Spanish."""
    return min(_BEFORE_UNICODE, key=lambda name: len(seen.translate(None, _LETTERS[name])))
