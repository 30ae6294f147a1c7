"""What FreeSWITCH runs through mod_python3, with a stub of the module it brings; tests/live runs the real one."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts/freeswitch"

TABLE = """# our numbers
+34910000002 clinica es   # reception
910000003 hotel
\t4 other_one-2 en
"""


class Switch:
    """FreeSWITCH as its scripts see it: global variables, and a log."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self.log: list[tuple[str, str]] = []

    def module(self) -> ModuleType:
        module = ModuleType("freeswitch")
        module.__dict__.update(getGlobalVariable=self.variables.get, consoleLog=lambda *line: self.log.append(line))
        return module


class FakeEvent:
    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = headers

    def getHeader(self, name: str) -> str | None:  # noqa: N802 - FreeSWITCH's name
        return self.headers.get(name)


class NoEvent:
    """Raises more than FreeSWITCH can bear."""

    def getHeader(self, name: str) -> str:  # noqa: N802 - FreeSWITCH's name
        raise RuntimeError("x" * 30_000)


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    switch = Switch()
    monkeypatch.setitem(sys.modules, "freeswitch", switch.module())
    return switch


def load(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.fixture
def route(switch: Switch, tmp_path: Path) -> Any:
    table = tmp_path / "dids"
    table.write_text(TABLE, encoding="utf-8")
    switch.variables["assist_dids"] = str(table)
    return load("assist_route")


@pytest.fixture
def call_log(switch: Switch, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "calls.jsonl"
    switch.variables["assist_call_log"] = str(path)
    yield path


def asked(number: str, context: str = "public") -> FakeEvent:
    return FakeEvent({"Hunt-Context": context, "Hunt-Destination-Number": number})


def actions(answer: str) -> list[tuple[str, str]]:
    return [(action.get("application", ""), action.get("data", "")) for action in Xml.fromstring(answer).iter("action")]


def test_a_number_of_the_table_goes_to_its_assistant(route: Any) -> None:
    assert actions(route.xml_fetch(asked("34910000002"))) == [
        ("set", "assist_assistant=clinica"),
        ("set", "assist_language=es"),
        ("transfer", "34910000002 XML assist"),
    ]


def test_the_plus_makes_no_difference(route: Any) -> None:
    answer = route.xml_fetch(asked("+910000003"))
    assert actions(answer) == [("set", "assist_assistant=hotel"), ("transfer", "+910000003 XML assist")]
    condition = Xml.fromstring(answer).find(".//condition")
    assert condition is not None and condition.get("expression") == r"^\+910000003$"


@pytest.mark.parametrize("number", ["5", "", "91000000", "٤", "4$", "${system(id)}", "4\n", '"><action/>', "4" * 30])
def test_leaves_other_numbers_to_the_dialplan(route: Any, switch: Switch, number: str) -> None:
    assert route.xml_fetch(asked(number)) == route.NOT_FOUND
    assert switch.log == []


def test_speaks_of_the_public_context_only(route: Any) -> None:
    assert route.xml_fetch(asked("34910000002", "assist")) == route.NOT_FOUND


def test_without_a_table_nothing_is_found(route: Any, switch: Switch) -> None:
    switch.variables["assist_dids"] = ""
    assert route.xml_fetch(asked("34910000002")) == route.NOT_FOUND
    assert switch.log == []


def test_a_missing_table_is_logged_and_the_dialplan_goes_on(route: Any, switch: Switch) -> None:
    switch.variables["assist_dids"] += "-gone"
    assert route.xml_fetch(asked("34910000002")) == route.NOT_FOUND
    assert switch.log == [("err", "assist_route: $ASSIST_DIDS: FileNotFoundError\n")]


def test_a_mistake_in_the_table_is_logged_without_its_words_and_harms_no_other_line(route: Any, switch: Switch) -> None:
    Path(switch.variables["assist_dids"]).write_text("910000001;hotel\n910000002 hotel\n", encoding="utf-8")
    assert actions(route.xml_fetch(asked("910000002")))
    assert switch.log == [("err", "assist_route: $ASSIST_DIDS: line 1: write NUMBER ASSISTANT [LANGUAGE]\n")]


def test_a_table_that_is_no_text_harms_nothing(route: Any, switch: Switch) -> None:
    Path(switch.variables["assist_dids"]).write_bytes(b"\xff\xfe\x00" * 1000)
    assert route.xml_fetch(asked("910000002")) == route.NOT_FOUND


def test_an_answer_is_text_whatever_happens(route: Any, switch: Switch) -> None:
    assert route.xml_fetch(NoEvent()) == route.NOT_FOUND
    assert route.xml_fetch(None) == route.NOT_FOUND
    assert all(len(text) < 300 for _, text in switch.log)


def test_the_console_tells_the_assistant_of_a_number(route: Any) -> None:
    written: list[str] = []
    stream = SimpleNamespace(write=written.append)
    route.fsapi("na", stream, None, "+34910000002")
    route.fsapi("na", stream, None, "77")
    assert written == ["clinica\n", "not in the table: see dialplan/public\n"]


ENDED = {
    "Unique-ID": "7e2027f6-ee96-4f83-ab3a-bdb671691434",
    "variable_assist_assistant": "clinica",
    "variable_assist_direction": "inbound",
    "Caller-Channel-Created-Time": "1763857681276122",
    "Caller-Channel-Answered-Time": "0",
    "Caller-Channel-Hangup-Time": "1763857689276122",
    "Caller-Caller-ID-Number": "+34600000000",
    "Caller-Caller-ID-Name": "Somebody",
    "variable_hangup_cause": "NORMAL_CLEARING",
    "variable_sip_term_status": "200",
    "variable_rtp_use_codec_name": "PCMA",
}


def test_a_call_leaves_one_line_without_numbers(call_log: Path) -> None:
    hangup = load("assist_hangup")
    hangup.fsapi("na", None, FakeEvent(ENDED), "")
    hangup.fsapi("na", None, FakeEvent(ENDED), "")
    first, second = call_log.read_text(encoding="utf-8").splitlines()
    assert first == second
    assert json.loads(first) == {
        "uuid": "7e2027f6-ee96-4f83-ab3a-bdb671691434",
        "assistant": "clinica",
        "direction": "inbound",
        "started": 1763857681276122,
        "answered": 0,
        "ended": 1763857689276122,
        "cause": "NORMAL_CLEARING",
        "sip_status": 200,
        "codec": "PCMA",
    }
    assert call_log.stat().st_mode & 0o777 == 0o600


def test_what_is_no_code_is_left_out(call_log: Path) -> None:
    load("assist_hangup").fsapi("na", None, FakeEvent(ENDED | {"variable_hangup_cause": "x y\n", "Unique-ID": "é"}), "")
    record = json.loads(call_log.read_text(encoding="utf-8"))
    assert "cause" not in record and "uuid" not in record


def test_a_time_that_is_no_number_is_left_out(call_log: Path) -> None:
    load("assist_hangup").fsapi("na", None, FakeEvent(ENDED | {"Caller-Channel-Hangup-Time": "soon"}), "")
    assert "ended" not in json.loads(call_log.read_text(encoding="utf-8"))


def test_a_record_that_cannot_be_written_is_logged_and_nothing_is_raised(call_log: Path, switch: Switch) -> None:
    switch.variables["assist_call_log"] = str(call_log / "no" / "such")
    hangup = load("assist_hangup")
    hangup.fsapi("na", None, FakeEvent(ENDED), "")
    hangup.fsapi("na", None, NoEvent(), "")
    assert [level for level, _ in switch.log] == ["err", "err"]
    assert all(len(text) < 100 for _, text in switch.log)
