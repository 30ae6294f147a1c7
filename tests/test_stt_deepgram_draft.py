"""What all models of Deepgram have in common: messages, and how far an utterance is known."""

import pytest

from assist.errors import ProviderError
from assist.stt.deepgram_draft import Progress, language_of, parse


@pytest.mark.parametrize("text", ["<html>", "[]", "3", '{"channel": {}}', b"\xff"])
def test_what_is_no_message_is_told_without_its_words(text: str | bytes) -> None:
    with pytest.raises(ProviderError, match=r"^deepgram: the answer is malformed$") as caught:
        parse(text)
    assert caught.value.temporary
    assert caught.value.__suppress_context__


def test_an_error_of_the_service_is_temporary() -> None:
    with pytest.raises(ProviderError, match="gave up") as caught:
        parse('{"type": "Error", "variant": "SchemaError", "description": "clínica"}')
    assert caught.value.temporary


def test_nothing_is_all_known_while_the_caller_speaks() -> None:
    progress = Progress(2)
    progress.know(5)
    assert not progress.all_known
    progress.pause(5.1)
    assert progress.all_known
    progress.resume()
    assert not progress.all_known
    progress.end(6)
    assert not progress.all_known
    progress.know(6)
    assert progress.all_known


@pytest.mark.parametrize(("tag", "language"), [("es", "es"), ("en-US", "en"), ("ES-419", "es")])
def test_a_language_is_told_without_its_region(tag: str, language: str) -> None:
    assert language_of(tag) == language
