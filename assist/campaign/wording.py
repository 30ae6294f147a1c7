"""The columns that the words of a campaign speak of."""

from collections.abc import Iterator

from assist.assistant.asides import ASIDE
from assist.assistant.document import Path
from assist.assistant.rules import placeholders_in
from assist.assistant.script import Translated
from assist.campaign.declaration import Campaign


def translations(campaign: Campaign) -> Iterator[tuple[Path, Translated]]:
    """Yield every text that is written by language, and where."""
    words = campaign.words
    yield ("words", "greeting"), words.greeting
    yield ("words", "message"), words.message
    yield ("words", "screening"), words.screening


def needed(campaign: Campaign) -> frozenset[str]:
    """Return the columns without which nobody can be called."""
    return frozenset(name for text in _texts(campaign) for name in placeholders_in(ASIDE.sub("", text)) or ())


def spoken(campaign: Campaign) -> frozenset[str]:
    """Return all columns that are said, those that may be empty among them."""
    asides = {aside["slot"] for text in _texts(campaign) for aside in ASIDE.finditer(text)}
    return needed(campaign) | asides | {name for text in _texts(campaign) for name in placeholders_in(text) or ()}


def _texts(campaign: Campaign) -> Iterator[str]:
    for _, translated in translations(campaign):
        for variants in translated.values():
            yield from variants
    yield campaign.words.prompt
