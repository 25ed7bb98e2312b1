"""Floor 1: what production runs. Standard library and `core` only."""
