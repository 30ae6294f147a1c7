"""A real Prometheus with the configuration of deploy/monitoring, at what a process tells."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from assist.monitor.crew import crew
from assist.monitor.server import monitoring
from assist.monitor.service import own_look
from assist.monitor.workers import workers_look
from assist.simulate.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("prometheus") is None, reason="no prometheus: apt-get install --no-install-recommends prometheus"
    ),
]

FOLDER = Path(__file__).parent.parent / "deploy/monitoring"


def configured(directory: Path, targets: dict[str, int]) -> Path:
    """Write the configuration with the jobs' *targets* at these ports, asked every second."""
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(FOLDER / file) for file in config["rule_files"]]
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] in targets]
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [f"127.0.0.1:{targets[job['job_name']]}"]}]
    path = directory / "prometheus.yml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


@contextmanager
def prometheus(directory: Path, targets: dict[str, int]) -> Iterator[int]:
    """Run one that asks *targets*, and yield its port."""
    port = free_port()
    command: list[str | Path] = ["prometheus", f"--config.file={configured(directory, targets)}"]
    command += [f"--storage.tsdb.path={directory / 'data'}", f"--web.listen-address=127.0.0.1:{port}"]
    with (directory / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield port
        finally:
            process.terminate()


async def answer(session: aiohttp.ClientSession, port: int, path: str, **parameters: str) -> Any:
    async with session.get(f"http://127.0.0.1:{port}/api/v1/{path}", params=parameters) as response:
        return (await response.json())["data"]


async def test_it_reads_what_is_told_and_its_rules_work(tmp_path: Path) -> None:
    with crew() as workers:
        async with (
            monitoring(("127.0.0.1", 0), [workers_look(workers)]) as serving,
            monitoring(("127.0.0.1", 0), [own_look]) as dialing,
            aiohttp.ClientSession() as session,
        ):
            targets = {"assist": await serving, "assist-dialer": await dialing}
            with prometheus(tmp_path, targets) as port:
                async with asyncio.timeout(60):
                    while await jobs_up(session, port) != set(targets):  # noqa: ASYNC110 -- it tells when it is asked
                        await asyncio.sleep(0.2)
                    while {"unknown"} & set(states := await rules(session, port)):  # noqa: ASYNC110 -- likewise
                        await asyncio.sleep(0.2)
                series = await answer(session, port, "query", query="count(assist_build_info)")
    assert set(states) == {"ok"}
    assert series["result"][0]["value"][1] == "2"


async def jobs_up(session: aiohttp.ClientSession, port: int) -> set[str]:
    try:
        found = await answer(session, port, "query", query="up == 1")
    except aiohttp.ClientError:
        return set()  # it is starting
    return {series["metric"]["job"] for series in found["result"]}


async def rules(session: aiohttp.ClientSession, port: int) -> list[str]:
    """Return how the evaluation of each rule went."""
    return [rule["health"] for group in (await answer(session, port, "rules"))["groups"] for rule in group["rules"]]
