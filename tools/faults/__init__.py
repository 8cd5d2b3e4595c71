"""Break runs of ``schemaapply`` in every way, and check that it keeps its promises."""
