"""Results as output: a module for each command, in it a function for each format.  Pure.

A row of ``FORMATS`` is a format.  The keys of a JSON object are those of its
``TypedDict`` and the fields of the values in it; ``docs/reference/json.md`` and the JSON
Schemas are made from these and their docstrings.
"""
