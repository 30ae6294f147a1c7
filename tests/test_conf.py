"""The configuration that ships with FreeSWITCH, without starting one."""

import re
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import pytest

CONF = Path(__file__).parent.parent / "freeswitch/conf"
FAR_END = Path(__file__).parent.parent / "assist/simulate/far_end"
XML = [path for folder in (CONF, FAR_END) for path in sorted(folder.rglob("*.xml*"))]
TEXT = [path for path in sorted(CONF.rglob("*")) if path.is_file() and path.suffix != ".wav"]

SETTING = re.compile(r'cmd="(?P<how>set|env-set)" data="(?P<name>\w+)=(?P<value>[^"]*)"')
ROW = re.compile(r"^\| `(?P<variable>ASSIST_\w+)` \| (?P<default>[^|]*) \|", re.MULTILINE)


def settings() -> list[re.Match[str]]:
    return [match for path in TEXT for match in SETTING.finditer(path.read_text(encoding="utf-8"))]


def rows() -> dict[str, str]:
    return {row["variable"]: row["default"].strip() for row in ROW.finditer((CONF / "README.md").read_text("utf-8"))}


@pytest.mark.parametrize("path", XML, ids=lambda path: path.name)
def test_is_xml(path: Path) -> None:
    if shutil.which("xmllint") is None:
        pytest.skip("no xmllint: apt-get install libxml2-utils")
    linted = subprocess.run(["xmllint", "--noout", path], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stderr


@pytest.mark.parametrize("verb", ["lint", "analyze"])
def test_frslint_finds_nothing(verb: str) -> None:
    frslint = Path(sys.executable).with_name("frslint")
    if not frslint.exists():
        pytest.skip("no frslint: pip install -e .[dev]")
    linted = subprocess.run([frslint, verb, CONF / "freeswitch.xml"], capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


def test_the_readme_lists_every_variable_and_no_other() -> None:
    used = {match["value"].removeprefix("$") for match in settings() if match["how"] == "env-set"}
    assert set(rows()) == used


def test_the_readme_tells_the_defaults() -> None:
    defaults = {match["name"].upper(): match["value"] for match in settings() if match["how"] == "set"}
    for variable, default in rows().items():
        value = defaults.get(variable, "none")
        plain = re.fullmatch(r"[\w./-]+", value) is not None
        assert default.startswith(
            f"`{value}`" if plain and value != "none" else ("none", "the host", "`ASSIST", "`assist")
        )


def test_every_variable_of_the_dialplan_has_a_value_or_may_be_empty() -> None:
    """An undefined ``$${name}`` is silently nothing."""
    defined = {match["name"] for match in settings()} | {
        "assist_python",
        "conf_dir",
        "mod_dir",
        "log_dir",
        "local_ip_v4",
    }
    used = {name for path in TEXT for name in re.findall(r"\$\$\{(\w+)\}", path.read_text(encoding="utf-8"))}
    assert used <= defined


def test_every_number_has_an_assistant() -> None:
    named = re.findall(r"assist_assistant=(\w+)", (CONF / "dialplan/public/dids.xml").read_text(encoding="utf-8"))
    assert named
    for name in named:
        assert (CONF.parent.parent / f"config/assistants/{name}.yaml").exists()


@pytest.mark.parametrize("published", ["ClueCon", "1234"])
def test_no_published_password_is_set(published: str) -> None:
    for path in XML:
        assert not re.search(rf'(value|data)="[^"]*\b{published}\b', path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "is not set"),
        ({"ASSIST_ESL_PASSWORD": ""}, "is not set"),
        ({"ASSIST_ESL_PASSWORD": "ClueCon"}, "everybody knows"),
        ({"ASSIST_ESL_PASSWORD": "1234"}, "everybody knows"),
        ({"ASSIST_ESL_PASSWORD": "short"}, "shorter than 12"),
        ({"ASSIST_ESL_PASSWORD": 'quoted"password'}, "letters, digits"),
        ({"ASSIST_ESL_PASSWORD": "long enough for it"}, "letters, digits"),
        ({"ASSIST_ESL_PASSWORD": "longenoughforit", "ASSIST_CARRIER_CIDRS": "10.0.0.0/8,0.0.0.0/0"}, "whole internet"),
        ({"ASSIST_ESL_PASSWORD": "longenoughforit", "ASSIST_SIP_PORT": ""}, "ASSIST_SIP_PORT is set to nothing"),
        ({"ASSIST_ESL_PASSWORD": "longenoughforit", "ASSIST_DIDS": 'a"b'}, "ASSIST_DIDS holds a character"),
    ],
)
def test_refuses_what_must_not_run(environment: dict[str, str], says: str) -> None:
    refused = subprocess.run(["sh", CONF / "refuse"], env=environment, capture_output=True, text=True)
    assert re.fullmatch(r"<refused-[A-Z_-]+>\n", refused.stdout)
    assert says in refused.stderr


def test_does_not_show_the_password_it_refuses() -> None:
    environment = {"ASSIST_ESL_PASSWORD": "hush hush hush"}
    refused = subprocess.run(["sh", CONF / "refuse"], env=environment, capture_output=True, text=True)
    assert "hush" not in refused.stdout + refused.stderr


def test_lets_a_good_password_pass() -> None:
    passed = subprocess.run(
        ["sh", CONF / "refuse"],
        env={"ASSIST_ESL_PASSWORD": "5f3c0e9a1b7d4826", "ASSIST_CARRIER_CIDRS": "203.0.113.0/24", "ASSIST_DIDS": ""},
        capture_output=True,
        text=True,
    )
    assert (passed.stdout, passed.stderr) == ("", "")


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_apology_is_as_the_line(language: str) -> None:
    with wave.open(str(CONF / f"sounds/apology.{language}.wav")) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert 3 < sound.getnframes() / 8000 < 12
