"""Responses behind a proxy, whose class says nothing of what it stands for."""

from typing import Any

from pytest_llm_telemetry.core import usage


class Proxy:
    """Stands for any object, as wrapt's and Django's lazy objects do."""

    def __init__(self, wrapped: Any) -> None:
        object.__setattr__(self, "wrapped", wrapped)

    def __getattribute__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "wrapped"), name)


def test_what_one_proxy_has_not_the_next_one_may_have() -> None:
    """Where a name is looked for is learned of classes, never of a proxy that stands for many."""
    told = {
        "model": "m",
        "choices": [],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
    }
    for _ in range(2):
        assert usage.read(Proxy(object())) == {}
        assert usage.read(Proxy(told))["input_tokens"] == 3
