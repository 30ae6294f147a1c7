"""The image, built by deploy/build-without-engine and run as a pod runs it: its user, a read-only root, no network.

It takes minutes and gigabytes. Hence only where ASSIST_BUILD_IMAGE is set, to the options of `buildah build` that this
machine needs, or to nothing: the packages come from wherever pip finds them there.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TOOLS = ("buildah", "debootstrap", "unshare", "nsenter", "ip")
OPTIONS = os.environ.get("ASSIST_BUILD_IMAGE")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(OPTIONS is None, reason="ASSIST_BUILD_IMAGE is not set: building the image takes minutes"),
    pytest.mark.skipif(bool(MISSING), reason=f"no {', '.join(MISSING)}: apt-get install buildah debootstrap iproute2"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a root file system"),
]

READY = 240.0
"""Seconds for the workers to load their models, on a machine that others use too."""


@dataclass(frozen=True, slots=True)
class Image:
    root: Path
    config: dict[str, Any]
    """As Docker writes it."""

    @property
    def command(self) -> list[str]:
        """What it runs unless it is told otherwise."""
        return [*self.config["Entrypoint"], *self.config["Cmd"]]


@dataclass(frozen=True, slots=True)
class Pod:
    image: Image
    first: int
    """A process in it."""

    def start(self, *command: str, **variables: str) -> subprocess.Popen[str]:
        """Start *command* as the image's user, with the image's variables, and nothing else of this machine."""
        config = self.image.config
        user, group = config["User"].split(":")
        inside = f"/proc/{self.first}/root"
        enter = ["nsenter", f"--target={self.first}", "--mount", "--pid", "--net", "--root"]
        enter += [f"--wd={inside}{config['WorkingDir']}", f"--setuid={user}", f"--setgid={group}", "env", "-i"]
        given = [*config["Env"], *(f"{name}={value}" for name, value in variables.items())]
        return subprocess.Popen([*enter, *given, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *command: str, **variables: str) -> tuple[int, str]:
        """Return how *command* ended, and what it wrote."""
        with self.start(*command, **variables) as process:
            said, _ = process.communicate()
            return process.returncode, said


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    directory = tmp_path_factory.mktemp("image")
    buildah = ["buildah", f"--root={directory}/storage", f"--runroot={directory}/run", "--storage-driver=vfs"]

    def told(*arguments: str) -> str:
        return subprocess.run([*buildah, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    try:
        build: list[str | Path] = [ROOT / "deploy/build-without-engine", directory, *shlex.split(OPTIONS or "")]
        subprocess.run(build, check=True)
        config = json.loads(told("inspect", "--type=image", "localhost/assist"))["Docker"]["config"]
        container = told("from", "localhost/assist")
        yield Image(Path(told("mount", container)), config)
        told("umount", container)
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def pod(image: Image) -> Iterator[Pod]:
    command = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child", "sh", str(ROOT / "tests/pod.sh")]
    command += [str(image.root), image.config["User"], *image.config["Volumes"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as unsharing:
        try:
            assert unsharing.stdout and unsharing.stdout.readline() == "ready\n"
            yield Pod(image, child_of(unsharing))
        finally:
            unsharing.kill()


def child_of(process: subprocess.Popen[str]) -> int:
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


@contextmanager
def serving(pod: Pod) -> Iterator[subprocess.Popen[str]]:
    """Run the image's own command until its own health check finds it well."""
    kind, *check = pod.image.config["Healthcheck"]["Test"]
    assert kind == "CMD"
    with pod.start(*pod.image.command) as process:
        deadline = time.monotonic() + READY
        try:
            while pod.run(*check)[0]:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
            yield process
        finally:
            if process.poll() is None:
                os.kill(child_of(process), signal.SIGKILL)


def test_nobody_in_particular_runs_it_and_the_root_cannot_be_written(pod: Pod) -> None:
    assert pod.run("id", "--user") == (0, "8084\n")
    for place in ("/", "/srv/assist", "/opt/assist", "/etc"):
        status, said = pod.run("touch", f"{place}/written")
        assert status and "Read-only file system" in said
    assert "CapEff:\t0000000000000000" in pod.run("cat", "/proc/self/status")[1]


def test_its_own_command_becomes_ready_without_a_network_and_ends_in_good_order(pod: Pod) -> None:
    with serving(pod) as process:
        # nsenter, which waits for it, passes no signals on.
        os.kill(child_of(process), signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0, said


def test_the_demo_call_is_held_inside(pod: Pod) -> None:
    """With the weights that are in the image."""
    status, said = pod.run("assist", "demo", "--line", "simulated", "--recording", "/tmp/demo.wav")
    assert status == 0, said
