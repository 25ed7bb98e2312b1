"""Input that cannot be used gives one clear error, exit status 4, and never a traceback."""

import json
from collections.abc import Callable

import pytest

from tests.plugin.conftest import Project

Break = Callable[[Project], object]


def _golden(text: str) -> Break:
    return lambda project: project.write("golden/bot.jsonl", text)


def _thresholds(text: str) -> Break:
    return lambda project: project.write("llm-telemetry.toml", "schema_version = 1\n" + text)


def _baseline(text: str) -> Break:
    return lambda project: project.write("baselines/bot.json", text)


BROKEN: dict[str, tuple[Break, list[str]]] = {
    "golden set missing": (
        lambda project: (project.root / "golden/bot.jsonl").unlink(),
        ["test_bot.py:", "golden/bot.jsonl", "init"],
    ),
    "bad JSON": (
        _golden('{"id": "a", "input": "x"}\n{"id": "b", "input": \n'),
        ["golden/bot.jsonl:2"],
    ),
    "duplicate case id": (
        _golden('{"id": "a", "input": "x"}\n\n{"id": "a", "input": "y"}\n'),
        ["golden/bot.jsonl:3", '"a"', "first at golden/bot.jsonl:1"],
    ),
    "wrong type in a case": (
        _golden('{"id": "a", "input": "x", "tags": "oops"}\n'),
        ["golden/bot.jsonl:1", "tags"],
    ),
    "empty golden set": (_golden("\n"), ["golden/bot.jsonl"]),
    "unknown threshold": (
        _thresholds("\n[limits.latency_p95]\nmax = 3\n"),
        ["llm-telemetry.toml:3", "latency_p95", "did you mean", "p95_latency_ms"],
    ),
    "NaN threshold": (
        _thresholds("[limits.error_rate]\nmax = nan\n"),
        ["llm-telemetry.toml:3", "nan"],
    ),
    "threshold of the wrong type": (
        _thresholds('[limits.error_rate]\nmax = "5"\n'),
        ["llm-telemetry.toml:3", "max"],
    ),
    "price list without its extra": (
        lambda project: (
            _thresholds('price_list = "genai-prices"\n')(project),
            project.write("conftest.py", "import sys\nsys.modules['genai_prices'] = None\n"),
        ),
        ["genai-prices", "pip install 'pytest-llm-telemetry[prices]'"],
    ),
    "bad TOML": (_thresholds("[limits\n"), ["llm-telemetry.toml:2"]),
    "baseline that is no JSON": (_baseline("{"), ["baselines/bot.json:1"]),
    "baseline of another suite": (
        _baseline(json.dumps({"schema_version": 1, "suite": "other", "accepted": [], "cases": {}})),
        ["baselines/bot.json", "other"],
    ),
    "baseline with NaN": (
        _baseline(
            '{"schema_version": 1, "suite": "bot", "accepted": [],\n"cases": {"a": {"latency_ms": NaN}}}'
        ),
        ["baselines/bot.json:2", "NaN"],
    ),
}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["plain", "xdist"])
@pytest.mark.parametrize("broken", BROKEN)
def test_it_is_told_once_with_place_and_remedy(
    project: Project, broken: str, workers: list[str]
) -> None:
    """The error names the file, the line where there is one, and what to do; exit status 4."""
    damage, words = BROKEN[broken]
    damage(project)
    result = project.run(*workers)
    text = "\n".join([*result.outlines, *result.errlines])
    assert result.ret == 4, text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    flat = " ".join(text.split())
    missing = [word for word in words if word not in flat]
    assert not missing, text


def test_a_golden_set_changed_since_the_baseline_is_told(project: Project) -> None:
    """A case that is gone from the golden set is a named breach: the baseline promised it."""
    project.accept()
    project.golden(
        [{"id": f"case-{n:02}", "input": f"question {n}", "contains": "yes"} for n in range(1, 20)]
    )
    result = project.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*case-00*"])


def test_a_broken_option_is_a_usage_error(project: Project) -> None:
    """A number of repeats that is no number ends with one line and exit status 4."""
    result = project.run("--llm-repeats", "three")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--llm-repeats*three*"])
