"""llm-telemetry.toml and .json: what they say, and what is wrong with broken ones."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.thresholds import Limit
from pytest_llm_telemetry.storage import documents, settings
from pytest_llm_telemetry.storage.schemas import validate

TOML = """#:schema ./schemas/thresholds.schema.json
schema_version = 1
on_inconclusive = "fail"
confidence = 0.95

[limits.error_rate]
max = 0.05

[suites.support.tags.long-context.limits.p95_latency_ms]
max = 9000

[prices."gpt-4o-mini"]
input = 0.15
output = 0.60
"""


def written(folder: Path, text: str, name: str = "llm-telemetry.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_in_the_root_is_found_and_read(tmp_path: Path) -> None:
    """Limits know their line, prices stand as they were written."""
    path = written(tmp_path, TOML)
    found = settings.load(None, tmp_path)
    thresholds = found.thresholds("support")
    assert found.path == path
    assert thresholds.limits == (
        Limit(metric="error_rate", max=0.05, where="llm-telemetry.toml:6"),
        Limit(
            metric="p95_latency_ms",
            max=9000,
            scope="tag:long-context",
            where="llm-telemetry.toml:9",
        ),
    )
    assert (thresholds.alpha, thresholds.on_inconclusive) == (0.05, "fail")
    assert thresholds.source == "llm-telemetry.toml"
    assert found.prices == {"gpt-4o-mini": {"input": 0.15, "output": 0.6}}
    assert found.document["confidence"] == 0.95


def test_a_price_list_is_one_that_is_known(tmp_path: Path) -> None:
    """Published prices are asked for by name, and no other name is taken."""
    written(tmp_path, 'price_list = "genai-prices"')
    assert settings.load(None, tmp_path).price_list == "genai-prices"
    written(tmp_path, 'price_list = "somewhere"')
    with pytest.raises(ConfigError, match="price_list"):
        settings.load(None, tmp_path)


def test_json_says_the_same_with_its_own_lines(tmp_path: Path) -> None:
    """And may name its schema for an editor."""
    text = '{"$schema": "x",\n"limits": {\n"error_rate": {"max": 0.05}}}'
    written(tmp_path, text, "llm-telemetry.json")
    (limit,) = settings.load(None, tmp_path).thresholds("any").limits
    assert limit.where == "llm-telemetry.json:3"


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """Nobody has to write one."""
    found = settings.load(None, tmp_path)
    assert (found.path, found.document, found.prices) == (None, {}, {})
    assert found.price_list is None
    assert (found.thresholds("s").limits, found.thresholds("s").source) == ((), "")
    assert len(found.thresholds("s").rules) == 6


def test_a_named_file_may_lie_anywhere(tmp_path: Path) -> None:
    """Errors name it by its path then; named and missing is an error, as are two at once."""
    path = written(tmp_path, "confidence = 0", "other.toml")
    root = tmp_path / "root"
    root.mkdir()
    with pytest.raises(
        ConfigError, match=rf"^{path}:1: confidence is 0; write a number above 0\.5"
    ):
        settings.load(path, root)
    with pytest.raises(ConfigError, match=r"none\.toml: does not exist"):
        settings.load(tmp_path / "none.toml", tmp_path)
    with pytest.raises(ConfigError, match=r"thresholds are \.toml or \.json; rename the file"):
        settings.load(tmp_path / "x.yaml", tmp_path)
    written(root, "")
    written(root, "{}", "llm-telemetry.json")
    with pytest.raises(ConfigError, match="are both there, and only one can count; delete one"):
        settings.load(None, root)


def test_an_unknown_metric_is_told_with_line_guess_and_all_known_ones(tmp_path: Path) -> None:
    """The words of the mock-up."""
    written(tmp_path, "schema_version = 1\n[regression.latency_p95]\nmax_increase = 0.1\n")
    with pytest.raises(ConfigError) as caught:
        settings.load(None, tmp_path)
    assert str(caught.value) == (
        'llm-telemetry.toml:2: unknown metric "latency_p95" under [regression]; '
        f'did you mean "p95_latency_ms"? known metrics: {", ".join(METRICS)}; '
        "schema: llm-telemetry schema thresholds"
    )


BROKEN: list[tuple[str, str, str]] = [
    ("unknown key", "[limit.score]\nmin=1", ':1: unknown key "limit"; did you mean "limits"?'),
    (
        "percent",
        "\n[limits.error_rate]\nmax = 5",
        ":3: limits.error_rate.max is 5; write a fraction from 0 to 1; did you mean 0.05?",
    ),
    ("percent of pass rate", "[limits.pass_rate]\nmin = 85", "did you mean 0.85?"),
    ("percent of change", "[regression.score]\nmax_decrease = 2", "did you mean 0.02?"),
    (
        "percent of confidence",
        "confidence = 95",
        "confidence is 95; write a fraction from 0 to 1; did you mean 0.95?",
    ),
    ("far above", "[limits.score]\nmin = 1000", "limits.score.min is 1000; write a number up to 1"),
    (
        "negative",
        "[limits.p95_latency_ms]\nmax = -1",
        "limits.p95_latency_ms.max is -1; write a number from 0 up",
    ),
    ("low confidence", "confidence = 0.05", "confidence is 0.05; write a number above 0.5"),
    ("nothing in it", "[limits.score]", "limits.score is {}; write at least one key"),
    ("text", "[limits.score]\nmin = '0.8'", 'limits.score.min is "0.8"; write a number'),
    ("bool", "[limits.score]\nmin = true", "limits.score.min is true; write a number"),
    ("list", "limits = [1]", "limits is [1]; write a table of keys and values"),
    (
        "wrong word",
        "on_inconclusive = 'ignore'",
        'on_inconclusive is "ignore"; write "pass" or "fail"',
    ),
    ("newer", "schema_version = 2", "schema_version is 2; write 1"),
    (
        "wrong way",
        "[regression.pass_rate]\nmax_increase = 0.1",
        'unknown key "max_increase" under [regression.pass_rate]; did you mean "max_decrease"?',
    ),
    ("crossed", "[limits.score]\nmin = 0.9\nmax = 0.8", ":3: score: max 0.8 is below min 0.9"),
    (
        "crossed in a suite",
        "[suites.b.limits.score]\nmin = 0.9\nmax = 0.8",
        ":3: score: max 0.8 is below",
    ),
    ("half a price", "[prices.'gpt 4']\ninput = 1", 'prices."gpt 4" lacks "output"; add it'),
    (
        "negative price",
        "[prices.m]\ninput = -1\noutput = 1",
        "prices.m.input is -1; write a number from 0 up",
    ),
    (
        "unknown scope",
        "[suites.s.tag.x.limits.score]\nmin=1",
        'unknown key "tag" under [suites.s]; did you mean "tags"?',
    ),
    ("nameless suite", "[suites.''.limits.score]\nmin = 1", "suites is "),
    ("long text", f"on_inconclusive = '{'x' * 500}'", 'xxx ...; write "pass"'),
    ("nan", "[limits.score]\nmin = nan", ":2: nan is no number that can be compared"),
    ("terminal escape", 'on_inconclusive = "\\u001b[2J"', r'on_inconclusive is "\u001b[2J"'),
]


@pytest.mark.parametrize(
    ("text", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_file_is_one_error_with_line_and_remedy(
    tmp_path: Path, text: str, told: str
) -> None:
    """What was found, and what to write instead."""
    written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        settings.load(None, tmp_path)
    assert str(caught.value).startswith("llm-telemetry.toml:")
    assert told in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "null",
        '"x"',
        "7",
        '{"limits": {"score": {"max": NaN}}}',
        '{"limits": {}, "limits": {}}',
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """Every JSON value but an object, and objects that mean two things."""
    written(tmp_path, text, "llm-telemetry.json")
    with pytest.raises(ConfigError, match=r"^llm-telemetry\.json:1: "):
        settings.load(None, tmp_path)


def test_a_huge_file_is_refused_at_once(tmp_path: Path) -> None:
    """Nobody writes a megabyte of thresholds."""
    written(tmp_path, "#" * 1_000_001)
    with pytest.raises(ConfigError, match="is larger than 1 MB"):
        settings.load(None, tmp_path)


def test_many_suites_are_checked_in_bounded_time(tmp_path: Path) -> None:
    """Each suite is parsed, but the lines of the file are looked up once."""
    limits = {name: {"max": 1} for name in METRICS}
    suites = {f"s{n}": {"limits": limits} for n in range(1500)}
    written(tmp_path, json.dumps({"limits": limits, "suites": suites}), "llm-telemetry.json")
    started = time.process_time()
    settings.load(None, tmp_path)
    assert time.process_time() - started < 20


TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 100) | st.floats() | st.text(max_size=4),
    lambda below: (
        st.lists(below, max_size=2)
        | st.dictionaries(
            st.sampled_from(["limits", "regression", "suites", "score", "max", "min", "tags", "x"]),
            below,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["limits", "regression", "suites", "prices", "confidence"]), TREE
    )
)
def test_any_document_is_thresholds_or_a_told_error(tree: dict[str, object]) -> None:
    """What the schema takes, the parser takes too, whatever a file holds."""
    try:
        document = documents.parse_json(json.dumps(tree), "f")
        validate(document.value, "thresholds", where=document.where)
    except TelemetryError:
        return
    settings.Settings(source=document).thresholds("x")
