from pathlib import Path

import pytest

from assist.switch.directory import MediaDirectory
from assist.switch.recording import FREE_BYTES, Recording

CALL = "f2b0"


def samples(first: int, count: int) -> bytes:
    return b"".join((number % 30000).to_bytes(2, "little") for number in range(first, first + count))


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def directory(tmp_path: Path) -> MediaDirectory:
    return MediaDirectory(tmp_path)


def test_what_is_written_is_read_once_and_in_order(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    path = recording.begin().path
    assert recording.read() == b""
    append(path, samples(0, 160))
    assert recording.read() == samples(0, 160)
    assert recording.read() == b""
    append(path, samples(160, 320))
    assert recording.read() == samples(160, 320)
    assert recording.position == 480
    recording.close()


def test_half_a_sample_waits_for_its_other_half(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    path = recording.begin().path
    append(path, samples(0, 2) + b"\7")
    assert recording.read() == samples(0, 2)
    append(path, b"\0")
    assert recording.read() == b"\7\0"
    recording.close()


def test_the_next_file_goes_on_where_the_last_stopped(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    append(recording.begin().path, samples(0, 1000))
    second = recording.begin()
    assert second.number == 1000
    append(second.path, samples(1000, 500))
    assert recording.read() + recording.read() == samples(0, 1500)
    recording.close()


def test_a_file_that_nothing_came_into_is_replaced(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    assert recording.begin() == recording.begin()
    recording.close()


def test_whoever_takes_a_call_over_reads_from_where_he_wants(directory: MediaDirectory) -> None:
    first = Recording(directory, CALL)
    append(first.begin().path, samples(0, 1000))
    append(first.begin().path, samples(1000, 500))
    first.close()
    second = Recording(directory, CALL)
    assert second.end == 1500
    second.seek(700)
    assert second.read() + second.read() == samples(700, 800)
    second.seek(1200)
    assert second.read() == samples(1200, 300)
    second.close()


def test_another_calls_files_are_not_read(directory: MediaDirectory) -> None:
    append(directory.ear("other", 0), samples(0, 100))
    append(directory.ear(f"{CALL}-0", 0), samples(0, 100))
    assert Recording(directory, CALL).current is None


def test_what_is_forgotten_takes_no_memory_and_moves_nothing(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    path = recording.begin().path
    append(path, samples(0, 4 * FREE_BYTES))
    while recording.read():
        pass
    before = path.stat()
    recording.forget(3 * FREE_BYTES)
    assert path.stat().st_size == before.st_size
    assert before.st_blocks - path.stat().st_blocks >= 6 * FREE_BYTES // 512
    append(path, samples(4 * FREE_BYTES, 10))
    assert recording.read() == samples(4 * FREE_BYTES, 10)
    recording.seek(3 * FREE_BYTES)
    assert recording.read()[:200] == samples(3 * FREE_BYTES, 100)
    recording.close()


def test_a_file_that_is_all_forgotten_is_removed(directory: MediaDirectory) -> None:
    recording = Recording(directory, CALL)
    first = recording.begin().path
    append(first, samples(0, 1000))
    second = recording.begin().path
    append(second, samples(1000, 10))
    recording.forget(999)
    assert first.exists()
    recording.forget(1000)
    assert not first.exists()
    recording.seek(0)
    assert recording.read() == samples(1000, 10)
    recording.close()


def test_closed_it_keeps_no_file_open(directory: MediaDirectory) -> None:
    before = len([*Path("/proc/self/fd").iterdir()])
    recording = Recording(directory, CALL)
    append(recording.begin().path, samples(0, 10))
    recording.read()
    recording.close()
    assert len([*Path("/proc/self/fd").iterdir()]) == before
