"""FreeSWITCH's Event Socket, simulated: who is let in, and what is said of what it tells. tests/live has a real one."""

from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from assist.doctor import switch
from assist.doctor.finding import Finding, State
from assist.doctor.listeners import Listener
from assist.settings import Listen, read_settings
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port
from assist.switch.modules import MODULES

PASSWORD = "not-published-anywhere"


@pytest.fixture
async def line() -> AsyncIterator[SimulatedLine]:
    async with SimulatedLine([]) as simulated:
        yield simulated


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSIST_ESL_NODES", raising=False)
    monkeypatch.setenv("ASSIST_ESL_PASSWORD", PASSWORD)


async def look(monkeypatch: pytest.MonkeyPatch, port: int) -> dict[str, Finding]:
    monkeypatch.setenv("ASSIST_ESL_PORT", str(port))
    return {finding.subject: finding async for finding in switch.look(read_settings())}


async def test_one_that_takes_the_password_is_asked(line: SimulatedLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated switch knows little of itself, and what it does not tell is no mistake of anybody's."""
    async with line.event_socket(PASSWORD) as port:
        found = await look(monkeypatch, port)
    assert "FreeSWITCH: modules" in found
    assert State.WRONG not in [finding.state for finding in found.values()]
    assert PASSWORD not in repr(found)


async def test_one_with_another_password_is_wrong(line: SimulatedLine, monkeypatch: pytest.MonkeyPatch) -> None:
    async with line.event_socket("another") as port:
        found = await look(monkeypatch, port)
    assert found["FreeSWITCH"].state is State.WRONG
    assert found["FreeSWITCH"].found == "refuses the password"
    assert PASSWORD not in repr(found)


@pytest.mark.parametrize("known", [True, False])
async def test_one_that_takes_the_published_password_is_wrong_whatever_ours_is(
    line: SimulatedLine, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    if not known:
        monkeypatch.delenv("ASSIST_ESL_PASSWORD")
    async with line.event_socket("ClueCon") as port:
        found = await look(monkeypatch, port)
    assert found["FreeSWITCH"].state is State.WRONG
    assert "published" in found["FreeSWITCH"].found


async def test_without_a_password_it_is_only_known_to_be_there(
    line: SimulatedLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASSIST_ESL_PASSWORD")
    async with line.event_socket(PASSWORD) as port:
        found = await look(monkeypatch, port)
    assert found["FreeSWITCH"].state is State.WARNING
    assert "ASSIST_ESL_PASSWORD" in found["FreeSWITCH"].mend


@pytest.mark.parametrize("known", [True, False])
async def test_nobody_there_is_wrong(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    if not known:
        monkeypatch.delenv("ASSIST_ESL_PASSWORD")
    found = await look(monkeypatch, free_port())
    assert found["FreeSWITCH"].state is State.WRONG
    assert "freeswitch/conf" in found["FreeSWITCH"].mend


async def test_each_of_several_nodes_is_looked_at(line: SimulatedLine, monkeypatch: pytest.MonkeyPatch) -> None:
    away = free_port()
    async with line.event_socket(PASSWORD) as port:
        monkeypatch.setenv("ASSIST_ESL_NODES", f"127.0.0.1:{port} 127.0.0.1:{away}")
        found = await look(monkeypatch, free_port())
    assert found[f"FreeSWITCH 127.0.0.1:{port}"].state is State.WARNING, "it tells no version"
    assert found[f"FreeSWITCH 127.0.0.1:{away}"].state is State.WRONG


@pytest.mark.parametrize(("address", "count"), [("127.0.0.1", 0), ("10.0.0.1", 0), ("::", 1), ("0.0.0.0", 1)])
def test_an_event_socket_that_strangers_reach_is_wrong(address: str, count: int) -> None:
    found = list(switch.exposed("FreeSWITCH", [Listener(ip_address(address), 8021, 0)]))
    assert [finding.state for finding in found] == [State.WRONG] * count


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("FreeSWITCH Version 1.10.12-release+git~20240802T210227Z~a88d069d6f~64bit (git a88d069)", State.OK),
        ("FreeSWITCH Version 1.11.0-release", State.OK),
        ("FreeSWITCH Version 1.10.7-release", State.WARNING),
        ("", State.WARNING),
    ],
)
def test_versions(told: str, expected: State) -> None:
    assert switch.version("FreeSWITCH", told).state is expected


def test_what_is_needed_is_what_the_configuration_that_ships_loads() -> None:
    conf = Path(__file__).parent.parent / "freeswitch/conf/autoload_configs/modules.conf.xml"
    loaded = {module.get("module") for module in Xml.parse(conf).iter("load")}
    assert set(MODULES) <= loaded


def test_a_missing_module_is_named() -> None:
    found = switch.modules("FreeSWITCH", {"mod_sofia": "true", "mod_native_file": "false"})
    assert (found.state, found.found) == (State.WRONG, "missing: mod_native_file")


@pytest.mark.parametrize(
    ("told", "host", "here", "expected"),
    [
        ("127.0.0.1:8084", "127.0.0.1", True, State.OK),
        ("10.0.0.9:8084|127.0.0.1:8084", "127.0.0.1", True, State.OK),
        ("10.0.0.9:8084", "0.0.0.0", True, State.OK),
        ("127.0.0.1:8085", "127.0.0.1", True, State.WRONG),
        ("127.0.0.1:8085", "0.0.0.0", True, State.WRONG),
        ("127.0.0.1:18084", "0.0.0.0", True, State.WRONG),
        ("10.0.0.9:8084", "127.0.0.1", False, State.WARNING),
        ("", "127.0.0.1", True, State.WARNING),
    ],
)
def test_the_dialplan_sends_calls_where_workers_listen(told: str, host: str, here: bool, expected: State) -> None:
    assert switch.dialplan("FreeSWITCH", told, Listen(host=host, port=8084), here=here).state is expected
