"""The numbers of processes, in real processes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist.monitor.crew import PREFIX, VARIABLE, Crew, crew
from assist.settings import environment
from tests.scrapes import Numbers

WORKER = """
from assist.metrics import CALLS_ACTIVE, PROVIDER_CIRCUIT, TURN_LATENCY, TURNS
TURNS.labels("answered").inc(3)
TURN_LATENCY.labels("total").observe(0.55)
CALLS_ACTIVE.labels("inbound", "carrier").inc(2)
PROVIDER_CIRCUIT.labels("openai", "llm").set(int(input()))
print("counted", flush=True)
input()
"""


@pytest.fixture
def workers() -> Iterator[Crew]:
    with crew() as made:
        yield made


class Worker:
    """One that has counted, and lives until it is killed."""

    def __init__(self, workers: Crew, circuit: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment(**{VARIABLE: str(workers.directory)}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin and self.process.stdout
        print(circuit, file=self.process.stdin, flush=True)
        assert self.process.stdout.readline() == "counted\n"

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def test_numbers_of_all_are_added_up(workers: Crew) -> None:
    crowd = [Worker(workers), Worker(workers)]
    numbers = Numbers(workers.collect())
    for worker in crowd:
        worker.kill()
    assert numbers("assist_turns_total", result="answered") == 6
    assert numbers("assist_turn_latency_seconds_count", stage="total") == 2
    assert numbers("assist_turn_latency_seconds_sum", stage="total") == pytest.approx(1.1)
    assert numbers("assist_calls_active", direction="inbound", trunk="carrier") == 4


def test_who_is_killed_leaves_what_it_counted_and_nothing_else(workers: Crew) -> None:
    one, other = Worker(workers), Worker(workers)
    one.kill()
    for _ in range(2):
        numbers = Numbers(workers.collect())
        assert numbers("assist_turns_total", result="answered") == 6
        assert numbers("assist_turn_latency_seconds_bucket", stage="total", le="0.6") == 2
        assert numbers("assist_calls_active") == 2
    other.kill()
    numbers = Numbers(workers.collect())
    assert numbers("assist_turns_total", result="answered") == 6
    assert not numbers.has("assist_calls_active")


def test_many_deaths_leave_no_more_files_than_one(workers: Crew) -> None:
    left = set()
    for _ in range(3):
        Worker(workers).kill()
        workers.collect()
        left.add(frozenset(path.name for path in workers.directory.iterdir()))
    assert left == {frozenset({"counter_gone.db", "histogram_gone.db"})}
    assert Numbers(workers.collect())("assist_turns_total", result="answered") == 9


def test_the_engine_that_one_sees_worst_is_told(workers: Crew) -> None:
    crowd = [Worker(workers, circuit=0), Worker(workers, circuit=2)]
    assert Numbers(workers.collect())("assist_provider_circuit_state", provider="openai", op="llm") == 2
    for worker in crowd:
        worker.kill()


def test_a_file_that_was_made_just_now_is_no_mistake(workers: Crew, tmp_path: Path) -> None:
    worker = Worker(workers)
    (workers.directory / f"summary_{worker.process.pid}.db").touch()
    assert Numbers(workers.collect())("assist_turns_total") == 3
    worker.kill()


def test_nothing_is_left_when_it_ends() -> None:
    with crew() as made:
        Worker(made).kill()
    assert not made.directory.exists()


def test_what_a_killed_parent_left_is_removed_and_nobody_elses() -> None:
    with crew() as living:
        left = living.directory.with_name(f"{PREFIX}left")
        young = living.directory.with_name(f"{PREFIX}young")
        for path in (left, young):
            path.mkdir()
            (path / "counter_1.db").touch()
        for path in (left, living.directory):
            os.utime(path, (0, 0))
        with crew():
            assert not left.exists()
            assert living.directory.exists()
            assert young.exists()
        shutil.rmtree(young)
