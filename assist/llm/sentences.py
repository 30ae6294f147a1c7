"""Where a voice may breathe: cuts a reply that is still being written into pieces worth synthesising.

The first piece is cut early, at a comma if need be, because the caller is waiting for it; later ones at the end of a
sentence, because longer pieces sound better. A full stop cuts as soon as it arrives, without waiting for the space
behind it: at 20 ms a token that space would cost a fiftieth of a second of dead air at each turn.
"""

import re

FIRST_CUT = 24
"""Characters before a comma may end the first piece: about one and a half seconds of speech."""
LONGEST = 240
"""Characters before a piece without any punctuation is cut between two words."""

ABBREVIATIONS = frozenset({
    *("sr", "sra", "srta", "dr", "dra", "dña", "ud", "uds", "av", "avda", "pza", "prof", "tel", "núm", "nº", "art"),
    *("pág", "mr", "mrs", "ms", "st", "vs", "www"),
})  # fmt: skip

END = re.compile(r"[.!?…]+[\"'»”)\]]*(?=\s|$)|\n")
BREATH = re.compile(r"[,;:](?=\s)")
LAST_WORD = re.compile(r"(\w+)\W*$")


class Sentences:
    """One reply's text, in any pieces in, sentences out."""

    def __init__(self) -> None:
        self._rest = ""
        self._first = True

    def feed(self, text: str) -> list[str]:
        """Return the sentences that *text* completes, trimmed, in order."""
        self._rest += text
        cut: list[str] = []
        while position := self._cut():
            self._take(position, cut)
        return cut

    def flush(self) -> list[str]:
        """Return what is left when the reply has ended."""
        cut: list[str] = []
        self._take(len(self._rest), cut)
        return cut

    def _take(self, position: int, into: list[str]) -> None:
        sentence, self._rest = self._rest[:position].strip(), self._rest[position:]
        if any(character.isalnum() for character in sentence):
            into.append(sentence)
            self._first = False

    def _cut(self) -> int:
        """Return how much of the rest is a piece, 0 for none yet."""
        for end in END.finditer(self._rest):
            if end.group() == "\n" or not self._goes_on(end):
                return end.end()
        if self._first:
            for breath in BREATH.finditer(self._rest):
                if breath.end() >= FIRST_CUT:
                    return breath.end()
        if len(self._rest) > LONGEST:
            return max(self._rest.rfind(" ", 0, LONGEST), 0) or LONGEST
        return 0

    def _goes_on(self, end: re.Match[str]) -> bool:
        """Return whether that full stop is an abbreviation's, an initial's or perhaps a decimal's."""
        if not end.group().startswith(".") or len(end.group()) > 1:
            return False
        word = LAST_WORD.search(self._rest, 0, end.start())
        if word is None:
            return False
        last = word.group(1)
        unfinished_number = last.isdecimal() and end.end() == len(self._rest)
        return last.lower() in ABBREVIATIONS or (len(last) == 1 and last.isalpha()) or unfinished_number
