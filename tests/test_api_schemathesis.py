"""The whole API against its own document, by schemathesis: every check, in single requests and in walks along links.

Over HTTP, with a worker and a simulated line behind it, so that calls that are placed ring. Streams of events do not
end by themselves; they have tests of their own.
"""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from assist.api.keys import Scope
from assist.api.serving import serve_api
from assist.settings import environment, read_settings
from assist.simulate.ports import free_port
from tests.rigs import until
from tests.test_api_calls_live import opened

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CONFIG = """
[checks.positive_data_acceptance]
# That of two days one is the first, that a file is an assistant: no schema can say it.
expected-statuses = ["2xx", "304", "401", "403", "404", "409", "410", "412", "428"]

[[operations]]
include-operation-id = "putAssistant"
checks.positive_data_acceptance.expected-statuses = ["2xx", "409", "412", "422", "428"]

[[operations]]
include-operation-id = "checkAssistant"
# To say what is wrong is what it is for.
checks.negative_data_rejection.expected-statuses = ["2xx", "4xx"]

[auth.openapi.key]
bearer = "${API_KEY}"
"""
SECONDS = 40
ROOT = Path(__file__).parent.parent


async def test_no_request_finds_it_out_of_its_document(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"ASSIST_CALLS_PER_DAY": "1000000", "ASSIST_CALLS_PER_NUMBER": "1000000"}
    async with opened(tmp_path, redis_url, monkeypatch, **limits) as (api, home):
        key = await api.key(Scope.ADMIN)
        stop, port = asyncio.Event(), free_port()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_api(read_settings(), ("127.0.0.1", port), stop))
            try:
                code, told = await schemathesis(tmp_path, f"http://127.0.0.1:{port}", key)
            finally:
                stop.set()
                for session in tuple(home.line.board.sessions.values()):
                    session.hang_up("NORMAL_CLEARING")
        await until(lambda: not home.line.board.sessions)
    assert code == 0, told
    assert "Stateful" in told
    assert (found := re.search(r"(\d+) generated", told)) and int(found[1]) > 100, told


async def schemathesis(folder: Path, url: str, key: str) -> tuple[int, str]:
    """Return how it ended, and what it says."""
    config = folder / "schemathesis.toml"
    config.write_text(CONFIG, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run"]
    command += [f"{url}/v1/openapi.json", "--url", url]
    command += ["--checks", "all", "--max-time", str(SECONDS), "--max-examples", "8", "--wait-for-schema", "20"]
    command += ["--exclude-path-regex", "/events$", "--workers", "1", "--suppress-health-check", "all", "--no-color"]
    told_of = environment(SCHEMATHESIS_HOOKS="tests.api_hooks", PYTHONPATH=str(ROOT), API_KEY=key)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder, env=told_of
    )
    told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()
