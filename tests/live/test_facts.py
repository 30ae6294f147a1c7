"""The facts that the simulated line is made after, on a real FreeSWITCH."""

from pathlib import Path

import pytest

from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.switch.control import Control
from tests.live.rig import RealRig
from tests.test_simulate_call_facts import *  # noqa: F403
from tests.test_simulate_facts import *  # noqa: F403
from tests.test_simulate_socket_facts import *  # noqa: F403


@pytest.fixture
def rig(switch: PrivateFreeSwitch, control: Control, tmp_path: Path) -> RealRig:
    return RealRig(switch, control, tmp_path)
