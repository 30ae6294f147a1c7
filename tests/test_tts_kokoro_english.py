"""Written English as words, and words as sounds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("misaki", reason='pip install "assist[neural]"')
pytest.importorskip("num2words", reason='pip install "assist[neural]"')
pytest.importorskip("piper_plus_g2p", reason='pip install "assist[neural]"')

from assist.tts.kokoro_english import symbols, words
from assist.tts.kokoro_model import vocabulary


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("One moment, please.", "wˈʌn mˈOmᵊnt, plˈiz."),
        ("the appointment", "ðə əpˈYntmənt"),
        ("I can't", "ˈI kˈænt"),
        ("I can’t", "ˈI kˈænt"),
        ("sixty euros", "sˈɪksti jˈʊɹOz"),
        ("the reception's", "ðə ɹəsˈɛpʃənz"),
        ("a GP", "ɐ ʤˈipˈi"),
        ("Clínica", "klˈinika"),
        ("日本語", ""),
    ],
)
def test_words_are_pronounced(text: str, sounds: str) -> None:
    assert symbols(text) == sounds


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("We are open, madam.", "We are open, madam."),
        ("At 9:00, 9:05 or 4:30 pm.", "At nine, nine oh five or four thirty P M."),
        ("At 4:30 p.m. sharp", "At four thirty P M sharp"),
        ("€60, 60.50 € or $1", "sixty euros, sixty euros fifty or one dollar"),
        ("the 23rd of December 2026", "the twenty third of December twenty twenty six"),
        ("1,500 people, 3.5 %", "one thousand five hundred people, three point five percent"),
        ("600000009", "six zero zero, zero zero zero, zero zero nine"),
        ("Dr. Gil and Mrs. Fox", "doctor Gil and missus Fox"),
        ("Press * or #.", "Press star or hash."),
        ("info@clinic.com", "info at clinic dot com"),
    ],
)
def test_what_is_written_is_read(written: str, read: str) -> None:
    assert words(written) == read


@given(st.text(alphabet="0123456789.,:/ €$%thamp+-", max_size=40))
def test_no_figure_is_left_unread(text: str) -> None:
    assert not re.search(r"\d", words(text))


@given(st.text(max_size=60))
def test_the_voice_knows_every_symbol(text: str) -> None:
    assert set(symbols(words(text))) <= vocabulary().keys()
