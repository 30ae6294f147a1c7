import json
import wave
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from assist.audio.formats import LINE
from assist.bench.wer import misheard, plain, telephone, utterances, word_errors
from assist.errors import ConfigurationError
from tests.recordings import DATA, recordings


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("marque el uno", "Marque el 1.", 0),
        ("la conferencia iniciará ahora", "¡La conferencia inicíara, ahora!", 0),
        ("la conferencia iniciará ahora", "La conferencia iniciará a hora.", 2),
        ("ahora no", "", 2),
        ("ahora no", "No, ahora no.", 1),
        ("el año 1999", "el año 1998", 1),
    ],
)
def test_a_word_is_misheard_if_another_none_or_one_more_is_heard(said: str, heard: str, errors: int) -> None:
    assert misheard(plain(said, "es"), plain(heard, "es")) == errors


def test_a_telephone_lets_through_what_is_between_300_and_3400_hz_at_a_level_of_speech() -> None:
    def tone(pitch: float) -> bytes:
        return (20000 * np.sin(2 * np.pi * pitch * np.arange(LINE.rate) / LINE.rate)).astype("<i2").tobytes()

    def level(audio: bytes) -> float:
        samples = np.frombuffer(audio, "<i2") / 32768
        return 20 * float(np.log10(np.sqrt((samples**2).mean())))

    assert level(telephone(tone(1013))) == pytest.approx(-23, abs=0.2)
    both = np.frombuffer(tone(100), "<i2") // 2 + np.frombuffer(tone(1013), "<i2") // 2
    assert level(telephone(both.astype("<i2").tobytes())) == pytest.approx(-23, abs=0.2)
    assert telephone(bytes(320)) == bytes(320)


def test_recordings_are_found_beside_their_words() -> None:
    read = list(utterances(DATA / "es.tsv"))
    assert [(said.words, said.audio) for said in read] == [(said.words, said.audio) for said in recordings("es")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hola", r"es\.tsv:1: write the name"),
        ("falta\thola", r"falta\.wav: it cannot be read"),
        ("ancha\thola", "8 kHz"),
    ],
)
def test_what_is_wrong_with_a_list_is_told(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "es").mkdir()
    with wave.open(str(tmp_path / "es" / "ancha.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    (tmp_path / "es.tsv").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        list(utterances(tmp_path / "es.tsv"))


def test_a_list_without_recordings_is_told_with_where_they_were_looked_for(tmp_path: Path) -> None:
    (tmp_path / "xx.tsv").write_text("uno\thola", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"no recordings in {tmp_path}/xx"):
        list(utterances(tmp_path / "xx.tsv"))


@pytest.mark.slow
@pytest.mark.models
def test_the_embedded_ear_mishears_few_words_of_those_that_ship() -> None:
    pytest.importorskip("faster_whisper")
    printed = CliRunner().invoke(word_errors, [str(DATA / "es.tsv"), str(DATA / "en.tsv"), "--json"])
    assert printed.exit_code == 0, printed.output
    spanish, english = json.loads(printed.output)
    assert (spanish["language"], spanish["utterances"]) == ("es", len(recordings("es")))
    assert spanish["clean_percent"] <= 15
    assert spanish["telephone_percent"] <= 15
    assert english["clean_percent"] <= 5
    assert english["telephone_percent"] <= 5
