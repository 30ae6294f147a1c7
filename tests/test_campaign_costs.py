"""What a minute of talk is said to cost, by the tables that ship."""

from dataclasses import replace
from decimal import Decimal

import pytest

from assist.assistant.choice import Choice, Engines
from assist.campaign.costs import Part, engine_costs, known, trunk_cost
from assist.provider.prices import load_prices
from assist.settings import read_settings
from tests.campaigns import ASSISTANTS, CONFIG, campaign

PRICES = load_prices(CONFIG / "prices.yaml")
HOSTED = Engines(
    stt=(Choice("deepgram", {"model": "nova-3"}), Choice("whisper")),
    llm=(Choice("openai", {"model": "gpt-4.1"}),),
    tts=(Choice("openai", {"model": "tts-1"}),),
)


async def costs(engines: Engines, prompt: str = "") -> list[Part]:
    assistant = replace(ASSISTANTS.get("clinica"), engines=engines, prompt=prompt)
    return await engine_costs(campaign(), assistant, read_settings(), PRICES)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEEPGRAM_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "a-key")


async def test_the_first_engine_of_each_kind_is_priced() -> None:
    stt, llm, tts = await costs(HOSTED)
    # Half a minute heard, 450 characters said.
    assert (stt.what, stt.usd) == ("stt deepgram nova-3", Decimal("0.0029"))
    assert (tts.what, tts.usd) == ("tts openai tts-1", Decimal("0.00675"))
    assert llm.what == "llm openai gpt-4.1" and llm.usd is not None and Decimal(0) < llm.usd < Decimal("0.01")


async def test_long_instructions_are_read_anew_for_each_reply() -> None:
    (_, short, _), (_, long, _) = await costs(HOSTED), await costs(HOSTED, "x" * 4000)
    assert short.usd is not None and long.usd is not None
    # Five times a thousand tokens at two dollars a million.
    assert long.usd - short.usd == Decimal("0.01")


async def test_embedded_engines_cost_nothing_and_are_not_opened() -> None:
    parts = await costs(Engines(stt=(Choice("whisper"),), llm=(Choice("flow"),), tts=(Choice("kokoro"),)))
    assert [part.usd for part in parts] == [0, 0, 0]


async def test_without_a_key_or_a_price_nobody_knows_and_the_mend_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    unpriced = replace(HOSTED, stt=(Choice("deepgram", {"model": "nova-2"}),))
    stt, llm, _ = await costs(unpriced)
    assert (stt.usd, llm.usd) == (None, None)
    assert "nova-2" in stt.mend and "OPENAI_API_KEY" in llm.mend


def test_the_trunk_has_the_price_of_its_file() -> None:
    assert trunk_cost(campaign(gateway={"usd_per_minute": "0.012"})).usd == Decimal("0.012")
    assert trunk_cost(campaign()).mend


def test_what_is_not_known_is_left_out_unless_nothing_is() -> None:
    parts = [Part("a", None), Part("b", Decimal("0.1")), Part("c", Decimal("0.2"))]
    assert known(parts) == Decimal("0.3")
    assert known(parts[:1]) is None
