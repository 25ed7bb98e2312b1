"""Floor 0: values and rules. Pure: no I/O, clock, random, threads or third party."""
