"""What holds for every test."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from pytest_llm_telemetry.plugin.offline import Offline

# A deadline per example is a timed assert: on a busy machine it fails where nothing is wrong.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# A job that a shell put into the background hands an ignored Ctrl-C on to all that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Fail a test that would reach another machine; processes that it starts are not watched."""
    config.pluginmanager.register(Offline(), "no-test-leaves-this-machine")


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Let a pytest that a test starts load our plugin alone: the others take longer than its run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        patch.setenv("PYTEST_PLUGINS", "pytest_llm_telemetry.plugin")
        yield
