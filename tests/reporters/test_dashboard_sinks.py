"""A dashboard of any figures and texts, in every form it is shown in."""

import json
import re
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families

from pytest_llm_telemetry.core.dashboard import Dashboard
from pytest_llm_telemetry.core.text import width
from pytest_llm_telemetry.reporters import dashboard_json, dashboard_terminal, prometheus
from pytest_llm_telemetry.reporters.html import dashboard_page
from pytest_llm_telemetry.storage import schemas
from tests.core.dashboard.conftest import World
from tests.reporters.test_html import Outline

TEXTS = st.text(max_size=40) | st.sampled_from(
    ['a"b\\', "line\nbreak", "<b>&\"'`", "\x1b[31m", "\u202e", "={}", "\ud800"]
)
NUMBERS = st.floats(0, 1e300) | st.sampled_from([0.0, 1e-300, 1.0])
RATES = st.none() | st.floats(1e-6, 1)
END = {
    "sample_rate": RATES,
    "model": st.none() | TEXTS,
    "latency_ms": st.none() | NUMBERS,
    "ttft_ms": st.none() | NUMBERS,
    "cost_usd": st.none() | NUMBERS,
    "input_tokens": st.none() | st.integers(0, 10**18),
    "query_hash": st.none() | TEXTS,
    "query_preview": st.none() | TEXTS,
}
SCORE = {"sample_rate": RATES, "score_name": TEXTS, "score": st.floats(-1e300, 1e300)}
EVENTS = st.one_of(
    st.tuples(st.just("success"), st.fixed_dictionaries(END)),
    st.tuples(st.just("error"), st.fixed_dictionaries(END | {"error_type": TEXTS})),
    st.tuples(st.just("score"), st.fixed_dictionaries(SCORE)),
)
HOURS = st.lists(st.tuples(st.integers(0, 49), EVENTS), max_size=20)


def dashboard(made: list[tuple[int, tuple[str, dict[str, Any]]]]) -> Dashboard:
    world = World()
    for back, (kind, fields) in made:
        world.add(world.hour - back * timedelta(hours=1), kind, **fields)
    return world.look(by="model", sources=["\x1b<log>.jsonl"])


BOARDS = HOURS.map(dashboard)


@given(board=BOARDS, columns=st.integers(20, 120), ascii_only=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_terminal_gets_lines_that_fit_and_show_what_they_hold(
    board: Dashboard, columns: int, *, ascii_only: bool
) -> None:
    """At any width, with any text: no line is too wide, none holds a control character."""
    lines = dashboard_terminal.render(board, width=columns, ascii_only=ascii_only)
    assert lines
    for line in lines:
        assert width(line.text) <= columns
        assert line.text.isprintable()
        assert line.text.isascii() or not ascii_only


@given(board=BOARDS)
@settings(max_examples=60, deadline=None)
def test_json_is_strict_and_fits_the_schema(board: Dashboard) -> None:
    """Every number is finite."""
    document = json.loads(dashboard_json.render(board), parse_constant=lambda _: 1 / 0)
    Draft202012Validator(schemas.load("dashboard")).validate(document)


@given(board=BOARDS)
@settings(max_examples=60, deadline=None)
def test_prometheus_parses_every_exposition(board: Dashboard) -> None:
    """A label's value is what it was, made visible; no text starts a line of its own."""
    text = prometheus.render(board)
    assert text.endswith("\n")
    assert all(re.match(r"# (HELP|TYPE) llm_|llm_", line) for line in text.split("\n")[:-1])
    families = list(text_string_to_metric_families(text))
    seen = [(s.name, tuple(sorted(s.labels.items()))) for f in families for s in f.samples]
    assert len(seen) == text.count("\n") - 2 * len(families)
    assert len(seen) == len(set(seen))


def test_names_that_look_alike_are_told_apart() -> None:
    """Prometheus refuses a file in which a sample stands twice: the second name gets a number."""
    models = ["\t=1", "\r=1", "m"]
    text = prometheus.render(dashboard([(1, ("success", {"model": model})) for model in models]))
    families = text_string_to_metric_families(text)
    named = [s.labels["model"] for f in families for s in f.samples if "model_queries" in s.name]
    assert sorted(named) == [" =1", " =1 (2)", "m"]


@given(board=BOARDS)
@settings(max_examples=60, deadline=None)
def test_a_page_holds_our_markup_alone(board: Dashboard) -> None:
    """Every element is closed where it should be, and no comment or script came along."""
    page = dashboard_page.render(board)
    outline = Outline(page)
    assert outline.stack == []
    assert outline.comments == []
    assert page.count("<script>") == 1
    assert page.isprintable() or not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", page)
