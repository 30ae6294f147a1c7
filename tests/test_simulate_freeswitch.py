"""What can be told of a private FreeSWITCH without one; tests/live starts it."""

from pathlib import Path

import pytest

from assist.errors import ConfigurationError
from assist.simulate import freeswitch
from assist.simulate.freeswitch import Installation, find_freeswitch, private_freeswitch

ROOT = Path(__file__).parent.parent


def program(folder: Path, script: str) -> Path:
    path = folder / "freeswitch"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def installed(program: Path) -> Installation:
    return Installation(program, ROOT / "freeswitch/conf", ROOT / "scripts/freeswitch")


def configuration(options: Path) -> Path:
    words = options.read_text(encoding="utf-8").split()
    return Path(words[words.index("-conf") + 1])


def test_the_configured_program_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(program(tmp_path, "").parent))
    assert find_freeswitch(Path("elsewhere")) == Path("elsewhere")
    assert find_freeswitch() == tmp_path / "freeswitch"


def test_then_the_customary_places_if_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(freeswitch, "CUSTOMARY", (tmp_path / "no", program(tmp_path, "")))
    assert find_freeswitch() == tmp_path / "freeswitch"
    monkeypatch.setattr(freeswitch, "CUSTOMARY", ())
    assert find_freeswitch() is None


async def test_one_that_ends_at_once_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    places = tmp_path / "places"
    mute = installed(program(tmp_path, f'echo "$@" >{places}; echo Cannot start today >&2; exit 3'))
    with pytest.raises(ConfigurationError, match="ended with 3: Cannot start today"):
        async with private_freeswitch(mute, {}):
            pytest.fail("it did not start")
    assert not configuration(places).exists()


async def test_it_gets_the_projects_configuration_its_numbers_and_a_far_end(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    copy = program(tmp_path, f'while [ "$1" != -conf ]; do shift; done; cp -r "$2" {kept}; env >{kept}/env')
    with pytest.raises(ConfigurationError):
        async with private_freeswitch(installed(copy), {"1000": "clinica"}, {"ASSIST_SIP_PORT": "5999"}):
            pytest.fail("it did not start")
    assert (kept / "vars.xml").exists()
    assert (kept / "sip_profiles/far.xml").exists()
    assert "assist_assistant=clinica" in (kept / "dialplan/public/00_private.xml").read_text(encoding="utf-8")
    environment = (kept / "env").read_text(encoding="utf-8").splitlines()
    assert "ASSIST_SIP_PORT=5999" in environment
    assert "ASSIST_SIP_IP=127.0.0.1" in environment


async def test_each_has_ports_and_a_password_of_its_own(tmp_path: Path) -> None:
    told: list[set[str]] = []
    for number in range(2):
        kept = tmp_path / str(number)
        with pytest.raises(ConfigurationError):
            async with private_freeswitch(installed(program(tmp_path, f"env >{kept}")), {}):
                pytest.fail("it did not start")
        wanted = ("ASSIST_ESL_PASSWORD", "ASSIST_ESL_PORT", "ASSIST_SIP_PORT", "FAR_PORT")
        lines = kept.read_text(encoding="utf-8").splitlines()
        told.append({line for line in lines if line.startswith(wanted)})
    assert len(told[0]) == 4
    assert not told[0] & told[1]
