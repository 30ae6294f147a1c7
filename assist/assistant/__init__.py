"""An assistant as its YAML file declares it."""

from assist.assistant.declaration import Assistant, Phrases, Timing
from assist.assistant.loading import Assistants, load
from assist.assistant.mistakes import Mistake

__all__ = ["Assistant", "Assistants", "Mistake", "Phrases", "Timing", "load"]
