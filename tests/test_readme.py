"""What the README says of names is what the program knows."""

import re
from pathlib import Path

import pytest

from assist.engines.table import TABLES, Packaged
from assist.settings import variables

ROOT = Path(__file__).parent.parent


def test_the_readme_lists_every_setting_and_no_other() -> None:
    rows = [line for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[1])}
    assert listed == set(variables()) - {"STATE_DIRECTORY"}


def test_the_readme_lists_every_engine_and_no_other() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| engine |")[2].partition("\n\n")[0]
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    # Other tests may have put engines of their own into the tables of this process.
    packaged = {name for table in TABLES.values() for name, source in table.items() if isinstance(source, Packaged)}
    assert listed == packaged - {"echo"}


@pytest.mark.parametrize("readme", ["README.md", "README.es.md"])
def test_paths_in_the_readme_exist(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    paths = re.findall(r"(?:\]\(|`)((?:scripts|config|freeswitch)/[\w./-]+)", text)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
