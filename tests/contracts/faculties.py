"""What the local services of the contracts do."""

from tests.contracts.llm import thinker
from tests.contracts.tts import beeps
from tests.providers.everyone import Faculties
from tests.providers.listener import listener

FACULTIES = Faculties(listener, thinker, beeps)
