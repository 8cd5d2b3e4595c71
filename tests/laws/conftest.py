"""``HYPOTHESIS_PROFILE=large``: many more examples, others at each run."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("large", max_examples=1000, deadline=None)
if profile := os.environ.get("HYPOTHESIS_PROFILE"):
    settings.load_profile(profile)
