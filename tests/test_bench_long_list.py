import json

import pytest
from click.testing import CliRunner

from assist.bench.campaign.long_list import VERBS, Cost, Costs, long_list


def test_ratios_are_for_a_thousand() -> None:
    found = Costs(2000, (Cost("import", 4.0, 3.0, 100.0), Cost("start", 1.0, 1.0, 90.0)), redis_mb=1.0)
    assert found.ratios == {"import": 2.0, "start": 0.5, "redis_bytes": 500}


@pytest.mark.slow
def test_what_a_list_takes() -> None:
    ended = CliRunner().invoke(long_list, ["--contacts", "300", "--json"], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    found = json.loads(ended.stdout)
    assert [cost["verb"] for cost in found["verbs"]] == list(VERBS)
    assert all(cost["seconds"] > 0 and cost["peak_mb"] > 10 for cost in found["verbs"])
    assert set(found["ratios"]) == {*VERBS, "redis_bytes"}
