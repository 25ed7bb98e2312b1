"""The query and the model that a call is about to be asked with."""

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_llm_telemetry.core.usage import query_text, request_fields

USER = {"role": "user", "content": "why?"}


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        (("why?",), {}, "why?"),
        ((3, "why?"), {"prompt": "other"}, "why?"),
        ((), {"prompt": "why?"}, "why?"),
        ((), {"question": "why?"}, "why?"),
        ((), {"messages": [{"role": "system", "content": "be kind"}, USER]}, "why?"),
        ((), {"messages": [USER, {"role": "assistant", "content": "because"}]}, "why?"),
        (([USER],), {}, "why?"),
        ((), {"messages": [SimpleNamespace(type="human", content="why?")]}, "why?"),
        (
            (),
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "why?"}]}]},
            "why?",
        ),
        (
            (),
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "why"},
                            {"type": "image"},
                            {"type": "text", "text": "now?"},
                        ],
                    },
                ]
            },
            "why\nnow?",
        ),
        ((), {"messages": [{"role": "user", "content": [{"toolResult": {}}]}, USER]}, "why?"),
        ((), {"messages": [USER, {"role": "user", "content": []}]}, "why?"),
        ((), {"messages": [{"role": "assistant", "content": "hi"}]}, None),
        ((), {"contents": ["why", "now?"]}, "why\nnow?"),
        ((), {"contents": [{"role": "user", "parts": [{"text": "why?"}]}]}, "why?"),
        ((), {"input": ["why?"]}, "why?"),
        ((), {"body": '{"inputText": "why?"}'}, "why?"),
        ((), {"body": b'{"messages": [{"role": "user", "content": "why?"}]}'}, "why?"),
        ((), {"body": b"\x00binary"}, None),
        ((), {"body": '{"unknown": 1}'}, '{"unknown": 1}'),
        ((), {"body": "{broken"}, "{broken"),
        ((), {}, None),
        ((None, 3), {"input": []}, None),
    ],
)
def test_the_query_is_what_the_user_asked(
    args: tuple[Any, ...], kwargs: dict[str, Any], expected: str | None
) -> None:
    """The first text, a named argument, or the last user message of any provider's shape."""
    assert query_text(args, kwargs) == expected


def test_a_value_that_holds_itself_has_no_query() -> None:
    """Depth is bounded, and nothing is raised by whatever is passed."""
    loop: dict[str, Any] = {}
    loop["content"] = loop
    assert query_text((loop,), {}) is None
    ring: list[Any] = []
    ring.append(ring)
    assert query_text((ring,), {}) is None
    deep = '{"prompt": {"text": {"text": {"text": {"text": {"text": {"text": "x"}}}}}}}'
    assert query_text((), {"body": deep}) == deep

    class Hostile(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError

    assert query_text((), Hostile()) is None


def test_a_request_tells_its_model_and_whether_it_streams() -> None:
    """By the name that each SDK gives it."""
    assert request_fields({"model": "gpt-4o", "stream": True}) == {
        "model_requested": "gpt-4o",
        "streaming": True,
    }
    assert request_fields({"modelId": "m"}) == {"model_requested": "m"}
    assert request_fields({"model": 3, "stream": None}) == {}
