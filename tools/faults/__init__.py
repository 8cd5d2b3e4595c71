"""Break runs of ``schemaapply`` in every way, and look whether its promises hold."""
