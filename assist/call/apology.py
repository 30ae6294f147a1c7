"""What a caller is told when an engine fails and no other is left."""

from assist.assistant import Assistant
from assist.errors import NotHeard, ProviderError


def apology(error: ProviderError, assistant: Assistant, language: str) -> str:
    """Return the honest sentence; who cannot be understood is offered the keys that are answered at any time."""
    phrases = assistant.phrases[language]
    if not isinstance(error, NotHeard):
        return phrases.trouble
    return " ".join([phrases.deaf, *_menu(assistant, language)])


def _menu(assistant: Assistant, language: str) -> list[str]:
    questions = (assistant.questions[name] for name in assistant.lost)
    keyed = [question for question in questions if any(option.key for option in question.options.values())]
    return [question.ask[language][0] for question in keyed[:1]]
