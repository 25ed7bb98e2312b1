"""The streamed answers, read to their end as a browser would."""

from typing import TYPE_CHECKING

import chat
import pytest

if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.cases import GoldenCase


@pytest.mark.golden_set("golden/chat.jsonl", repeats=3)
def test_chat(golden_case: "GoldenCase") -> None:
    """What was said in the end is graded; when it began is judged by the limit on p95_ttft_ms."""
    golden_case.check("".join(chat.words(golden_case.input)))
