"""Make the parts of ``docs/`` that come from the code, and check the built site."""
