"""The hooks that a conftest.py or another plugin may implement."""

from collections.abc import Callable, Mapping

import pytest


@pytest.hookspec
def pytest_llm_graders(config: pytest.Config) -> Mapping[str, Callable[..., object]]:
    """Graders by name, for cases that say `{"type": "custom", "name": ...}`.

    A grader is called with (answer, case) and returns a bool, a number in [0, 1] or a Score.
    """
    raise NotImplementedError
