import pytest

from assist.errors import ProtocolError
from assist.switch.commands import originate
from assist.switch.endings import forgetting, read
from assist.switch.wire import encode


def test_what_is_remembered_of_each_call() -> None:
    printed = (
        "D/assist_ended_ab-1/USER_BUSY;486;486;0;0;0;1795416442211962\n"
        "D/assist_ended_ab-2/NORMAL_CLEARING;;;0;0;1795416441371978;1795416441711983\n"
    )
    found = read(printed)
    assert list(found) == ["ab-1", "ab-2"]
    assert found["ab-1"]["variable_sip_term_status"] == "486"
    assert found["ab-2"]["variable_sip_term_status"] == ""
    assert found["ab-2"]["Caller-Channel-Answered-Time"] == "1795416441371978"
    assert read("") == {}


def test_what_is_not_ours_is_not_understood() -> None:
    with pytest.raises(ProtocolError):
        read("D/assist_ended_ab-1/something else\n")


def test_one_call_is_forgotten() -> None:
    assert forgetting("ab-1") == "hash delete/assist_ended/ab-1"
    with pytest.raises(ProtocolError):
        forgetting("ab-1 and more")


def test_nothing_but_what_runs_at_the_end_has_places_to_be_filled() -> None:
    order = originate("sofia/gateway/carrier/600", "600", "assist", {"origination_uuid": "u1"}, remembered=True)
    assert encode(f"bgapi {order}").startswith(
        b"bgapi originate {origination_uuid=u1,origination_nested_vars=true,api_reporting_hook=hash::insert/"
    )
    for text in (order.replace("${uuid}", "${system(id)}"), f"{order} ${{uuid}}", order + "$"[:1] + "{x}"):
        with pytest.raises(ProtocolError, match="expand"):
            encode(f"bgapi {text}")
