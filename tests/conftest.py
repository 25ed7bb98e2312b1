"""What holds for every test."""

from hypothesis import settings

# A deadline per example is a timed assert: on a busy machine it fails where nothing is wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
