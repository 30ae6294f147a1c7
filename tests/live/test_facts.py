"""The facts that the simulated line is made after, on a real FreeSWITCH."""

from tests.test_simulate_facts import *  # noqa: F403
from tests.test_simulate_socket_facts import *  # noqa: F403
