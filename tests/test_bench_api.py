import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_it_measures_the_api_beside_a_bare_route_its_pages_and_those_who_watch() -> None:
    options = ["--seconds", "0.3", "--calls", "1100", "--watchers", "20", "--json"]
    ended = subprocess.run(
        [sys.executable, "-m", "assist", "bench", "api", *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    result = json.loads(ended.stdout)
    assert result["bare"]["per_second"] > result["call"]["per_second"] > 0
    assert result["call_rate_ratio"] == pytest.approx(
        result["call"]["per_second"] / result["bare"]["per_second"], abs=0.01
    )
    assert [one["calls"] for one in result["pages"]] == [1000, 1100]
    assert result["watching"]["watchers"] == 20
    assert result["watching"]["events"] == 100
    assert 0 < result["watching"]["p50_ms"] <= result["watching"]["p95_ms"]
