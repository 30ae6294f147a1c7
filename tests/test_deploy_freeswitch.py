"""deploy/start-freeswitch, with a real FreeSWITCH. It is skipped where there is none."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from assist.simulate.ports import free_ports
from tests.live.switch import MISSING, installation

ROOT = Path(__file__).parent.parent
PASSWORD = "0123456789abcdef01234567"

pytestmark = pytest.mark.live


class Started:
    """What the script has started."""

    def __init__(self, directory: Path, process: asyncio.subprocess.Process, path: str) -> None:
        self.directory = directory
        self.process = process
        self._environment = {"HOME": str(directory / "run"), "PATH": path}

    async def fs_cli(self, command: str) -> str:
        """Return what FreeSWITCH answers to *command*, asked as a container's health check asks."""
        asked = await asyncio.create_subprocess_exec(
            "fs_cli", "-x", command, env=self._environment, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asked.communicate()
        return said.decode()


def command_line(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text()


@pytest_asyncio.fixture
async def started(tmp_path: Path) -> AsyncIterator[Started]:
    found = installation()
    if found is None:
        pytest.skip(MISSING)
    for name in ("run", "log", "db"):
        (tmp_path / name).mkdir()
    path = f"{found.program.parent}:{os.environ['PATH']}"
    esl, sip = free_ports(2)
    environment = {
        "PATH": path,
        "FREESWITCH_CONF": str(found.conf),
        "FREESWITCH_SCRIPTS": str(found.scripts),
        "RUNTIME_DIRECTORY": str(tmp_path / "run"),
        "LOGS_DIRECTORY": str(tmp_path / "log"),
        "STATE_DIRECTORY": str(tmp_path / "db"),
        "ASSIST_ESL_PASSWORD": PASSWORD,
        "ASSIST_ESL_PORT": str(esl),
        "ASSIST_SIP_IP": "127.0.0.1",
        "ASSIST_SIP_PORT": str(sip),
    }
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "sh", ROOT / "deploy/start-freeswitch", "-nort", "-nocal",
        env=environment, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    switch = Started(tmp_path, process, path)
    try:
        async with asyncio.timeout(60):
            while "RUNNING" not in await switch.fs_cli("sofia status"):
                assert process.returncode is None
        yield switch
    finally:
        process.kill()
        await process.wait()


async def test_fs_cli_needs_no_password_and_no_command_line_shows_it(started: Started) -> None:
    assert (await started.fs_cli("status")).startswith("UP ")
    line = command_line(started.process.pid)
    assert "freeswitch" in line
    assert PASSWORD not in line


async def test_nobody_else_may_read_what_it_writes(started: Started) -> None:
    """The whole configuration, passwords included, is among it."""
    written = [path for path in started.directory.rglob("*") if path.is_file()]
    assert any(PASSWORD in path.read_text(errors="replace") for path in written)
    assert [path.name for path in written if path.stat().st_mode & stat.S_IRWXO] == []
