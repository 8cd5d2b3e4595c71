"""What a forked process takes along."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def keep_only(*kept: int) -> None:
    """Close every descriptor but the standard ones and these.

    One of them may be the other end of a pipe whose closing means that we have ended.
    """
    for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        if descriptor > 2 and descriptor not in kept:
            with suppress(OSError):  # that of the listing itself
                os.close(descriptor)
