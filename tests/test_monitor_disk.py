from pathlib import Path

from assist.monitor.disk import free_shares


def test_the_free_share_of_each_disk_that_is_there(tmp_path: Path) -> None:
    shares = free_shares({"state": tmp_path, "recordings": tmp_path / "nobody" / "made" / "it"})
    assert [*shares] == ["state"]
    assert 0 < shares["state"] < 1
