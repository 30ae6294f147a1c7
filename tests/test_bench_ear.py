import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from assist.bench.ear import ear_cost, run
from assist.errors import ConfigurationError
from tests.recordings import DATA

pytestmark = pytest.mark.slow


def test_ears_hear_the_calls_and_cost_less_than_an_object_each() -> None:
    result = run(calls=12, seconds=1.0, directory=DATA / "es")
    assert result.utterances >= 3
    assert result.ears.cpu_percent > 0
    assert result.objects.cpu_percent > 0
    assert result.ears.kilobytes < result.objects.kilobytes


def test_the_result_is_printed_as_json() -> None:
    printed = CliRunner().invoke(
        ear_cost, ["--calls", "1", "--seconds", "0.2", "--recordings", str(DATA / "en"), "--json"]
    )
    assert printed.exit_code == 0, printed.output
    assert {"calls", "ears", "objects", "cpu_ratio", "memory_ratio"} <= json.loads(printed.output).keys()


def test_no_recordings_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="apt-get install"):
        run(calls=1, seconds=0.1, directory=tmp_path)
