"""The Grafana dashboard over Prometheus asks for what the exposition holds, and fits its screen."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.reporters import prometheus
from tests.core.dashboard.conftest import World

FILE = Path(__file__).parents[2] / "examples" / "prometheus" / "grafana-dashboard.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def told() -> dict[str, set[str]]:
    """The families that a busy service exposes, and the labels of each."""
    world = World()
    world.calls(world.hour, 5, model="m", ttft_ms=5.0, cost_usd=1.0, input_tokens=3)
    world.add(world.hour, "error", error_type="Timeout")
    world.add(world.hour, "score", score_name="thumbs", score=1.0, passed=True)
    text = prometheus.render(world.look(by="model"))
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def test_every_expression_asks_for_a_family_and_labels_that_exist() -> None:
    """Names in the queries and in the legends; `worth_a_look` is there where something is."""
    known = told() | {"llm_telemetry_worth_a_look": {"metric", "dimension", "name"}}
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            names = set(re.findall(r"llm_telemetry_\w+", target["expr"]))
            assert names
            assert names <= set(known)
            labels = {label for name in names for label in known[name]}
            asked = re.findall(r"by \((\w+)\)", target["expr"])
            asked += re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            assert set(asked) <= labels


def test_it_has_the_shape_that_grafana_loads() -> None:
    """Unique panels side by side in 24 columns, each with the data source that is asked for."""
    variables = {each["name"]: each for each in DASHBOARD["templating"]["list"]}
    assert variables["prometheus"]["type"] == "datasource"
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    for panel in panels:
        place = panel["gridPos"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        for target in (panel, *panel["targets"]):
            assert target["datasource"] == {"type": "prometheus", "uid": "${prometheus}"}
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
