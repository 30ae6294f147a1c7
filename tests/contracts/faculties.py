"""What the local services of the contracts do."""

from tests.contracts.llm import thinker
from tests.providers.everyone import Faculties
from tests.providers.listener import listener
from tests.providers.speaker import beeps

FACULTIES = Faculties(listener, thinker, beeps)
