"""deploy/systemd, by systemd's own tools, on a root of its own."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from assist.settings import variables
from tests.test_deploy_compose import OURS, SERVICES, of_freeswitch

FOLDER = Path(__file__).parent.parent / "deploy/systemd"
UNITS = sorted(FOLDER.glob("*.service"))


def unit(name: str) -> ConfigParser:
    read = ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(FOLDER / f"{name}.service", encoding="utf-8")
    return read


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the units and the programs that they start."""
    for program in ("opt/assist/bin/assist", "bin/sh"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", tmp_path / program)
    units = tmp_path / "etc/systemd/system"
    shutil.copytree("/lib/systemd/system", tmp_path / "lib/systemd/system", symlinks=True)
    units.mkdir(parents=True)
    for path in UNITS:
        shutil.copy(path, units)
    return tmp_path


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze: apt-get install systemd"
)


@needs_systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_nothing_wrong(path: Path, root: Path) -> None:
    command = ["systemd-analyze", "verify", "--man=no", f"--root={root}", path.name]
    verified = subprocess.run(command, capture_output=True, text=True)
    assert [line for line in verified.stderr.splitlines() if "assist" in line] == []
    assert verified.returncode == 0, verified.stderr


@needs_systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_little_is_exposed(path: Path) -> None:
    """At most 4 of 10, by systemd's own count: networks and reading cannot be spared."""
    command: list[str | Path] = ["systemd-analyze", "security", "--offline=yes", "--threshold=40", path]
    judged = subprocess.run(command, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd-sysusers: apt-get install systemd")
def test_the_user_is_that_of_the_containers(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    command: list[str | Path] = ["systemd-sysusers", f"--root={tmp_path}", FOLDER / "sysusers.conf"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    line = next(line for line in (tmp_path / "etc/passwd").read_text().splitlines() if line.startswith("assist:"))
    assert ":".join(line.split(":")[2:4]) == SERVICES["workers"]["user"]


def test_all_are_one_user_whose_files_the_others_may_write() -> None:
    for path in UNITS:
        service = unit(path.stem)["Service"]
        assert (service["User"], service["Group"], service["UMask"]) == ("assist", "assist", "0007")
        assert service["EnvironmentFile"] == "/etc/assist/environment"
    assert "d /dev/shm/assist 0770 assist assist -" in (FOLDER / "tmpfiles.conf").read_text().splitlines()


def test_calls_are_given_the_time_to_end() -> None:
    drain = re.search(r"^ASSIST_WORKERS_DRAIN=(\d+)$", (FOLDER / "environment.example").read_text(), re.MULTILINE)
    assert drain
    for name in ("assist", "assist-dialer"):
        service = unit(name)["Service"]
        assert float(service["TimeoutStopSec"]) > float(drain[1])
        assert (service["KillSignal"], service["KillMode"]) == ("SIGTERM", "mixed")


def test_workers_stop_before_freeswitch_and_redis() -> None:
    assert {"assist-freeswitch.service", "redis-server.service"} <= set(unit("assist")["Unit"]["After"].split())
    assert "assist.service" in unit("assist-dialer")["Unit"]["After"].split()
    assert "redis-server.service" in unit("assist-webhooks")["Unit"]["After"].split()
    assert {"assist-freeswitch.service", "redis-server.service"} <= set(unit("assist-api")["Unit"]["After"].split())


def test_every_variable_is_one_that_is_read() -> None:
    named = set(re.findall(r"^#?([A-Z_]+)=", (FOLDER / "environment.example").read_text(), re.MULTILINE))
    assert named <= {*variables(), *of_freeswitch()}
    assert "ASSIST_ESL_PASSWORD" in named


def variables_of(name: str) -> dict[str, str]:
    """Return what the unit itself sets."""
    text = (FOLDER / f"{name}.service").read_text(encoding="utf-8")
    return dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.MULTILINE))


def test_each_service_tells_how_it_is_at_an_address_of_its_own() -> None:
    jobs = yaml.safe_load((FOLDER.parent / "monitoring/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = [target for job in jobs for static in job.get("static_configs", []) for target in static["targets"]]
    told = [variables_of(path.stem).get("ASSIST_METRICS_LISTEN") for path in UNITS if path.stem != "assist-freeswitch"]
    assert sorted(targets) == sorted(str(address) for address in told)


def test_one_process_is_the_api_and_only_this_machine_reaches_it() -> None:
    told = {path.stem: variables_of(path.stem).get("ASSIST_API_LISTEN") for path in UNITS}
    assert {name: address for name, address in told.items() if address} == {"assist-api": "127.0.0.1:8085"}
    assert "ASSIST_API_LISTEN" not in (FOLDER / "environment.example").read_text(encoding="utf-8")


def test_the_same_commands_as_in_the_containers() -> None:
    started = {unit(path.stem)["Service"]["ExecStart"].removeprefix("/opt/assist/bin/assist ") for path in UNITS}
    commands = {" ".join(SERVICES[name]["command"]) for name in OURS}
    assert commands == {command for command in started if not command.startswith("/bin/sh")}
