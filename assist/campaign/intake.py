"""From a row of a list to a contact, or to everything that is wrong with it."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from assist.campaign.columns import Columns, Meaning, folded
from assist.campaign.consent import Refused, consent_of, missing
from assist.campaign.demands import Demands
from assist.campaign.flaw import Flaw, Unfit
from assist.campaign.group import group_of
from assist.campaign.model import Consent, Contact
from assist.campaign.numbers import Number, read
from assist.campaign.rows import Row

LONGEST_VALUE: Final = 500
"""Characters of what is said: half a minute."""
LONGEST_ID: Final = 100

_LANGUAGES: Final = {
    "espanol": "es",
    "castellano": "es",
    "spanish": "es",
    "ingles": "en",
    "english": "en",
}
_COUNTRIES: Final = {
    "espana": "ES",
    "spain": "ES",
    "mexico": "MX",
    "colombia": "CO",
    "argentina": "AR",
    "estados_unidos": "US",
    "united_states": "US",
    "usa": "US",
    "eeuu": "US",
}
_QUOTED: Final = re.compile(r'="([^"]*)"')
"""How a spreadsheet is made to leave a number as it is."""
_FORMULA: Final = re.compile(r"=|[+\-@][^ ]*[|!(]")
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


class Intake:
    """Reads one row after the other. Waits for nothing."""

    def __init__(self, demands: Demands, now: float) -> None:
        self._demands = demands
        self._now = now

    def contact(self, row: Row, columns: Columns) -> Contact | list[Flaw]:
        """Return whom the row tells of; ``id`` is empty where it says none."""
        if row.flaw:
            return [row.flaw]
        return _Reading(self._demands, self._now, columns, row.cells).contact()


class _Reading:
    """One row."""

    def __init__(self, demands: Demands, now: float, columns: Columns, cells: tuple[str, ...]) -> None:
        self._demands = demands
        self._now = now
        self._columns = columns
        self._cells = [_tidy(cell) for cell in cells]
        self._flaws: list[Flaw] = []

    def contact(self) -> Contact | list[Flaw]:
        self._flaws += self._spoilt()
        country = self._country() or self._demands.country
        number = self._number(country)
        made = Contact(
            id=self._id(number.e164 if number else ""),
            number=number.e164 if number else "",
            group=self._group(number) if number else "",
            variables=self._variables(),
            language=self._language(),
            consent=self._consent(number.country if number else country),
        )
        return self._flaws or made

    def _cell(self, place: int | None) -> str:
        return self._cells[place] if place is not None and place < len(self._cells) else ""

    def _of(self, meaning: Meaning) -> str:
        return self._cell(self._columns.meanings.get(meaning))

    def _tell(self, of: Meaning | str, mistake: str, mend: str) -> None:
        self._flaws.append(Flaw(self._columns.name(of), mistake, mend))

    def _spoilt(self) -> Iterator[Flaw]:
        """Yield what is wrong with any cell, whatever it means."""
        names = self._columns.names
        for place, value in enumerate(self._cells):
            if place in self._columns.ignored and place < len(names) and names[place].strip():
                continue
            if place >= len(names) or not names[place].strip():
                if value:
                    mend = "name the column; or put a text with a separator in it between quotation marks"
                    yield Flaw("", "there are more values than columns with a name", mend)
                    return
            elif flaw := self._unreadable(place, value):
                yield Flaw(names[place], *flaw)

    def _unreadable(self, place: int, value: str) -> tuple[str, str] | None:
        if "\ufffd" in value or not (value.isprintable() or _UNREADABLE.isdisjoint(map(unicodedata.category, value))):
            return "there are characters that cannot be read", "save the list as CSV UTF-8"
        if place != self._columns.meanings[Meaning.NUMBER] and _FORMULA.match(value):
            return "this is a formula of a spreadsheet", "write what it results in"
        if len(value) > LONGEST_VALUE:
            return "this is too long to be said", f"shorten it to {LONGEST_VALUE} characters"
        return None

    def _country(self) -> str:
        written = self._of(Meaning.COUNTRY)
        country = _COUNTRIES.get(folded(written), written.upper())
        if written and not re.fullmatch("[A-Z]{2}", country):
            self._tell(Meaning.COUNTRY, "this is no country", "write its two letters, as ES or MX")
            return ""
        return country

    def _number(self, country: str) -> Number | None:
        try:
            number = read(self._of(Meaning.NUMBER), country)
            self._demands.destinations.check(number)
        except Unfit as unfit:
            self._tell(Meaning.NUMBER, unfit.mistake, unfit.mend)
            return None
        return number

    def _group(self, number: Number) -> str:
        region = self._of(Meaning.REGION).upper()
        try:
            return group_of(number, self._of(Meaning.ZONE), region, self._demands.home)
        except ValueError as error:
            mistake, _, mend = str(error).partition("; ")
            self._tell(Meaning.REGION if region and "holidays" in mistake else Meaning.ZONE, mistake, mend)
            return ""

    def _id(self, number: str) -> str:
        own = self._of(Meaning.ID)
        if number and number.endswith(re.sub(r"\D", "", own) or "-") and re.fullmatch(r"[+\d\s.-]{7,}", own):
            # The number once more: ids are shown, and numbers are not.
            return ""
        if len(own) > LONGEST_ID:
            self._tell(Meaning.ID, "this is too long", f"shorten it to {LONGEST_ID} characters")
        return own

    def _language(self) -> str:
        written = self._of(Meaning.LANGUAGE)
        language = _LANGUAGES.get(folded(written), folded(written)[:2])
        if written and language not in self._demands.languages:
            spoken = ", ".join(self._demands.languages)
            self._tell(Meaning.LANGUAGE, "the assistant does not speak this language", f"write one of {spoken}")
        return language

    def _variables(self) -> dict[str, str]:
        found = {name: self._cell(place) for name, place in self._columns.variables.items()}
        for name in sorted(self._demands.needed):
            if not found.get(name):
                self._tell(name, "this is missing, and the campaign needs it", "fill it in, or remove the row")
        return {name: value for name, value in found.items() if value}

    def _consent(self, country: str) -> Consent | None:
        said, source, at = map(self._of, (Meaning.CONSENT, Meaning.CONSENT_SOURCE, Meaning.CONSENT_AT))
        try:
            found = consent_of(said, source, at, self._of(Meaning.CONSENT_PROOF), country=country, now=self._now)
        except Refused as refused:
            self._tell(Meaning.CONSENT, refused.mistake, refused.mend)
            return None
        except Unfit as unfit:
            self._tell(Meaning.CONSENT_AT, unfit.mistake, unfit.mend)
            return None
        if found is None and country in self._demands.consent:
            lacking = missing(said, source, at)
            self._tell(Meaning.CONSENT_AT if said or source else Meaning.CONSENT, lacking.mistake, lacking.mend)
        return found


def _tidy(cell: str) -> str:
    """Return *cell* in one line, without what keeps a spreadsheet from touching it."""
    text = " ".join(cell.split())
    if quoted := _QUOTED.fullmatch(text):
        return quoted[1].strip()
    # The apostrophe of a text that looks like something else; one of a name stays.
    return text[1:] if text[:1] == "'" and re.match(r"[\d=+\-@]", text[1:]) else text
