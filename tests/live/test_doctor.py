"""`assist doctor` beside a real FreeSWITCH: one that is well, and one that lacks a module and its carrier."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assist.doctor import switch as look_at
from assist.doctor.finding import Finding, State
from assist.settings import read_settings
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.simulate.ports import free_port
from tests.live.switch import DIDS

DEAF = """
<include>
  <gateway name="deaf">
    <param name="proxy" value="127.0.0.1:{port}"/>
    <param name="realm" value="127.0.0.1"/>
    <param name="username" value="somebody"/>
    <param name="password" value="not-published-anywhere"/>
    <param name="register" value="true"/>
    <param name="register-transport" value="tcp"/>
  </gateway>
</include>
"""
"""Whom nobody lets register: no one listens there."""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSIST_ESL_NODES", raising=False)


async def look(monkeypatch: pytest.MonkeyPatch, switch: PrivateFreeSwitch, worker: int) -> dict[str, Finding]:
    monkeypatch.setenv("ASSIST_ESL_PORT", str(switch.ports.esl))
    monkeypatch.setenv("ASSIST_ESL_PASSWORD", switch.password)
    monkeypatch.setenv("ASSIST_LISTEN_PORT", str(worker))
    found = [finding async for finding in look_at.look(read_settings())]
    assert switch.password not in repr(found)
    return {finding.subject: finding for finding in found}


async def test_one_that_is_well_has_nothing_to_mend(switch: PrivateFreeSwitch, monkeypatch: pytest.MonkeyPatch) -> None:
    found = await look(monkeypatch, switch, switch.ports.worker)
    assert {subject: finding.state for subject, finding in found.items()} == {
        "FreeSWITCH": State.OK,
        "FreeSWITCH: modules": State.OK,
        "FreeSWITCH: SIP": State.OK,
        "FreeSWITCH: gateway carrier": State.OK,
        "FreeSWITCH: gateway far": State.OK,
        "FreeSWITCH: dialplan": State.OK,
    }


async def test_a_dialplan_that_sends_calls_elsewhere_is_wrong(
    switch: PrivateFreeSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await look(monkeypatch, switch, free_port())
    assert found["FreeSWITCH: dialplan"].state is State.WRONG


async def test_a_missing_module_a_carrier_that_is_away_and_the_published_password_are_told(
    freeswitch: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(freeswitch.conf, conf)
    (conf / "sip_profiles/trunk/deaf.xml").write_text(DEAF.format(port=free_port()), encoding="utf-8")
    variables = conf / "vars.xml"
    shipped = variables.read_text(encoding="utf-8")
    published = '<X-PRE-PROCESS cmd="set" data="default_password=1234"/>\n</include>'
    variables.write_text(shipped.replace("</include>", published), encoding="utf-8")
    modules = conf / "autoload_configs/modules.conf.xml"
    written = modules.read_text(encoding="utf-8")
    modules.write_text(written.replace('<load module="mod_native_file"/>', ""), encoding="utf-8")
    async with private_freeswitch(replace(freeswitch, conf=conf), DIDS) as started:
        found = await look(monkeypatch, started, started.ports.worker)
    assert found["FreeSWITCH: modules"].state is State.WRONG
    assert found["FreeSWITCH: modules"].found == "missing: mod_native_file"
    assert found["FreeSWITCH: gateway deaf"].state is not State.OK
    assert found["FreeSWITCH: gateway deaf"].mend
    assert found["FreeSWITCH: gateway carrier"].state is State.OK
    assert found["FreeSWITCH: telephones"].state is State.WRONG
