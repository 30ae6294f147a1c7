import os
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from pydantic import ValidationError

from assist.errors import ConfigurationError
from assist.settings import read_settings, secret


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("ASSIST_", "OPENAI_", "REDIS_", "STATE_")):
            monkeypatch.delenv(name)


def mistakes(*needed: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(*needed)
    return str(caught.value).splitlines()


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()
    assert (settings.listen.host, settings.listen.port, settings.workers.count) == ("127.0.0.1", 8084, 2)
    assert (settings.engines.stt, settings.engines.llm, settings.engines.tts) == (("whisper",), ("flow",), ("pico",))
    assert settings.redis.url is None
    assert settings.redis.retention == timedelta(days=30)
    assert settings.files.state_dir == Path.home() / ".local/state/assist"
    assert settings.files.recordings_dir is None
    assert settings.esl.password is None


def test_variables_are_read_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ASSIST_LISTEN_PORT": "9000",
        "ASSIST_LISTEN_PEERS": "10.0.0.0/8, 192.168.1.7",
        "ASSIST_TTS": "openai, pico",
        "OPENAI_API_KEY": "sk-secret",
        "REDIS_URL": "redis://:secret@db/1",
        "STATE_DIRECTORY": "/var/lib/assist",
        "ASSIST_RECORDINGS_DIR": "~/calls",
        "ASSIST_WORKERS_CALLS": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read_settings("REDIS_URL")
    assert settings.listen.port == 9000
    assert settings.listen.peers == (IPv4Network("10.0.0.0/8"), IPv4Network("192.168.1.7/32"))
    assert settings.engines.tts == ("openai", "pico")
    assert settings.openai.api_key is not None
    assert settings.openai.api_key.get_secret_value() == "sk-secret"
    assert settings.files.state_dir == Path("/var/lib/assist")
    assert settings.files.recordings_dir == Path.home() / "calls"
    assert settings.workers.calls == 50, "an empty variable is as good as none"
    assert "secret" not in repr(settings)


def test_the_variable_of_assist_goes_before_that_of_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_STATE_DIR", "/ours")
    monkeypatch.setenv("STATE_DIRECTORY", "/theirs")
    assert read_settings().files.state_dir == Path("/ours")


def test_every_mistake_is_reported_at_once_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_LISTEN_PORT", "ninety")
    monkeypatch.setenv("ASSIST_LISTEN_PEERS", "loopback")
    monkeypatch.setenv("ASSIST_WORKERS_COUNT", "1")
    monkeypatch.setenv("ASSIST_RETENTION_DAYS", "0")
    monkeypatch.setenv("ASSIST_STT", " , ")
    monkeypatch.setenv("ASSIST_LISTEN_PROT", "8084")
    found = mistakes("ASSIST_ESL_PASSWORD")
    assert {line.split(":")[0] for line in found} == {
        "ASSIST_LISTEN_PORT",
        "ASSIST_LISTEN_PEERS",
        "ASSIST_WORKERS_COUNT",
        "ASSIST_RETENTION_DAYS",
        "ASSIST_ESL_PASSWORD",
        "ASSIST_LISTEN_PROT",
        "ASSIST_STT",
    }
    assert "ASSIST_WORKERS_COUNT: input should be greater than or equal to 2" in found
    assert "ASSIST_LISTEN_PROT: is no setting: write ASSIST_LISTEN_PORT" in found


def test_a_mistake_does_not_repeat_what_may_be_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_ESL_PASSWORD", "ClueCon")
    monkeypatch.setenv("ASSIST_LISTEN_PORT", "sk-put-here-by-accident")
    found = "\n".join(mistakes())
    assert "ASSIST_ESL_PASSWORD: is the password FreeSWITCH is published with" in found
    assert "ClueCon" not in found
    assert "accident" not in found


def test_variables_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_TRUNK_REALM", "sip.example")
    read_settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        read_settings().listen.port = 1


def test_a_key_is_found_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_API_KEY", "sk-of-the-clinic")
    assert secret("CLINIC_API_KEY").get_secret_value() == "sk-of-the-clinic"


@pytest.mark.parametrize("written", ["ASSIST_ESL_PASSWORD", "sk-put-here-by-accident", "PATH", "_API_KEY", ""])
def test_who_writes_an_assistant_gets_no_other_secret(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setenv("ASSIST_ESL_PASSWORD", "secret")
    with pytest.raises(ConfigurationError, match=r"^key: is no name of a key") as caught:
        secret(written)
    assert "accident" not in str(caught.value)


@pytest.mark.parametrize("value", [None, ""])
def test_a_key_that_is_missing_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("CLINIC_API_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("CLINIC_API_KEY", value)
    with pytest.raises(ConfigurationError, match=r"^CLINIC_API_KEY: is missing: set it$"):
        secret("CLINIC_API_KEY")


def test_freeswitches_that_place_the_calls_of_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().esl.addresses == (("127.0.0.1", 8021),)
    monkeypatch.setenv("ASSIST_ESL_NODES", "10.0.0.1:8021, [fd00::2]:9021")
    assert read_settings().esl.addresses == (("10.0.0.1", 8021), ("fd00::2", 9021))


def test_a_freeswitch_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSIST_ESL_NODES", "10.0.0.1")
    assert mistakes() == ["ASSIST_ESL_NODES: is no address: write host:port, as 10.0.0.1:8021"]
