"""Floor 1: read back what was written, and validate it at the border."""
