"""What holds for every test."""

import signal

from hypothesis import settings

# A deadline per example is a timed assert: on a busy machine it fails where nothing is wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# A job that a shell put into the background hands an ignored Ctrl-C on to all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
