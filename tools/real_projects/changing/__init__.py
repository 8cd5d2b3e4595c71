"""An app whose models change between two rounds."""
