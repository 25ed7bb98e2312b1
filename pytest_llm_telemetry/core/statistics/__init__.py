"""The tests and intervals behind the gate: exact where counting is cheap, closed forms elsewhere.

Nothing here is random, so the same samples always give the same verdict.
"""
