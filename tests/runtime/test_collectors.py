"""The collectors' configurations in examples/collectors read our lines as they are."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_llm_telemetry import MemorySink, TelemetryLogger
from pytest_llm_telemetry.core.events import FIELDS

FOLDER = Path(__file__).parents[2] / "examples" / "collectors"


def config(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def line() -> dict[str, Any]:
    """A real line."""
    sink = MemorySink()
    with TelemetryLogger(sink, service="bot", environment="prod").observe("q"):
        pass
    return sink.events[-1]


def test_the_collectors_filelog_reads_a_line(line: dict[str, Any]) -> None:
    """Its time layout fits our timestamp, and all that it parses or moves is on the line."""
    operators = config("otel-collector.yaml")["receivers"]["filelog/llm"]["operators"]
    parser = operators[0]
    layout = parser["timestamp"]["layout"].replace("%L", "%f")
    read = datetime.strptime(line["timestamp"], layout)  # noqa: DTZ007 - Z is part of the layout
    assert read.isoformat(timespec="milliseconds") + "Z" == line["timestamp"]
    assert line[parser["severity"]["parse_from"].removeprefix("attributes.")] == "INFO"
    named = re.findall(r"attributes\.(\w+)", json.dumps(operators))
    assert set(named) <= set(FIELDS)
    unconditional = [o["from"] for o in operators if o["type"] == "move" and "if" not in o]
    assert all(name.removeprefix("attributes.") in line for name in unconditional)


def test_the_collectors_pipelines_name_what_exists() -> None:
    """Each receiver, processor and exporter of a pipeline is configured."""
    found = config("otel-collector.yaml")
    for pipeline in found["service"]["pipelines"].values():
        for kind, names in pipeline.items():
            assert set(names) <= set(found[kind])


def test_vector_sends_the_line_itself(line: dict[str, Any]) -> None:
    """Its parts are connected, it takes the time from the line, and hands the text on."""
    found = config("vector.yaml")
    made = {*found["sources"], *found["transforms"]}
    parts = [*found["transforms"].values(), *found["sinks"].values()]
    assert {name for part in parts for name in part["inputs"]} <= made
    taken = set(re.findall(r"event\.(\w+)", found["transforms"]["timed"]["source"]))
    assert taken == {"timestamp"} <= set(line)
    assert found["sinks"]["loki"]["encoding"]["codec"] == "text"


def test_the_dashboard_asks_for_fields_that_exist() -> None:
    """Every field in a LogQL expression is one of an event's, and every label is Vector's."""
    dashboard = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    assert len(asked) > 8
    (label,) = config("vector.yaml")["sinks"]["loki"]["labels"].items()
    for expression in asked:
        assert f'{{{label[0]}="{label[1]}"}} | json' in expression
        named = re.findall(r"(?:unwrap |by \(|\| )(\w+)(?=\)| \[|!?=)|\{\{\.(\w+)\}\}", expression)
        fields = {first or second for first, second in named} - {"json"}
        assert fields <= set(FIELDS)
        assert "event" in fields
