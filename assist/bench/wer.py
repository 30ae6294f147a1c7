"""How many words are misheard: recordings whose words are known, as they are and through a telephone.

The rate is that of all words together: put in, left out or replaced, by the words that were said.
"""

import asyncio
import json
import re
import unicodedata
import wave
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from assist.aio import Stream
from assist.assistant.choice import Choice
from assist.audio.formats import LINE, Encoding
from assist.audio.g711 import decode, encode
from assist.engines.pool import Pool
from assist.errors import ConfigurationError
from assist.provider import Kind
from assist.settings import read_settings
from assist.stt import Pause, SpeechToText

DEBIAN = {
    "es": Path("/usr/share/asterisk/sounds/es_MX_f_Allison"),
    "en": Path("/usr/share/asterisk/sounds/en_US_f_Allison"),
}
"""Where the packages ``asterisk-core-sounds-*-wav`` put their recordings."""

FIGURES = {
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
"""Some write "1" for "one": that is not misheard. Longer numbers are left as they are."""

LOWEST, HIGHEST = 300, 3400
"""Hz that a telephone lets through."""
LEVEL = -23.0
"""dBFS at which people speak on the telephone."""
AUDIBLE = 0.02
"""Of the loudest sample: what is softer is no speech, and not counted for the level."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What somebody said."""

    words: str
    audio: bytes
    """`LINE`."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one list of utterances."""

    language: str
    utterances: int
    words: int
    clean_percent: float
    """Words misheard in the recordings as they are."""
    telephone_percent: float


def measure(transcripts: Sequence[Path], engine: str) -> list[Rate]:
    """Return how many words of each list *engine* mishears. Raises `ConfigurationError`, `ProviderError`."""
    return asyncio.run(_measure(transcripts, engine))


@click.command("wer")
@click.argument("transcripts", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--engine", default="whisper", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def word_errors(transcripts: tuple[Path, ...], engine: str, as_json: bool) -> None:
    """Word error rate on the recordings of TRANSCRIPTS.

    Each file is called by its language, as es.tsv, and has a line for each recording: its name, a tab, its words. The
    recordings are WAV files of 8 kHz, 16 bit, mono, in a directory beside it, as es/, or where Debian's packages
    asterisk-core-sounds-es-wav and -en-wav put them.

    Telephone: 300 to 3400 Hz, speech at -23 dBFS, mu-law. Capitals, accents and punctuation do not count, nor whether
    a number of one figure is written as a word.
    """
    rates = measure(transcripts, engine)
    if as_json:
        click.echo(json.dumps([asdict(rate) for rate in rates]))
        return
    for rate in rates:
        click.echo(
            f"{rate.language}: {rate.clean_percent:.1f} % clean, {rate.telephone_percent:.1f} % telephone"
            f" ({rate.utterances} utterances, {rate.words} words)"
        )


async def _measure(transcripts: Sequence[Path], engine: str) -> list[Rate]:
    lists = [(path.stem, list(utterances(path))) for path in transcripts]
    async with Pool(read_settings()) as pool:
        ear: SpeechToText = (await pool.open(Kind.STT, Choice(engine))).engine
        return [await _rate(ear, language, said) for language, said in lists]


async def _rate(ear: SpeechToText, language: str, said: Sequence[Utterance]) -> Rate:
    total = clean = telephoned = 0
    for utterance in said:
        words = plain(utterance.words, language)
        total += len(words)
        clean += misheard(words, plain(await _heard(ear, utterance.audio, language), language))
        telephoned += misheard(words, plain(await _heard(ear, telephone(utterance.audio), language), language))
    return Rate(language, len(said), total, round(100 * clean / total, 2), round(100 * telephoned / total, 2))


async def _heard(ear: SpeechToText, audio: bytes, language: str) -> str:
    async with aclosing(ear.transcribe(_once(audio), (language,))) as transcripts:
        return [transcript.text async for transcript in transcripts][-1]


async def _once(audio: bytes) -> Stream[bytes | Pause]:
    yield audio


def utterances(transcripts: Path) -> Iterator[Utterance]:
    """Yield what the list *transcripts* holds. Raises `ConfigurationError`."""
    places = [transcripts.with_suffix(""), *([DEBIAN[transcripts.stem]] if transcripts.stem in DEBIAN else [])]
    directory = next((place for place in places if place.is_dir()), None)
    if directory is None:
        raise ConfigurationError(f"{transcripts}: no recordings in {' or '.join(map(str, places))}")
    for number, line in enumerate(transcripts.read_text(encoding="utf-8").splitlines(), 1):
        name, tab, words = line.partition("\t")
        if not (tab and words.strip()):
            raise ConfigurationError(f"{transcripts}:{number}: write the name of a recording, a tab, and its words")
        yield Utterance(words, _read(directory / f"{name}.wav"))


def telephone(audio: bytes) -> bytes:
    """Return *audio* as it sounds on the telephone; both `LINE`."""
    sound = np.frombuffer(audio, "<i2").astype(np.float64)
    spectrum = np.fft.rfft(sound)
    pitches = np.fft.rfftfreq(len(sound), 1 / LINE.rate)
    spectrum[(pitches < LOWEST) | (pitches > HIGHEST)] = 0
    banded = np.fft.irfft(spectrum, len(sound))
    speech = banded[np.abs(banded) > AUDIBLE * np.abs(banded).max(initial=0)]
    if not speech.size:
        return audio
    levelled = banded * 32768 * 10 ** (LEVEL / 20) / np.sqrt((speech**2).mean())
    line = np.clip(np.rint(levelled), -32768, 32767).astype("<i2").tobytes()
    return decode(encode(line, Encoding.PCMU), Encoding.PCMU)


def plain(text: str, language: str) -> list[str]:
    """Return the words of *text* without capitals, accents and punctuation, and lone figures as words."""
    letters = unicodedata.normalize("NFD", text.casefold())
    words = re.findall(r"\w+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    figures = FIGURES.get(language, ())
    return [figures[int(word)] if figures and re.fullmatch("[0-9]", word) else word for word in words]


def misheard(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words must be put in, left out or replaced to make *heard* of *said*."""
    row = list(range(len(heard) + 1))
    for done, word in enumerate(said, 1):
        above, row[0] = row[0], done
        for place, other in enumerate(heard, 1):
            above, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, above + (word != other))
    return row[-1]


def _read(path: Path) -> bytes:
    try:
        with wave.open(str(path)) as file:
            if (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (LINE.rate, LINE.sample_bytes, 1):
                return bytes(file.readframes(file.getnframes()))
    except (OSError, wave.Error, EOFError) as error:
        raise ConfigurationError(f"{path}: it cannot be read: {error}") from error
    raise ConfigurationError(f"{path}: it is no WAV file of 8 kHz, 16 bit, mono")
