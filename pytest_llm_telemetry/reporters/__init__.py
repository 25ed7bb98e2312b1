"""Floor 1: render a verdict that was decided elsewhere. Nothing here computes one."""
