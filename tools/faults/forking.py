"""Close what a forked process inherits and must not have."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def keep_descriptors(*kept: int) -> None:
    """Close every descriptor but the standard ones and these.

    An inherited one may be the end of a pipe whose closing means that the parent has ended.
    """
    for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir()]:
        if descriptor > 2 and descriptor not in kept:
            with suppress(OSError):  # that of the listing itself
                os.close(descriptor)
