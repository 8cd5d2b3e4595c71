"""One module a command: parse, call a workflow, print, exit."""
