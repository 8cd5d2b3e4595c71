"""An app that tracks and guards models of the shop, otherwise in the second round."""
