"""What a newcomer reads: `--help`, `--markers`, `--fixtures`."""

import re

import pytest

from tests.plugin.conftest import lean

OPTIONS = (
    *("--llm-telemetry", "--llm-baseline", "--llm-thresholds", "--llm-update-baseline"),
    *("--llm-require-baseline", "--llm-repeats", "--llm-stop-early", "--llm-controls"),
    *("--llm-offline", "--llm-budget-usd", "--llm-run-dir", "--llm-report", "--llm-capture"),
)


def told(pytester: pytest.Pytester, option: str) -> str:
    """What pytest prints, with its line breaks taken out."""
    result = pytester.runpytest_subprocess(*lean(), "-p", "no:cacheprovider", option)
    assert result.ret == 0
    return re.sub(r"\s+", " ", result.stdout.str())


def test_help_tells_every_option_and_its_twin(pytester: pytest.Pytester) -> None:
    """Each option stands with words of its own, and so does its setting in the ini file."""
    text = told(pytester, "--help")
    for option in OPTIONS:
        assert re.search(rf"{option}(=\S+)? [A-Z]", text), option
        assert re.search(rf"{option[2:].replace('-', '_')} \(\w+\): [A-Z]", text), option
        assert f"(twin of {option})" in text


def test_markers_tell_their_arguments_and_their_cost(pytester: pytest.Pytester) -> None:
    """Both markers stand with their arguments and a sentence that says when they run."""
    text = told(pytester, "--markers")
    assert "golden_set(file, repeats=1, suite=None): run the test once a case" in text
    assert "Needs --llm-telemetry" in text
    assert "llm_control(file, repeats=1, suite=None): run the test with" in text


def test_fixtures_tell_what_they_give(pytester: pytest.Pytester) -> None:
    """Both fixtures stand with what a test does with them."""
    text = told(pytester, "--fixtures")
    assert re.search(r"golden_case -- \S+ One case of the golden set: `.id`, `.input`", text)
    assert re.search(r"llm_telemetry -- \S+ A TelemetryLogger that writes into this run", text)
