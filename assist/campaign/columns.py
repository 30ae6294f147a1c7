"""Which column of a list is what, by its name in Spanish or English."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Final

from assist.campaign.flaw import Unfit


class Meaning(StrEnum):
    """What a column may be besides something to say."""

    NUMBER = "number"
    ID = "id"
    LANGUAGE = "language"
    ZONE = "zone"
    REGION = "region"
    """ISO 3166-2."""
    COUNTRY = "country"
    CONSENT = "consent"
    """Whether; or where it was given, which says both."""
    CONSENT_SOURCE = "consent_source"
    CONSENT_AT = "consent_at"
    CONSENT_PROOF = "consent_proof"


_NAMES: Final[Mapping[Meaning, str]] = {
    Meaning.NUMBER: "number numero telefono telefono_movil telefono_fijo numero_de_telefono numero_telefono movil tel "
    "tfno tlfno tlf tfn fijo celular cel phone phone_number telephone telephone_number mobile mobile_number "
    "mobile_phone cell cell_phone cellphone msisdn",
    Meaning.ID: "id identificador id_contacto id_cliente contact_id customer_id",
    Meaning.LANGUAGE: "language idioma lengua lang",
    Meaning.ZONE: "zone zona zona_horaria huso huso_horario time_zone timezone tz",
    Meaning.REGION: "region region_iso codigo_region codigo_de_region subdivision",
    Meaning.COUNTRY: "country pais country_code codigo_pais codigo_de_pais",
    Meaning.CONSENT: "consent consentimiento consiente acepta autoriza autorizacion opt_in",
    Meaning.CONSENT_SOURCE: "consent_source origen_consentimiento origen_del_consentimiento fuente_consentimiento "
    "fuente_del_consentimiento",
    Meaning.CONSENT_AT: "consent_at consent_date consented_at date_of_consent fecha_consentimiento "
    "fecha_de_consentimiento fecha_del_consentimiento",
    Meaning.CONSENT_PROOF: "consent_proof consent_uri consent_url prueba_consentimiento prueba_de_consentimiento "
    "prueba_del_consentimiento",
}
_MEANINGS: Final = {name: meaning for meaning, names in _NAMES.items() for name in names.split()}

_TWINS: Final = (
    ("name", "nombre"),
    ("surname", "apellidos"),
    ("last_name", "apellido"),
    ("company", "empresa"),
    ("date", "fecha"),
    ("time", "hora"),
    ("amount", "importe"),
    ("address", "direccion"),
    ("city", "ciudad"),
)
_OTHERS: Final = {one: other for pair in _TWINS for one, other in (pair, pair[::-1])}

OURS: Final = "error_"
"""How the columns begin that an error file has and a list has not: it may be mended and imported as it is."""


@lru_cache(1000)
def folded(name: str) -> str:
    """Return *name* in small letters without accents, with ``_`` between words."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", letters))


@dataclass(frozen=True, slots=True)
class Columns:
    """Where everything is in a row."""

    names: tuple[str, ...]
    """As the file writes them."""
    meanings: Mapping[Meaning, int]
    variables: Mapping[str, int]
    """By the name that the campaign has for it, else by the folded one."""
    ignored: frozenset[int] = field(default_factory=frozenset)

    def name(self, of: Meaning | str) -> str:
        """Return how the file calls it."""
        place = self.meanings.get(of) if isinstance(of, Meaning) else self.variables.get(of)
        return of if place is None else self.names[place]


def columns_of(
    names: Sequence[str], needed: Iterable[str] = (), optional: Iterable[str] = (), chosen: str | None = None
) -> Columns:
    """Return which of the columns *names* is what. Raises `Unfit`.

    *needed*, *optional*: what the campaign says, or tells calls apart by. *chosen*: the name of the column with the
    numbers, if several may be.
    """
    folds = [folded(name) for name in names]
    _refuse_twice(names, folds)
    meanings = dict(_meanings(names, folds, chosen))
    if Meaning.NUMBER not in meanings:
        found = ", ".join(name for name in names if name.strip())[:200]
        raise Unfit("no column holds telephone numbers", f"call one of them teléfono or phone; there are {found}")
    ignored = frozenset(place for place, fold in enumerate(folds) if not fold or fold.startswith(OURS))
    taken = {*meanings.values(), *ignored}
    places = {fold: place for place, fold in enumerate(folds) if place not in taken}
    said = {name: place for name in (*needed, *optional) if (place := _place(name, folds, places)) is not None}
    for name in needed:
        if name not in said:
            raise _lacking(name, places)
    own = {fold: place for fold, place in places.items() if place not in said.values()}
    return Columns(tuple(names), meanings, {**own, **said}, ignored)


def number_columns(names: Iterable[str]) -> list[int]:
    """Return where telephone numbers are, by the *names* of all columns."""
    return [place for place, name in enumerate(names) if _MEANINGS.get(folded(name)) is Meaning.NUMBER]


def _meanings(names: Sequence[str], folds: Sequence[str], chosen: str | None) -> Iterator[tuple[Meaning, int]]:
    if chosen is not None:
        if folded(chosen) not in folds:
            raise Unfit("there is no such column for the numbers", f"write one of {', '.join(names)[:200]}")
        yield Meaning.NUMBER, folds.index(folded(chosen))
    for meaning in Meaning:
        places = [place for place, fold in enumerate(folds) if _MEANINGS.get(fold) is meaning]
        if meaning is Meaning.NUMBER and chosen is not None:
            continue
        if len(places) > 1:
            several = ", ".join(names[place] for place in places)
            raise Unfit(f"several columns may be the {meaning}: {several}", "keep one, or rename the others")
        if places:
            yield meaning, places[0]


def _refuse_twice(names: Sequence[str], folds: Sequence[str]) -> None:
    for place, fold in enumerate(folds):
        if fold and fold in folds[:place]:
            raise Unfit(f"two columns have the name {names[place]}", "rename one of them")


def _place(variable: str, folds: Sequence[str], places: Mapping[str, int]) -> int | None:
    """Return where what the campaign calls *variable* is, be it a column that means something else, too."""
    fold = folded(variable)
    for name in (fold, _OTHERS.get(fold, fold)):
        if name in places:
            return places[name]
        if name in folds:
            return folds.index(name)
    return None


def _lacking(variable: str, places: Mapping[str, int]) -> Unfit:
    close = get_close_matches(folded(variable), places, n=1)
    mend = f"is it {close[0]}? Rename that column" if close else f"add a column {variable}"
    return Unfit(f"the campaign needs {{{variable}}}, and no column has it", mend)
