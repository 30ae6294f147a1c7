"""Directories with wrong modes, on wrong file systems, or not there."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from assist.doctor import places
from assist.doctor.finding import Finding, State
from assist.settings import Settings, read_settings
from assist.simulate.ports import free_port

IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def memory() -> Iterator[Path]:
    if places.filesystem(IN_MEMORY) not in places.IN_MEMORY:
        pytest.skip("no tmpfs at /dev/shm")
    with TemporaryDirectory(dir=IN_MEMORY) as path:
        yield Path(path)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Settings with these variables, and nobody at the Event Socket."""
    monkeypatch.setenv("ASSIST_ESL_PORT", str(free_port()))

    def made(**variables: object) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(name, str(value))
        return read_settings()

    return made


def wrongs(found: Iterator[Finding]) -> list[str]:
    return [finding.found for finding in found if finding.state is State.WRONG]


def states(found: Iterator[Finding]) -> list[State]:
    return [finding.state for finding in found]


def test_a_private_media_directory_in_memory_is_well(memory: Path, settings: Callable[..., Settings]) -> None:
    memory.chmod(0o770)
    assert states(places.media(settings(ASSIST_MEDIA_DIR=memory))) == [State.OK]


def test_audio_on_a_disk_is_wrong(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    if places.filesystem(tmp_path) in places.IN_MEMORY:
        pytest.skip("temporary files are in memory")
    (found,) = wrongs(places.media(settings(ASSIST_MEDIA_DIR=tmp_path)))
    assert "must be in memory" in found


def test_a_media_directory_that_everybody_may_read_is_told(memory: Path, settings: Callable[..., Settings]) -> None:
    memory.chmod(0o777)
    told = [finding for finding in places.media(settings(ASSIST_MEDIA_DIR=memory)) if finding.state is State.WARNING]
    assert [finding.mend for finding in told] == [f"chmod 770 {memory}"]


def test_a_media_directory_too_small_for_its_calls_is_told(memory: Path, settings: Callable[..., Settings]) -> None:
    memory.chmod(0o770)
    found = list(places.media(settings(ASSIST_MEDIA_DIR=memory, ASSIST_WORKERS_CALLS=10**9)))
    assert [finding.state for finding in found] == [State.WARNING]
    assert "are wanted for so many calls" in found[0].found


def test_a_missing_directory_is_made_by_the_service_but_a_file_is_wrong(
    tmp_path: Path, settings: Callable[..., Settings]
) -> None:
    path = tmp_path / "recordings"
    assert states(places.recordings(settings(ASSIST_RECORDINGS_DIR=path))) == [State.WARNING]
    path.touch()
    assert wrongs(places.recordings(settings(ASSIST_RECORDINGS_DIR=path))) == [f"{path} is a file"]


def test_who_keeps_no_recordings_needs_no_directory(settings: Callable[..., Settings]) -> None:
    assert states(places.recordings(settings(ASSIST_RECORDINGS_DIR=""))) == [State.OK]


@pytest.mark.parametrize(
    ("mode", "group", "expected"),
    [
        (0o700, 0, False),
        (0o770, 0, False),
        (0o770, 4242, True),
        (0o750, 4242, False),
        (0o720, 4242, False),
        (0o777, 0, True),
    ],
)
def test_another_user_writes_by_his_group_or_as_everybody(
    tmp_path: Path, mode: int, group: int, expected: bool
) -> None:
    """A user without a name, as in a container: his group has his number."""
    if os.getuid() != 0:
        pytest.skip("only root gives directories away")
    os.chown(tmp_path, 0, group)
    tmp_path.chmod(mode)
    assert places.may_write(tmp_path, 4242) is expected


def test_the_owner_writes_if_the_mode_lets_him(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root gives directories away")
    os.chown(tmp_path, 4242, 0)
    tmp_path.chmod(0o500)
    assert not places.may_write(tmp_path, 4242)
    tmp_path.chmod(0o700)
    assert places.may_write(tmp_path, 4242)
    assert places.may_write(tmp_path, 0), "root writes everywhere"


@pytest.mark.parametrize(
    ("free", "expected"),
    [(50, State.OK), (15, State.OK), (14, State.WARNING), (5, State.WARNING), (4, State.WRONG)],
)
def test_a_disk_is_full_before_nothing_is_left(free: int, expected: State) -> None:
    found = places.enough("Disk", Path("/"), free * 10**9, 100 * 10**9)
    assert (found.state, found.found) == (expected, f"/: {free}.0 GB free, {free}%")


@pytest.mark.parametrize(("mode", "expected"), [(0o700, [State.WRONG, State.OK]), (0o770, [State.WARNING, State.OK])])
def test_freeswitch_must_write_there_and_had_better_be_the_same_user(
    memory: Path, settings: Callable[..., Settings], mode: int, expected: list[State]
) -> None:
    """Who it is, is told by the kernel: whoever opened the Event Socket."""
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
    os.chown(memory, 0, 4242)
    memory.chmod(mode)
    os.seteuid(4242)
    try:
        switch = socket.create_server(("127.0.0.1", 0))
    finally:
        os.seteuid(0)
    with switch:
        port = switch.getsockname()[1]
        found = list(places.media(settings(ASSIST_MEDIA_DIR=memory, ASSIST_ESL_PORT=port)))
    assert [finding.state for finding in found] == expected
    assert "4242" in found[0].found


def test_the_state_directory_counts_only_for_the_embedded_redis(
    tmp_path: Path, settings: Callable[..., Settings]
) -> None:
    path = tmp_path / "file"
    path.touch()
    there = settings(ASSIST_STATE_DIR=path, REDIS_URL="")
    assert len(wrongs(places.state(there))) == 1
    assert list(places.state(settings(REDIS_URL="redis://127.0.0.1"))) == []


def test_a_state_directory_in_memory_is_told(memory: Path, settings: Callable[..., Settings]) -> None:
    found = list(places.state(settings(ASSIST_STATE_DIR=memory / "state", REDIS_URL="")))
    assert State.WARNING in [finding.state for finding in found]


def test_what_the_kernel_lists_is_told_by_the_nearest_mount() -> None:
    assert places.filesystem(Path("/proc/self/fd")) == "proc"
