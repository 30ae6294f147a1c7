#!/usr/bin/env python3
"""The line for crontab: start the campaigns whose time has come.

    * * * * *  /opt/assist/scripts/campaign_cron.py /etc/assist/environment

Every minute, by any user who may read that file, on as many machines as you like: each start is made once, and one
that was missed is made up for where the campaign says `missed: catch_up`. With ``--line`` it prints that line for this
installation. The file holds what `assist serve` has in its environment, ``NAME=value`` to a line, since cron brings
none of it. What was started, and what is wrong, is printed, which cron mails; most minutes nothing is.
"""

import argparse
import os
import re
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
PYTHON = HOME / ".venv" / "bin" / "python"
VARIABLE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$")


def main() -> None:
    arguments = parsed()
    if arguments.line:
        print("* * * * * ", Path(__file__).resolve(), *filter(None, [arguments.environment]))
        return
    python = str(PYTHON) if PYTHON.exists() else sys.executable
    os.chdir(HOME)
    os.execve(python, [python, "-m", "assist", "campaign", "tick"], environment(arguments.environment))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Start the campaigns whose time has come: for crontab.")
    parser.add_argument("environment", nargs="?", type=Path, help="file of NAME=value lines")
    parser.add_argument("--line", action="store_true", help="print the line for crontab")
    return parser.parse_args()


def environment(file: Path | None) -> dict[str, str]:
    """Return this process's environment with what *file* says; ends the process if that cannot be read."""
    if file is None:
        return dict(os.environ)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{file}: cannot be read: {error}")
    found = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        variable = VARIABLE.match(line)
        if variable is None:
            # What is written there may be a password.
            sys.exit(f"{file}:{number}: write NAME=value")
        name, value = variable.groups()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        found[name] = value[1:-1] if quoted else value
    return {**os.environ, **found}


if __name__ == "__main__":
    main()
