"""What a voice is given to read out, whoever speaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.tts.wording import readable


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hola\0mundo\x1b\u200b\udcff", "hola mundo"),
        ("la clí\u00adnica\ufeff", "la clínica"),
        ("**Importante:** use `código` y uno_dos", "Importante: use código y uno dos"),
        ("Pulse * o #.", "Pulse * o #."),
        ("5 < 7 y 8 > 2, a 37 °C & más", "5 < 7 y 8 > 2, a 37 °C & más"),
        ("línea\n\nnueva  línea 😀 👩\u200d⚕️ 1️⃣ 🇪🇸", "línea nueva línea 1"),
        ('<speak>Un <break time="1s"/>momento</speak>', "Un momento"),
        ("日本語", "日本語"),
        ("½", "½"),
        ("", ""),
        ("... ¿? 😀 **", ""),
    ],
)
def test_only_what_is_meant_to_be_heard_is_read(text: str, heard: str) -> None:
    assert readable(text) == heard


@given(st.text(st.characters()))
def test_any_text_can_be_sent(text: str) -> None:
    sent = readable(text)
    assert sent.encode().decode() == sent


@given(st.text("áñb9 .,&;¿?>'\"()+-/:€%"))
def test_words_and_punctuation_stay(text: str) -> None:
    assert readable(text) in ("", " ".join(text.split()))
