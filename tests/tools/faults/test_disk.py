"""The disk that loses power keeps what was synced, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fixtures.skips import skip_missing
from tools.faults.disk import NotMounted, mount_disk


@pytest.mark.slow("mounts a file system")
def test_what_was_not_synced_is_lost(tmp_path: Path) -> None:
    try:
        with mount_disk(tmp_path) as disk:
            synced, unsynced = disk.folder / "synced", disk.folder / "unsynced"
            with synced.open("wb") as file:
                file.write(b"kept")
                file.flush()
                os.fsync(file.fileno())
            with synced.open("ab") as file:
                file.write(b" and lost")
            unsynced.write_bytes(b"lost")
            disk.copy_written()
            disk.go_back()
            assert synced.read_bytes() == b"kept"
            assert not unsynced.exists()
    except NotMounted as reason:
        skip_missing(f"the right to mount a disk: {reason}")
