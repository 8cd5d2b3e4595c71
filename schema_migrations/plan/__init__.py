"""From changes to ordered statements.  Pure; imports ``schema`` and no engine."""
