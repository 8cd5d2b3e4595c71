"""Whole jobs: read states, plan, prove, apply.  Nothing here prints or exits."""
