"""Written Spanish as it is read aloud."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("num2words", reason='pip install "assist[neural]"')

from assist.tts.kokoro_reading import words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Nada que cambiar, señora.", "Nada que cambiar, señora."),
        ("El 23/12/2026.", "El veintitrés de diciembre de dos mil veintiséis."),
        ("El 1/5 cerramos.", "El uno de mayo cerramos."),
        ("A las 16:30 h.", "A las dieciséis y media."),
        ("De 9:00 a 21:15, o a la 1:05.", "De nueve a veintiuna y cuarto, o a la una y cinco."),
        ("60 €, 60,50 € o 1 €", "sesenta euros, sesenta euros con cincuenta o un euro"),
        ("1.500 euros y $20", "mil quinientos euros y veinte dólares"),
        ("El 21 % de IVA", "El veintiún por ciento de IVA"),
        ("3,5 km y 37 °C", "tres coma cinco kilómetros y treinta y siete grados"),
        (
            "21 días, 31 horas, 1 paciente, 101 camas",
            "veintiún días, treinta y una horas, un paciente, ciento una camas",
        ),
        ("La 1ª y el 3.º B", "La primera y el tercero be"),
        ("612 34 56 78", "seiscientos doce, treinta y cuatro, cincuenta y seis, setenta y ocho"),
        ("600000009", "seiscientos, cero cero cero, cero cero nueve"),
        ("El código 0042", "El código cero cero cuatro dos"),
        ("Marque 112.", "Marque ciento doce."),
        ("Pulse * o #.", "Pulse asterisco o almohadilla."),
        ("El Sr. Pérez y la Dra. Gil", "El señor Pérez y la doctora Gil"),
        ("C/ Mayor, nº 12", "calle Mayor, número doce"),
        ("El DNI, la ITV y la OTAN", "El de ene i, la i te uve y la OTAN"),
        ("info@clinica.es", "info arroba clinica punto es"),
        ("Y luego, a las 5.", "Y luego, a las cinco."),
        (
            "Quedan 2\r\ncamas y 612\u00a034\t56\n78",
            "Quedan dos camas y seiscientos doce, treinta y cuatro, cincuenta y seis, setenta y ocho",
        ),
    ],
)
def test_what_is_written_is_read(written: str, read: str) -> None:
    assert words(written) == read


@given(st.text(alphabet="0123456789.,:/ €%ºªkmh+-", max_size=40))
def test_no_figure_is_left_unread(text: str) -> None:
    assert not re.search(r"\d", words(text))


@given(st.text(max_size=60))
@example("0\rA")
def test_no_text_breaks_it(text: str) -> None:
    assert words(text) == " ".join(words(text).split())
