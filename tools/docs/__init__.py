"""The reference parts of ``docs/`` that are made from the code, and the built site."""
