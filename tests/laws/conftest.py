"""``LAW_EXAMPLES``: how many examples each law sees, others at each run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tools.laws import EXAMPLES_VARIABLE

# How long a machine takes to draw says nothing about the laws.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("patient", patient)
if number := os.environ.get(EXAMPLES_VARIABLE):
    settings.register_profile("campaign", patient, max_examples=int(number))
settings.load_profile("campaign" if number else "patient")
