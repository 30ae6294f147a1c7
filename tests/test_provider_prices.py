"""Prices as an admin writes them down, and what is said of mistakes in them."""

from decimal import Decimal
from pathlib import Path

import pytest

from assist.errors import ConfigurationError
from assist.provider import Kind
from assist.provider.prices import Prices, load_prices
from assist.provider.usage import Amount

SHIPPED = Path(__file__).parent.parent / "config" / "prices.yaml"

TABLE = """
stt:
  deepgram: {nova-3: {minute: 0.006}}
  google: {telephony: {minute: 0.06, whole_seconds: true}}
llm:
  openai:
    gpt-4.1: {million_input: 2.00, million_cached: 0.50, million_output: 8.00}
    gpt-4.1*: {million_input: 1, million_output: 1}
    gpt-4.1-mini*: {million_input: 0.40, million_output: 1.60}
    llama*: {million_input: 0, million_output: 0}
tts:
  google: {"*-Neural2-*": {million_characters: 16.00}}
  openai: {gpt-4o-mini-tts: {minute: 0.015}, both: {million_characters: 1, minute: 0.60}}
"""


def table(directory: Path, text: str) -> Prices:
    path = directory / "prices.yaml"
    path.write_text(text, encoding="utf-8")
    return load_prices(path)


@pytest.mark.parametrize(
    ("kind", "engine", "model", "amount", "cost"),
    [
        (Kind.STT, "deepgram", "nova-3", Amount(1, seconds=2.5), "0.00025"),
        (Kind.STT, "google", "telephony", Amount(1, seconds=2.1), "0.003"),
        (Kind.LLM, "openai", "gpt-4.1", Amount(1, input=1000, cached=600, output=50), "0.0015"),
        (Kind.LLM, "openai", "gpt-4.1-mini-2025-04-14", Amount(1, input=1000, cached=600, output=50), "0.00048"),
        (Kind.LLM, "openai", "gpt-4.1-2025-04-14", Amount(1, input=10), "0.00001"),
        (Kind.LLM, "openai", "llama3.2", Amount(1, input=1000, output=1000), "0"),
        (Kind.TTS, "google", "es-ES-Neural2-A", Amount(1, 3.0, 100), "0.0016"),
        (Kind.TTS, "openai", "gpt-4o-mini-tts", Amount(1, 4.0, 100), "0.001"),
        (Kind.TTS, "openai", "both", Amount(1, 1.0, 1000), "0.011"),
        (Kind.TTS, "pico", "", Amount(1, 4.0, 100), "0"),
    ],
)
def test_a_request_costs_what_the_table_says(
    tmp_path: Path, kind: Kind, engine: str, model: str, amount: Amount, cost: str
) -> None:
    assert table(tmp_path, TABLE).cost(kind, engine, model, amount) == Decimal(cost)


@pytest.mark.parametrize(
    ("kind", "engine", "model"),
    [
        (Kind.STT, "deepgram", "nova-2"),
        (Kind.LLM, "deepgram", "nova-3"),
        (Kind.TTS, "google", "es-ES-Chirp3-HD-Aoede"),
    ],
)
def test_a_price_that_nobody_wrote_down_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: Kind, engine: str, model: str
) -> None:
    prices = table(tmp_path, TABLE)
    for _ in range(3):
        assert prices.cost(kind, engine, model, Amount(1, 1.0, 1, 1, 1, 1)) is None
    assert caplog.text.count(f"the price of {model} is not in the table") == 1


def test_what_is_embedded_or_priced_at_nothing_is_free(tmp_path: Path) -> None:
    prices = table(tmp_path, TABLE)
    assert prices.free(Kind.TTS, "pico", "")
    assert prices.free(Kind.LLM, "openai", "llama3.2")
    assert not prices.free(Kind.LLM, "openai", "gpt-4.1")
    assert not prices.free(Kind.STT, "google", "telephony")
    assert not prices.free(Kind.TTS, "openai", "gpt-4o-mini-tts")
    assert not prices.free(Kind.STT, "deepgram", "nova-2"), "who knows what it costs"


def test_a_table_may_be_empty(tmp_path: Path) -> None:
    assert table(tmp_path, "# nothing yet\n").free(Kind.STT, "whisper", "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stt:\n  deepgram: {nova-3: {minutes: 1}}", "2: stt.deepgram.nova-3.minutes: .* did you mean minute"),
        ("stt:\n  deepgram: {nova-3: {}}", "2: stt.deepgram.nova-3.minute: this is missing"),
        ("\n\nllm:\n  openai:\n    gpt: {million_input: -1, million_output: 1}", "5: .*million_input: this is too sm"),
        ("tts:\n  polly: {neural: {minute: dear}}", "2: tts.polly.neural.minute: this is not a number"),
        ("tts:\n  polly: {neural: {minute: {}}}", "2: tts.polly.neural.minute: this is not a number"),
        ("tts:\n  polly:\n    neural: {}", "3: tts.polly.neural: there is no price in it; write million_characters"),
        ("tts: {polly: 16}", "1: tts.polly: nothing is declared under it"),
        ("ttl: {}", "1: ttl: there is no such field; did you mean"),
        ("- 1", "1: nothing is declared under it"),
        ("stt: {deepgram: {a: {minute: 1}, a: {minute: 2}}}", "1: stt.deepgram.a: written twice"),
        ("stt: [", "2: this is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_mend(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"prices\.yaml:{told}"):
        table(tmp_path, text + "\n")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        table(tmp_path, "stt: {a: {b: {}}}\nllm: {c: 1}\n")
    assert len(str(caught.value).splitlines()) == 2


def test_a_table_that_is_missing_is_told_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml:1: it cannot be read: .* ASSIST_PRICES"):
        load_prices(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("kind", "engine", "model"),
    [
        (Kind.STT, "deepgram", "nova-3"),
        (Kind.STT, "google", "telephony"),
        (Kind.STT, "openai", "gpt-transcribe"),
        (Kind.LLM, "openai", "gpt-4.1"),
        (Kind.LLM, "openai", "gpt-4.1-mini-2025-04-14"),
        (Kind.TTS, "google", "es-ES-Chirp3-HD-Aoede"),
        (Kind.TTS, "polly", "neural"),
        (Kind.TTS, "openai", "gpt-4o-mini-tts"),
    ],
)
def test_the_table_that_ships_knows_what_engines_use_unless_told_otherwise(kind: Kind, engine: str, model: str) -> None:
    prices = load_prices(SHIPPED)
    assert prices.cost(kind, engine, model, Amount(1, 60.0, 1000, 1000, 0, 100))
