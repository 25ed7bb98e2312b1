"""The published schemas: valid, described, found in both places, and true."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pytest_llm_telemetry.core.errors import SchemaError
from pytest_llm_telemetry.core.events import FIELDS, from_dict, to_dict
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.price_format import KINDS as PRICES
from pytest_llm_telemetry.core.price_format import TIERS
from pytest_llm_telemetry.storage import schemas

OURS = ("event", "thresholds", "baseline", "golden", "run", "export", "review")
EVENT: dict[str, Any] = schemas.load("event")["examples"][1]


@pytest.mark.parametrize("name", schemas.NAMES)
def test_every_schema_is_one_and_has_a_name_that_is_never_fetched(name: str) -> None:
    """Draft 2020-12, with a urn."""
    schema = schemas.load(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:pytest-llm-telemetry:{name}:1"


@pytest.mark.parametrize("name", OURS)
def test_every_example_of_a_schema_fits_it(name: str) -> None:
    """Documentation that is wrong is worse than none."""
    examples = schemas.load(name)["examples"]
    assert examples
    for example in examples:
        schemas.validate(example, name)


@pytest.mark.parametrize("name", OURS)
def test_every_property_is_described(name: str) -> None:
    """An editor shows the description where a user types."""

    def silent(schema: Any, path: str) -> list[str]:
        if not isinstance(schema, dict):
            return []
        found = [
            f"{path}.{key}"
            for key, below in schema.get("properties", {}).items()
            if key != "type" and "description" not in below and "$ref" not in below
        ]
        for key, below in schema.items():
            if key not in {"examples", "if", "required"}:
                branches = below if isinstance(below, list) else [below]
                for branch in branches:
                    found += silent(branch, f"{path}.{key}")
        return found

    allowed = {"cases", "tags", "where", "weight", "limits", "regression"}
    assert [
        path for path in silent(schemas.load(name), name) if path.rpartition(".")[2] not in allowed
    ] == []


def test_the_event_schema_has_the_fields_of_the_record_in_their_order() -> None:
    """One list of fields: the reader's, the writer's and the published one."""
    properties = schemas.load("event")["properties"]
    assert list(properties) == list(FIELDS)
    for name, kind in FIELDS.items():
        found = properties[name].get("type", "string")
        assert kind in ([found] if isinstance(found, str) else found)


def test_events_of_the_schema_are_events_of_the_record() -> None:
    """What validates is read, and what was read validates."""
    for example in schemas.load("event")["examples"]:
        schemas.validate(to_dict(from_dict(example)), "event")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"event": "query_end"}, 'event is "query_end"; write "query_start" or'),
        ({"latency_ms": -1}, "latency_ms is -1; write a number from 0 up"),
        ({"input_tokens": 1.5}, "input_tokens is 1.5; write a whole number"),
        ({"timestamp": "today"}, 'timestamp is "today"; write a text that matches'),
        ({"sample_rate": 0}, "sample_rate is 0; write a number above 0"),
        ({"tags": "a"}, 'tags is "a"; write a list'),
        ({"cost_usd": "1"}, 'cost_usd is "1"; write a number or null'),
        ({"query_id": ""}, 'query_id is ""; write at least 1 character'),
        ({"event": "query_error"}, 'the document lacks "error_type"; add it'),
        (
            {"feature_flags": {"a": None}},
            "feature_flags.a is null; write a text or a number or true",
        ),
    ],
)
def test_an_event_that_does_not_fit_is_told(change: dict[str, Any], told: str) -> None:
    """In the package's words, not the validator's."""
    with pytest.raises(SchemaError) as caught:
        schemas.validate({**EVENT, **change}, "event")
    assert told in str(caught.value)


def test_an_event_of_a_newer_minor_version_fits() -> None:
    """Fields may be added within a major version."""
    schemas.validate({**EVENT, "new_field": 1}, "event")


def test_the_thresholds_schema_knows_every_metric_and_price() -> None:
    """With the direction in which each can get worse."""
    defs = schemas.load("thresholds")["$defs"]
    assert list(defs["limits"]["properties"]) == list(METRICS)
    assert list(defs["regression"]["properties"]) == list(METRICS)
    assert tuple(defs["price"]["properties"]) == (*PRICES, *TIERS, "above", "since")
    for name, metric in METRICS.items():
        shape = defs["regression"]["properties"][name]["$ref"].removeprefix("#/$defs/")
        bound = "max_increase" if metric.better == "lower" else "max_decrease"
        assert bound in defs[shape]["properties"]


def test_a_fault_without_words_of_ours_is_told_in_the_validators(tmp_path: Path) -> None:
    """Nothing is swallowed."""
    with pytest.raises(SchemaError, match=r"cases\.0\.input is null; it .*should not be valid"):
        schemas.validate({"cases": [{"id": "a", "input": None}]}, "golden")


def test_a_schema_is_found_inside_the_package_or_beside_it(tmp_path: Path) -> None:
    """A wheel carries a copy; a checkout has the truth one level up. The first place wins."""
    wheel, checkout = tmp_path / "wheel", tmp_path / "checkout"
    for place in (wheel, checkout):
        place.mkdir()
        (place / "event.schema.json").write_text(json.dumps({"title": place.name}))
    assert schemas.load("event", places=(wheel, checkout))["title"] == "wheel"
    (wheel / "event.schema.json").unlink()
    assert schemas.load("event", places=(wheel, checkout))["title"] == "checkout"
    package = Path(schemas.__file__).parents[1]
    assert (package / "schemas", package.parent / "schemas") == schemas.PLACES


def test_no_other_schema_is_looked_for() -> None:
    """Not by another name, and not by a path."""
    for name in ("events", "../event", "/etc/passwd"):
        with pytest.raises(SchemaError, match=r"no schema .*; known schemas: event, thresholds"):
            schemas.load(name)
    with pytest.raises(SchemaError, match="no schema 'event'"):
        schemas.load("event", places=())
