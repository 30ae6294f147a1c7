"""What the numbers say of the workers."""

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from assist.monitor.workers import seen


def numbers(capacity: float, **circuits: int) -> list[Metric]:
    """Return those of workers; *circuits* by what the engine does, then its name, as ``stt_google=2``."""
    states = GaugeMetricFamily("assist_provider_circuit_state", "", labels=["op", "provider"])
    for name, state in circuits.items():
        states.add_metric(name.split("_"), state)
    return [GaugeMetricFamily("assist_calls_capacity", "", capacity), states]


def test_workers_that_take_calls_and_have_engines_are_well() -> None:
    sight = seen(numbers(100, stt_google=0, llm_openai=1, tts_polly=0))
    assert sight.checks == {"workers": True, "stt": True, "llm": True, "tts": True}


def test_one_engine_of_a_kind_is_enough() -> None:
    assert seen(numbers(100, stt_google=2, stt_whisper=0, llm_flow=0, tts_pico=0)).checks["stt"]


def test_without_any_of_a_kind_it_is_not_ready() -> None:
    checks = seen(numbers(100, stt_google=2, stt_deepgram=2, llm_flow=0, tts_pico=0)).checks
    assert [name for name, well in checks.items() if not well] == ["stt"]


def test_nobody_who_takes_calls_is_not_ready() -> None:
    assert not seen(numbers(0, stt_whisper=0, llm_flow=0, tts_pico=0)).checks["workers"]
    assert not any(seen([]).checks.values())
