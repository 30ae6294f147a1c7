import logging

import pytest

from assist.monitor.sight import Complaint, Sight, gauge, look_at_all
from tests.scrapes import Numbers


def test_what_is_wrong_is_said_once_until_it_is_well_or_something_else(caplog: pytest.LogCaptureFixture) -> None:
    complain = Complaint(logging.getLogger("test"))
    for what in ("down", "down", "refused", "", "down", "down"):
        complain(what)
    assert caplog.messages == ["down", "refused", "down"]


async def test_what_all_see_is_one() -> None:
    async def one() -> Sight:
        return Sight([gauge("assist_one", "For the test.", 1)], {"redis": True})

    async def other() -> Sight:
        return Sight([gauge("assist_other", "For the test.", 2)], {"switch": False})

    sight = await look_at_all([one, other])
    numbers = Numbers(sight.metrics)
    assert (numbers("assist_one"), numbers("assist_other")) == (1, 2)
    assert sight.checks == {"redis": True, "switch": False}
