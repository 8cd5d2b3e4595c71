"""From two states to the next file: questions, plan and proof."""
