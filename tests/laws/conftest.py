"""``HYPOTHESIS_PROFILE=large``: many more examples, others at each run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# How long a machine takes to draw says nothing about the laws.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", patient)
settings.register_profile("large", patient, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))
