"""deploy/compose.yaml, without an engine to run it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from assist.settings import read_settings, variables

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
LASTING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
OURS = ("workers", "dialer", "api", "webhooks")
HOLD_CALLS = ("workers", "dialer")
OF_OTHER_PROGRAMS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "HOME"}


def of_freeswitch() -> set[str]:
    """Return the variables that the configuration of FreeSWITCH reads."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "freeswitch/conf").rglob("*.xml*")]
    return {name for text in texts for name in re.findall(r"=\$(ASSIST_\w+)", text)}


def mounts(service: str) -> dict[str, str]:
    """Return what is mounted there, by the place in the container."""
    parts = [volume.split(":") for volume in SERVICES[service]["volumes"]]
    return {place: source for source, place, *_ in parts}


def seconds(text: str) -> float:
    assert text.endswith("s")
    return float(text[:-1])


def test_fulfils_the_schema() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")
    if not check.exists():
        pytest.skip("no check-jsonschema: pip install -e .[dev]")
    command: list[str | Path] = [check, "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", LASTING)
def test_every_service_is_looked_after(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert service["restart"] == "unless-stopped"
    assert seconds(service["stop_grace_period"]) > 0


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].startswith("0:") == (name == "prepare")
    assert "privileged" not in service


def test_nothing_is_published() -> None:
    """SIP and RTP are on the host's network; Redis is on none, and what listens besides is on 127.0.0.1."""
    assert [name for name, service in SERVICES.items() if "ports" in service or "expose" in service] == []
    assert SERVICES["redis"]["network_mode"] == "none"
    assert [name for name in OURS if "ASSIST_LISTEN_HOST" in SERVICES[name]["environment"]] == []
    assert SERVICES["api"]["environment"]["ASSIST_API_LISTEN"] == "${ASSIST_API_LISTEN:-127.0.0.1:8085}"


def test_one_process_is_the_api() -> None:
    """`assist serve` would run another where it is told an address."""
    assert [name for name in OURS if "ASSIST_API_LISTEN" in SERVICES[name]["environment"]] == ["api"]


def test_secrets_must_be_given() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required == {"ASSIST_ESL_PASSWORD", "ASSIST_CARRIER_CIDRS", "ASSIST_SIP_IP", "GRAFANA_PASSWORD"}
    for name in required:
        assert f"${{{name}:-" not in text
        assert f"\n{name}=\n" in (DEPLOY / ".env.example").read_text(encoding="utf-8")
    secret = [name for service in LASTING.values() for name in service.get("environment", {}) if "KEY" in name]
    assert secret
    assert all(SERVICES["workers"]["environment"][name] is None for name in secret)


def test_every_variable_is_one_that_is_read() -> None:
    for name in OURS:
        assert set(SERVICES[name]["environment"]) - OF_OTHER_PROGRAMS <= set(variables())
    assert set(SERVICES["freeswitch"]["environment"]) - OF_OTHER_PROGRAMS <= of_freeswitch()


def test_freeswitch_may_be_told_everything_that_its_configuration_reads() -> None:
    # Where workers listen is decided here, and the log of calls is beside FreeSWITCH's own.
    decided = {"ASSIST_LISTEN_HOST", "ASSIST_SOCKET", "ASSIST_CALL_LOG"}
    assert of_freeswitch() - set(SERVICES["freeswitch"]["environment"]) == decided


def test_they_may_be_told_everything_that_they_read() -> None:
    # Places in the image, what is decided here, and what is for machines without a Redis or a FreeSWITCH of their own.
    decided = {
        "ASSIST_LISTEN_HOST",
        "ASSIST_LISTEN_PEERS",
        "ASSIST_API_LISTEN",
        "ASSIST_STATE_DIR",
        "ASSIST_ASSISTANTS_DIR",
        "ASSIST_CAMPAIGNS_DIR",
        "ASSIST_POLICIES_DIR",
        "ASSIST_TRUNKS",
        "ASSIST_PRICES",
        "ASSIST_FREESWITCH",
        "ASSIST_ESL_HOST",
        "ASSIST_ESL_NODES",
        "ASSIST_DURABLE",
        "ASSIST_WEBHOOKS_LOOPBACK",
    }
    assert set(variables()) - set(SERVICES["workers"]["environment"]) == decided


def test_the_settings_are_taken_and_those_of_freeswitch_do_not_disturb(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in {*variables(), *of_freeswitch()}:
        monkeypatch.delenv(name, raising=False)
    environment = SERVICES["freeswitch"]["environment"] | SERVICES["workers"]["environment"]
    for name, value in environment.items():
        if value is not None:
            monkeypatch.setenv(name, "0123456789abcdef" if value.startswith("${") else value)
    for name in of_freeswitch() - set(variables()):
        monkeypatch.setenv(name, "1")
    settings = read_settings("ASSIST_ESL_PASSWORD", "REDIS_URL")
    assert str(settings.files.media_dir) in mounts("freeswitch")


def test_freeswitch_and_the_workers_share_memory_as_one_user() -> None:
    place = SERVICES["workers"]["environment"]["ASSIST_MEDIA_DIR"]
    user = SERVICES["freeswitch"]["user"]
    uid, gid = user.split(":")
    for name in ("freeswitch", *OURS):
        assert SERVICES[name]["user"] == user
        assert SERVICES[name]["network_mode"] == "host"
        volume = COMPOSE["volumes"][mounts(name)[place]]
        assert volume["driver_opts"]["type"] == "tmpfs"
        assert {f"uid={uid}", f"gid={gid}", "mode=0770"} <= set(volume["driver_opts"]["o"].split(","))


def test_the_image_has_the_same_user() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    numbers = dict(line.removeprefix("ARG ").split("=") for line in lines if re.match(r"ARG [UG]ID=", line))
    assert f"{numbers['UID']}:{numbers['GID']}" == SERVICES["workers"]["user"]
    assert "USER ${UID}:${GID}" in lines


def test_redis_is_reached_through_a_socket_that_its_configuration_names() -> None:
    path = SERVICES["workers"]["environment"]["REDIS_URL"].removeprefix("unix://")
    assert f"unixsocket {path}" in (DEPLOY / "redis.conf").read_text(encoding="utf-8").splitlines()
    folder = str(Path(path).parent)
    assert {mounts(name)[folder] for name in OURS} == {mounts("redis")[folder]}
    options = COMPOSE["volumes"][mounts("redis")[folder]]["driver_opts"]["o"].split(",")
    uid, gid = SERVICES["redis"]["user"].split(":")
    # Its group, which is the workers', may come in; nobody else.
    assert {f"uid={uid}", f"gid={gid}", "mode=0750"} <= set(options)
    assert SERVICES["workers"]["user"].endswith(f":{gid}")
    assert mounts("redis")["/data"] in COMPOSE["volumes"]


def test_calls_are_given_the_time_to_end() -> None:
    drain = float(SERVICES["workers"]["environment"]["ASSIST_WORKERS_DRAIN"])
    for name in HOLD_CALLS:
        assert seconds(SERVICES[name]["stop_grace_period"]) > drain


def test_services_start_after_what_they_need_and_stop_before_it() -> None:
    healthy = {"condition": "service_healthy"}
    assert SERVICES["workers"]["depends_on"] == {"freeswitch": healthy, "redis": healthy}
    assert SERVICES["dialer"]["depends_on"] == {"freeswitch": healthy, "redis": healthy, "workers": healthy}
    assert SERVICES["api"]["depends_on"] == {"freeswitch": healthy, "redis": healthy}
    assert SERVICES["webhooks"]["depends_on"] == {"redis": healthy}


def test_what_is_mounted_is_there() -> None:
    sources = {source for name in SERVICES for source in mounts(name).values()}
    for source in sources:
        assert source in COMPOSE["volumes"] if not source.startswith(".") else (DEPLOY / source).exists()


def test_volumes_that_belong_to_root_at_first_are_handed_over() -> None:
    """What the others write to without being memory of their own."""
    prepared = set(mounts("prepare"))
    written = {
        place
        for name in ("freeswitch", *OURS)
        for place, source in mounts(name).items()
        if source in COMPOSE["volumes"] and COMPOSE["volumes"][source] is None
    }
    assert written == prepared
    assert prepared <= set(SERVICES["prepare"]["entrypoint"])


@pytest.mark.parametrize("name", OURS)
def test_whoever_is_asked_for_numbers_and_health_is_there(name: str) -> None:
    address = SERVICES[name]["environment"]["ASSIST_METRICS_LISTEN"]
    assert address.startswith("127.0.0.1:")
    assert f"http://{address}/health/ready" in SERVICES[name]["healthcheck"]["test"][-1]
    jobs = yaml.safe_load((DEPLOY / "monitoring/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = [target for job in jobs for static in job.get("static_configs", []) for target in static["targets"]]
    assert targets.count(address) == 1


def test_prometheus_and_grafana_find_their_files_and_each_other() -> None:
    config = next(word for word in SERVICES["prometheus"]["command"] if "--config.file=" in word).partition("=")[2]
    folder, _, file = config.rpartition("/")
    assert (DEPLOY / mounts("prometheus")[folder] / file).is_file()
    places = mounts("grafana")
    provisioning = DEPLOY / places["/etc/grafana/provisioning"]
    providers = yaml.safe_load((provisioning / "dashboards/assist.yml").read_text(encoding="utf-8"))["providers"]
    for provider in providers:
        assert [*(DEPLOY / places[provider["options"]["path"]]).glob("*.json")]
    sources = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))["datasources"]
    listening = next(word for word in SERVICES["prometheus"]["command"] if "listen-address" in word).partition("=")[2]
    assert [source["url"] for source in sources] == [f"http://{listening}"]
    assert SERVICES["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"
