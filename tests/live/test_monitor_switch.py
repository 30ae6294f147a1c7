"""What a real FreeSWITCH tells of itself."""

from pydantic import SecretStr

from assist.monitor.switch import switch_look
from assist.settings import Esl
from assist.simulate.freeswitch import PrivateFreeSwitch
from tests.scrapes import Numbers


async def test_a_freeswitch_tells_its_channels_trunks_and_failures(switch: PrivateFreeSwitch) -> None:
    esl = Esl(password=SecretStr(switch.password), nodes=(("127.0.0.1", switch.ports.esl),))
    sight = await switch_look(esl)()
    numbers = Numbers(sight.metrics)
    assert sight.checks == {"switch": True}
    assert numbers("assist_switch_up") == 1
    assert numbers("assist_switch_sessions_max") > numbers("assist_switch_sessions")
    assert numbers("assist_gateway_up", gateway="carrier") == 1
    assert numbers.has("assist_switch_failed_calls_total")
