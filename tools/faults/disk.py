"""A disk that loses what was not yet written to it: a file system within a file.

What a program has written and not synced is in the memory of the operating system, and
not in the file.  Only root can mount such a disk.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = 1 << 30
"""Bytes that the file system may grow to; its file has holes."""

MOUNT_OPTIONS = "loop,noatime,commit=600"
"""With a long interval the file system writes nothing by itself that nobody has synced."""

MAX_COPIES = 5
UNMOUNT_SECONDS = 10.0


class NotMounted(Exception):
    """The disk cannot be mounted; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    image: Path
    """The file."""
    folder: Path
    """Where its file system is mounted."""

    @property
    def copy(self) -> Path:
        return self.image.with_suffix(".copy")

    def copy_written(self) -> None:
        """Copy what the disk holds by now; whoever writes to it must be stopped."""
        for _ in range(MAX_COPIES):
            before = self._count_writes()
            _run_program("cp", "--sparse=always", self.image, self.copy)
            if self._count_writes() == before:
                return
        raise SystemExit(f"The system keeps writing to {self.folder}.")

    def go_back(self) -> None:
        """Put the copy in the disk's place; nobody may use it meanwhile."""
        self.unmount()
        self.copy.replace(self.image)
        self._mount()

    def unmount(self) -> None:
        """Unmount the disk, as soon as the last process that used it is gone."""
        deadline = time.monotonic() + UNMOUNT_SECONDS
        while True:
            try:
                _run_program("umount", self.folder)
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _mount(self) -> None:
        _run_program("mount", "-o", MOUNT_OPTIONS, self.image, self.folder)

    def _count_writes(self) -> int:
        """Count the writes that the disk has completed."""
        device = _run_program("findmnt", "-no", "SOURCE", self.folder).strip()
        stat = Path("/sys/block", Path(device).name, "stat")
        return int(stat.read_text().split()[4])


@contextmanager
def mount_disk(parent: Path) -> Iterator[Disk]:
    """Keep an empty disk mounted below a folder until the block ends.

    Raises ``NotMounted``.
    """
    disk = Disk(image=parent / "disk.image", folder=parent / "disk")
    disk.folder.mkdir()
    with disk.image.open("wb") as image:
        image.truncate(SIZE)
    try:
        _run_program("mkfs.ext4", "-q", disk.image)
        disk._mount()
    except (OSError, subprocess.CalledProcessError) as error:
        text = getattr(error, "stderr", None) or str(error)
        raise NotMounted(text.strip()) from error
    try:
        yield disk
    finally:
        disk.unmount()


def _run_program(*command: str | Path) -> str:
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return done.stdout
