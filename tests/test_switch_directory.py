import os
from pathlib import Path

import pytest

from assist.audio.formats import Encoding
from assist.errors import ConfigurationError, MediaLost, ProtocolError
from assist.switch.directory import MediaDirectory, sweep


@pytest.fixture
def directory(tmp_path: Path) -> MediaDirectory:
    return MediaDirectory(tmp_path)


def fill(directory: MediaDirectory, *calls: str) -> None:
    for call in calls:
        directory.ear(call, 0).touch()
        os.mkfifo(directory.voice(call, 1, Encoding.PCMA))


def test_a_file_tells_its_call(directory: MediaDirectory) -> None:
    fill(directory, "a-1", "a")
    assert [(file.number, file.kind) for file in directory.files("a-1")] == [(0, "r8"), (1, "PCMA")]
    assert {file.call for file in directory.files()} == {"a", "a-1"}


async def test_files_of_calls_that_are_over_are_swept(directory: MediaDirectory) -> None:
    fill(directory, "dead", "alive")
    stranger = directory.path / "notes.txt"
    stranger.touch()

    async def alive(calls: list[str]) -> set[str]:
        assert calls == ["alive", "dead"]
        return {"alive"}

    assert await sweep(directory, alive) == 2
    assert {file.call for file in directory.files()} == {"alive"}
    assert stranger.exists()


async def test_nobody_is_asked_about_nothing(directory: MediaDirectory) -> None:
    async def alive(calls: list[str]) -> set[str]:
        raise AssertionError(calls)

    assert await sweep(directory, alive) == 0
    assert await sweep(MediaDirectory(directory.path / "missing"), alive) == 0


@pytest.mark.parametrize("call", ["../etc", "a b", "", "${x}", "a\nb"])
def test_an_id_that_is_no_name_is_refused(directory: MediaDirectory, call: str) -> None:
    with pytest.raises(ProtocolError):
        directory.ear(call, 0)


def test_the_directory_is_made(tmp_path: Path) -> None:
    MediaDirectory(tmp_path / "a" / "b").make()
    assert (tmp_path / "a" / "b").is_dir()


def test_what_is_wrong_with_the_directory_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MediaLost, match=r"file/dir: Not a directory: it must be in memory, have room"):
        MediaDirectory(tmp_path / "file" / "dir").make()


def test_a_file_in_its_place_is_told_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"file: is a file: ASSIST_MEDIA_DIR must name a directory"):
        MediaDirectory(tmp_path / "file").files()


def test_of_one_that_is_gone_the_message_says_so(tmp_path: Path) -> None:
    assert "No such file" in str(MediaDirectory(tmp_path / "gone").lost())
