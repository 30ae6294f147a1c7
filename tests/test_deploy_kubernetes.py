"""deploy/kubernetes, without a cluster."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from assist.settings import variables
from tests.test_deploy_compose import HOLD_CALLS, OURS, SERVICES, of_freeswitch

FOLDER = Path(__file__).parent.parent / "deploy/kubernetes"
KUSTOMIZATION: dict[str, Any] = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))
OBJECTS: list[dict[str, Any]] = [
    item for name in KUSTOMIZATION["resources"] for item in yaml.safe_load_all((FOLDER / name).read_text("utf-8"))
]
POD: dict[str, Any] = next(item for item in OBJECTS if item["kind"] == "Deployment")["spec"]["template"]["spec"]
CONTAINERS: dict[str, dict[str, Any]] = {one["name"]: one for one in POD["initContainers"] + POD["containers"]}
FREESWITCH = CONTAINERS["freeswitch"]
HAVE_MEDIA = ("workers", "dialer", "api")


def given(container: dict[str, Any]) -> dict[str, Any]:
    """Return the variables of that container that are not in a map."""
    return {one["name"]: one.get("value") for one in container["env"]}


def settings() -> dict[str, str]:
    found: dict[str, str] = next(item["data"] for item in OBJECTS if item["metadata"]["name"] == "assist-settings")
    return found


@pytest.mark.parametrize("name", KUSTOMIZATION["resources"])
def test_fulfils_the_schema(name: str) -> None:
    check = Path(sys.executable).with_name("kubernetes-validate")
    if not check.exists():
        pytest.skip("no kubernetes-validate: pip install -e .[dev]")
    checked = subprocess.run([check, "--strict", FOLDER / name], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "passed" in checked.stdout + checked.stderr


def test_every_file_is_a_resource() -> None:
    assert {path.name for path in FOLDER.glob("*.yaml")} == {*KUSTOMIZATION["resources"], "kustomization.yaml"}


def test_freeswitch_is_up_before_the_workers_and_outlives_them() -> None:
    assert FREESWITCH in POD["initContainers"]
    assert FREESWITCH["restartPolicy"] == "Always"
    assert FREESWITCH["startupProbe"]["exec"]["command"]


def test_one_user_and_one_memory() -> None:
    user = SERVICES["workers"]["user"]
    assert f"{POD['securityContext']['runAsUser']}:{POD['securityContext']['runAsGroup']}" == user
    volumes = {volume["name"]: volume for volume in POD["volumes"]}
    for name in ("freeswitch", *HAVE_MEDIA):
        places = {mount["mountPath"]: mount["name"] for mount in CONTAINERS[name]["volumeMounts"]}
        assert volumes[places["/run/assist/media"]]["emptyDir"]["medium"] == "Memory"
    for name in HAVE_MEDIA:
        assert given(CONTAINERS[name])["ASSIST_MEDIA_DIR"] == "/run/assist/media"


def test_whoever_knows_of_campaigns_finds_their_files() -> None:
    folder = "/srv/assist/config"
    for name in HAVE_MEDIA:
        places = {mount["mountPath"] for mount in CONTAINERS[name]["volumeMounts"]}
        assert {f"{folder}/assistants", f"{folder}/campaigns", f"{folder}/carriers"} <= places
        assert given(CONTAINERS[name])["ASSIST_TRUNKS"].startswith(f"{folder}/carriers/")


def test_calls_are_given_the_time_to_end() -> None:
    for name in HOLD_CALLS:
        assert POD["terminationGracePeriodSeconds"] > float(given(CONTAINERS[name])["ASSIST_WORKERS_DRAIN"])


def test_no_probe_ends_calls_because_redis_is_down() -> None:
    assert [name for name, one in CONTAINERS.items() if "livenessProbe" in one] == ["freeswitch"]
    assert "fs_cli" in FREESWITCH["livenessProbe"]["exec"]["command"][-1]


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_container_may_more_than_it_needs(name: str) -> None:
    context = CONTAINERS[name]["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["allowPrivilegeEscalation"] is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert CONTAINERS[name]["resources"]["limits"]["memory"]


def test_no_port_is_published() -> None:
    assert [item["kind"] for item in OBJECTS if item["kind"] in {"Service", "Ingress", "Secret"}] == []
    assert [name for name, one in CONTAINERS.items() if "ports" in one] == []


def test_every_variable_is_one_that_is_read() -> None:
    assert set(settings()) <= {*variables(), *of_freeswitch()}
    for name in OURS:
        assert set(given(CONTAINERS[name])) <= {*variables(), "HOST_IP"}
    assert {one for one in given(FREESWITCH) if one.startswith("ASSIST_")} <= of_freeswitch()


def test_no_password_is_written_here() -> None:
    for one in FREESWITCH["env"]:
        assert ("PASSWORD" in one["name"]) <= ("secretKeyRef" in one.get("valueFrom", {}))
    assert [name for name in settings() if "PASSWORD" in name or "KEY" in name] == []


def test_everything_mounted_is_a_volume_of_the_pod() -> None:
    volumes = {volume["name"] for volume in POD["volumes"]}
    assert {mount["name"] for one in CONTAINERS.values() for mount in one["volumeMounts"]} == volumes


def test_what_the_first_container_copies_is_in_the_image() -> None:
    dockerfile = (FOLDER.parent.parent / "Dockerfile").read_text(encoding="utf-8")
    for line in ("COPY freeswitch/conf freeswitch/conf", "COPY scripts/freeswitch scripts/freeswitch"):
        assert line in dockerfile
    assert "COPY deploy/start-freeswitch ./" in dockerfile
    conf = next(mount for mount in FREESWITCH["volumeMounts"] if mount["name"] == "conf")["mountPath"]
    assert given(FREESWITCH)["FREESWITCH_CONF"] == conf
    assert FREESWITCH["command"][-1] == f"{conf}/start-freeswitch"


@pytest.mark.parametrize("name", OURS)
def test_the_same_command_as_in_the_containers_of_compose(name: str) -> None:
    assert CONTAINERS[name]["args"] == SERVICES[name]["command"]


def test_only_the_node_reaches_the_api() -> None:
    assert [name for name in OURS if "ASSIST_API_LISTEN" in given(CONTAINERS[name])] == ["api"]
    assert given(CONTAINERS["api"])["ASSIST_API_LISTEN"].startswith("127.0.0.1:")
    assert "ASSIST_API_LISTEN" not in settings(), "assist serve would run another"


@pytest.mark.parametrize("name", OURS)
def test_probes_ask_where_it_listens(name: str) -> None:
    port = given(CONTAINERS[name])["ASSIST_METRICS_LISTEN"].removeprefix("$(HOST_IP):")
    for probe in ("startupProbe", "readinessProbe"):
        assert CONTAINERS[name][probe]["httpGet"] == {"path": "/health/ready", "port": int(port)}
    names = [one["name"] for one in CONTAINERS[name]["env"]]
    assert names.index("HOST_IP") < names.index("ASSIST_METRICS_LISTEN"), "only what stands before is put in"
    monitor = yaml.safe_load((FOLDER / "monitoring/podmonitor.yaml").read_text(encoding="utf-8"))
    assert int(port) in [endpoint["portNumber"] for endpoint in monitor["spec"]["podMetricsEndpoints"]]
