"""The script for crontab, as cron runs it: with next to no environment, in some other directory."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent.parent / "scripts" / "campaign_cron.py"


def run(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(
        command, cwd=directory, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60, check=False
    )


def test_nothing_is_said_when_nothing_is_due(tmp_path: Path, redis_url: str) -> None:
    for folder in ("campaigns", "policies", "assistants"):
        (tmp_path / folder).mkdir()
    file = tmp_path / "environment"
    lines = [
        "# what assist serve has",
        f'export REDIS_URL="{redis_url}"',
        "ASSIST_DURABLE=memory",
        f"ASSIST_CAMPAIGNS_DIR={tmp_path / 'campaigns'}",
        f"ASSIST_STATE_DIR={tmp_path / 'state'}",
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = run(str(file), directory=tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_what_is_wrong_is_told_to_whoever_gets_the_mail(tmp_path: Path) -> None:
    file = tmp_path / "environment"
    ran = run(str(file), directory=tmp_path)
    assert (ran.returncode, ran.stderr.startswith(f"{file}: cannot be read")) == (1, True)
    file.write_text("REDIS_URL=x\nmy secret\n", encoding="utf-8")
    ran = run(str(file), directory=tmp_path)
    assert (ran.returncode, ran.stderr) == (1, f"{file}:2: write NAME=value\n")


def test_the_line_for_crontab(tmp_path: Path) -> None:
    ran = run("--line", "/etc/assist/environment", directory=tmp_path)
    assert ran.stdout == f"* * * * *  {SCRIPT} /etc/assist/environment\n"
