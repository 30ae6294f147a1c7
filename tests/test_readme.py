"""What the documentation says of names is what the program knows."""

import re
from pathlib import Path

import pytest

from assist.engines.table import TABLES, Packaged
from assist.settings import variables

ROOT = Path(__file__).parent.parent
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))


def test_every_setting_is_listed_and_no_other() -> None:
    lines = (ROOT / "docs/settings.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row.split("|")[1])}
    assert listed == set(variables()) - {"STATE_DIRECTORY"}


@pytest.mark.parametrize("page", ["README.md", "README.es.md", *PAGES])
def test_no_page_names_a_setting_that_is_none(page: str) -> None:
    named = set(re.findall(r"\bASSIST_[A-Z_]*[A-Z]\b(?!_)", (ROOT / page).read_text(encoding="utf-8")))
    assert named <= set(variables())


def test_the_readme_lists_every_engine_and_no_other() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("| engine |")[2].partition("\n\n")[0]
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    # Other tests may have put engines of their own into the tables of this process.
    packaged = {name for table in TABLES.values() for name, source in table.items() if isinstance(source, Packaged)}
    assert listed == packaged - {"echo"}


@pytest.mark.parametrize("page", ["README.md", "README.es.md", *PAGES])
def test_paths_in_the_documentation_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    linked = [((ROOT / page).parent, path) for path in re.findall(r"\]\((?!https?:)([\w./-]+)", text)]
    named = [(ROOT, path) for path in re.findall(r"`((?:scripts|config|freeswitch)/[\w./-]+)", text)]
    assert [path for where, path in linked + named if not (where / path).exists()] == []
