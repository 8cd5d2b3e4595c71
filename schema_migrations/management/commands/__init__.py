"""The commands, a module each: parse, call a workflow, print, exit."""
