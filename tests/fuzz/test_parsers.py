"""Every parser, on damaged documents: a value, or one of our errors, and soon.

`FUZZ_EXAMPLES=5000 python -m pytest tests/fuzz` looks longer.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.core.events import from_dict, to_dict
from pytest_llm_telemetry.core.price_format import flaw
from pytest_llm_telemetry.core.pricing import PriceTable
from pytest_llm_telemetry.core.usage import StreamUsage, read
from pytest_llm_telemetry.storage import (
    alert_state,
    baselines,
    goldens,
    logs,
    manifest,
    rollups,
    runs,
    stops,
    tails,
    traffic,
)
from pytest_llm_telemetry.storage import settings as settings_file
from pytest_llm_telemetry.storage.ledger import LEDGER, Ledger
from tests.fuzz.mutations import as_json, as_lines, of_bytes, of_values

ROOT = Path(__file__).parents[2]
BOT = ROOT / "examples" / "support_bot"
ENOUGH_S = 5.0  # of processor time, for documents of kilobytes; a hang is minutes

fuzzed = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "60")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def soon() -> Iterator[None]:
    """What takes minutes for kilobytes can be used to stop us."""
    began = time.process_time()
    yield
    assert time.process_time() - began < ENOUGH_S


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


EVENTS: list[Any] = [
    {
        "schema_version": 1,
        "event": "query_start",
        "timestamp": "2026-11-23T11:20:04.512Z",
        "level": "INFO",
        "message": "query_start",
        "query_id": "a",
        "service": "bot",
        "tags": ["x"],
        "feature_flags": {"new": True},
        "query_hash": "h",
        "sample_rate": 0.5,
    },
    {
        "schema_version": 1,
        "event": "query_success",
        "timestamp": "2026-11-23T11:20:05.512Z",
        "query_id": "a",
        "parent_id": "p",
        "suite": "s",
        "case_id": "c",
        "attempt": 2,
        "model": "m",
        "latency_ms": 812.4,
        "ttft_ms": 10,
        "cached": False,
        "input_tokens": 10,
        "output_tokens": 5,
        "cost_usd": 0.01,
        "unit_prices": {"input": 1.5},
        "nested_calls": 1,
    },
    {
        "schema_version": 1,
        "event": "query_error",
        "timestamp": "2026-11-23T11:20:06.512Z",
        "query_id": "p",
        "suite": "s",
        "case_id": "c",
        "error_type": "E",
        "error_message": "m",
        "status_code": 429,
        "retry_after_s": 1.5,
        "latency_ms": 3,
    },
    {
        "schema_version": 1,
        "event": "query_score",
        "timestamp": "2026-11-23T11:20:07.512Z",
        "query_id": "a",
        "suite": "s",
        "case_id": "c",
        "score_name": "n",
        "score": 0.5,
        "passed": True,
        "explanation": "e",
    },
]
WINDOW = (datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC))


@fuzzed
@given(data=of_bytes([as_lines(EVENTS)]) | of_values([EVENTS], as_lines))
def test_event_lines(tmp_path: Path, data: bytes) -> None:
    """Every line is an event or counted, and whatever reads events gets finite figures of them."""
    path = put(tmp_path, "events.jsonl", data)
    with soon():
        reading = logs.read([path])
        assert len(reading.events) + sum(reading.skipped.values()) == reading.lines
        for event in reading.events:
            assert from_dict(to_dict(event)) == event
        for place in (path, tmp_path):
            for summary in runs.summaries(place).values():
                json.dumps(dict(summary.metrics), allow_nan=False)
        follower = tails.Follower({})
        assert len(list(follower.events([path], WINDOW[0]))) <= len(reading.events)
        found = traffic.read_traffic([path], *WINDOW)
        assert all(hour.counted <= reading.lines for hour in found.hours)


GOLDENS: dict[str, list[bytes]] = {
    ".jsonl": [
        b'{"id":"a","input":"q","expected":"e","tags":["t"],"weight":2}\n',
        b'{"id":"b","input":{"x":1},"regex":"^a+$","graders":[{"kind":"contains","value":"x"}]}\n',
        (BOT / "golden" / "support.jsonl").read_bytes()[:3000],
    ],
    ".json": [b'[{"id":"a","input":"q","expected":"e"},{"id":"b","input":"q","contains":["x"]}]'],
    ".csv": [b'id,input,expected,tags\na,"q, r",e,"t;u"\nb,q,"line\nbreak",\n'],
    ".toml": [b'[[case]]\nid = "a"\ninput = "q"\nexpected = "e"\ntags = ["t"]\n'],
}


@pytest.mark.parametrize("ending", GOLDENS)
@fuzzed
@given(choice=st.data())
def test_golden_sets(tmp_path: Path, ending: str, choice: st.DataObject) -> None:
    """JSONL, JSON, CSV and TOML."""
    path = put(tmp_path, f"golden{ending}", choice.draw(of_bytes(GOLDENS[ending])))
    with soon():
        accepted(lambda: goldens.load(path, root=tmp_path))


def accepted(read_it: Callable[[], Any]) -> Any:
    """What a parser gives, or None where it refuses with an error of ours that says something."""
    try:
        return read_it()
    except TelemetryError as refused:
        told = str(refused)
    assert 10 < len(told) < 2000
    return None


THRESHOLDS = {
    "schema_version": 1,
    "confidence": 0.99,
    "limits": {"error_rate": {"max": 0.02}, "p95_latency_ms": {"max": 4000}},
    "regression": {"pass_rate": {"max_decrease": 0.02}, "slow_call_rate": {"enabled": False}},
    "suites": {"s": {"tags": {"t": {"limits": {"pass_rate": {"min": 0.9}}}}}},
    "prices": {"m": {"input": 0.15, "output": 0.6}},
    "alerts": {"logs": ["logs"], "window": "1h"},
}


@pytest.mark.parametrize("ending", [".toml", ".json"])
@fuzzed
@given(choice=st.data())
def test_thresholds(tmp_path: Path, ending: str, choice: st.DataObject) -> None:
    """TOML and JSON, with all that is read out of them."""
    toml = of_bytes([(BOT / "llm-telemetry.toml").read_bytes()])
    values = of_values([THRESHOLDS], as_json) | of_bytes([as_json(THRESHOLDS)])
    data = choice.draw(toml if ending == ".toml" else values)
    path = put(tmp_path, f"llm-telemetry{ending}", data)
    with soon():
        found = accepted(lambda: settings_file.load(path, tmp_path))
        if found is not None:
            accepted(lambda: found.thresholds("s"))
            accepted(found.alerts)
            accepted(lambda: PriceTable(found.prices))


BASELINE = (BOT / "baselines" / "support.json").read_bytes()


@fuzzed
@given(data=of_bytes([BASELINE]) | of_values([json.loads(BASELINE)], as_json))
def test_baselines(tmp_path: Path, data: bytes) -> None:
    """A baseline that is read can be written, and read as the same."""
    path = put(tmp_path, "support.json", data)
    with soon():
        found = accepted(lambda: baselines.read(path))
        if found is not None:
            baselines.write(path, found)
            assert baselines.read(path).cases.keys() == found.cases.keys()


MANIFEST = {
    "schema_version": 1,
    "run_id": "2026-11-23T11-20-04Z-7c1e",
    "started": "2026-11-23T11:20:04.512Z",
    "complete": True,
    "suites": {
        "s": {
            "golden": "g.jsonl",
            "golden_hash": "h",
            "repeats": 2,
            "cases": {"c": {"tags": ["t"], "where": "g:1", "weight": 2.0}},
        }
    },
}


@fuzzed
@given(data=of_bytes([as_json(MANIFEST)]) | of_values([MANIFEST], as_json))
def test_manifests(tmp_path: Path, data: bytes) -> None:
    """With the events of the run, which are summed up by what it planned."""
    put(tmp_path, runs.EVENTS, as_lines(EVENTS))
    put(tmp_path, manifest.MANIFEST, data)
    with soon():
        accepted(lambda: runs.summaries(tmp_path))


def alert_memory(folder: Path) -> Any:
    """A state as a check leaves it."""
    plan = settings_file.load(None, folder).alerts()
    path = folder / "valid.json"
    memory = alert_state.load(path, plan)
    memory.minutes.add(from_dict(EVENTS[2]), "2026-11-23T11:20", "2026-11-23T11:20")
    memory.tails = {"f": tails.Tail(offset=10, modified_ns=5)}
    memory.checked = 5
    alert_state.save(path, memory, plan)
    return json.loads(path.read_bytes())


@fuzzed
@given(choice=st.data())
def test_alert_states(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, choice: st.DataObject
) -> None:
    """A damaged one is put aside, and what is taken can be judged by and saved again."""
    valid = alert_memory(tmp_path)
    data = choice.draw(of_bytes([as_json(valid)]) | of_values([valid], as_json))
    plan = settings_file.load(None, tmp_path).alerts()
    path = put(tmp_path, "alerts.json", data)
    with soon():
        memory = alert_state.load(path, plan)
        for figures in memory.minutes.window("2026-11-23T11:00", "2026-11-23T12:00").values():
            figures.value("error_rate")
        alert_state.save(path, memory, plan)
        assert alert_state.load(path, plan).note == ""


LEDGERS = [{"limit_usd": 5.0, "settled_usd": 1.0, "largest_usd": 0.1, "calls": 3, "stopped": ""}]


@fuzzed
@given(data=of_bytes([as_json(LEDGERS[0])]) | of_values(LEDGERS, as_json))
def test_ledgers(tmp_path: Path, data: bytes) -> None:
    """A damaged budget spends nothing more; whatever it holds, its next reader can read it."""
    put(tmp_path, LEDGER, data)
    with soon():
        ledger = Ledger(tmp_path, 5.0)
        amount = ledger.reserve()
        if amount is not None:
            ledger.settle(amount, 0.01)
        assert isinstance(ledger.read().settled_usd, int | float)


@fuzzed
@given(
    data=of_bytes([b'{"suite": "s", "repeats": 2, "why": "w"}'])
    | of_values([{"suite": "s", "repeats": 2, "why": "w"}], as_json)
)
def test_stops(tmp_path: Path, data: bytes) -> None:
    """A damaged decision is none."""
    stops.write(tmp_path, stops.Stop(suite="s", repeats=2, why="w"))
    (path,) = tmp_path.glob("stop-*.json")
    path.write_bytes(data)
    with soon():
        found = stops.read(tmp_path, "s")
        assert found is None or found.repeats >= 1


PRICES: Any = {
    "input": 3.0,
    "output": 15.0,
    "cache_read": 0.3,
    "batch": {"input": 1.5, "output": 7.5},
    "above": [{"input_tokens": 200000, "input": 6.0, "output": 22.5}],
    "since": [{"date": "2026-01-01", "input": 2.5, "output": 12.0}],
}
USED = {"model": "m", "input_tokens": 300_000, "output_tokens": 10, "cache_read_tokens": 5}


@fuzzed
@given(data=of_values([PRICES], as_json))
def test_prices(data: bytes) -> None:
    """Prices without a flaw price every call, with a finite cost or a reason for none."""
    prices = json.loads(data)
    with soon():
        if flaw(prices) is not None:
            with pytest.raises(ConfigError):
                PriceTable({"m": prices})
            return
        table = PriceTable({"m": prices})
        for tier in (None, "batch", "nonsense"):
            told = table.price(USED | {"service_tier": tier}, "2026-11-23")
            assert told["cost_usd"] is None or 0 <= told["cost_usd"] < float("inf")


RESPONSES: list[Any] = [
    {
        "id": "1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"finish_reason": "stop", "message": {"content": "a", "tool_calls": [{}]}}],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": 2},
        },
    },
    {
        "object": "response",
        "model": "m",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}],
        "usage": {"input_tokens": 5, "output_tokens": 7},
    },
    {
        "type": "message",
        "model": "m",
        "content": [{"type": "text", "text": "a"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": 3},
    },
    {
        "modelVersion": "m",
        "candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7},
    },
    {
        "output": {"message": {"content": [{"text": "a"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 5, "outputTokens": 7},
        "ResponseMetadata": {"HTTPStatusCode": 200},
    },
    {"model": "m", "message": {"content": "a"}, "done": True, "prompt_eval_count": 5},
    {"error": {"type": "overloaded_error", "message": "m", "code": 429}},
]
CHUNKS: list[Any] = [
    [
        {"object": "chat.completion.chunk", "choices": [{"delta": {"content": "a"}}]},
        {"object": "chat.completion.chunk", "choices": [], "usage": {"prompt_tokens": 5}},
    ],
    [
        {"type": "message_start", "message": {"model": "m", "usage": {"input_tokens": 5}}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}},
        {"type": "message_delta", "delta": {"stop_reason": "x"}, "usage": {"output_tokens": 7}},
    ],
    [
        {"type": "response.output_text.delta", "delta": "a"},
        {"type": "response.completed", "response": RESPONSES[1]},
    ],
    [RESPONSES[3], RESPONSES[3]],
    [{"contentBlockDelta": {"delta": {"text": "a"}}}, {"metadata": {"usage": {"inputTokens": 5}}}],
    [RESPONSES[5]],
]
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")


@fuzzed
@given(data=of_values(RESPONSES, as_json))
def test_responses(data: bytes) -> None:
    """Whatever a provider answers: nothing is raised, and a count is a whole number or absent."""
    with soon():
        told: Any = read(json.loads(data))
        assert all(type(told.get(name, 0)) is int and told.get(name, 0) >= 0 for name in COUNTS)


@fuzzed
@given(data=of_values(CHUNKS, as_json))
def test_stream_chunks(data: bytes) -> None:
    """The same of the chunks of a stream, in any order and of any shape."""
    chunks = json.loads(data)
    with soon():
        usage = StreamUsage()
        for chunk in chunks if isinstance(chunks, list) else [chunks]:
            usage.add(chunk)
        told: Any = usage.result()
        assert all(type(told.get(name, 0)) is int and told.get(name, 0) >= 0 for name in COUNTS)


def rollup_of(folder: Path) -> bytes:
    """A rollup of the events above."""
    path = folder / "valid.rollup"
    (hour,) = traffic.read_traffic([put(folder, "llm.jsonl", as_lines(EVENTS))], *WINDOW).hours
    writing = rollups.Writing(path)
    writing.add(hour)
    writing.finish(rollups.Source(size=10, crc=5), "2026-11-23T11:20:07.512Z")
    return path.read_bytes()


def sealed(lines: list[bytes], trailer: bytes) -> bytes:
    """The lines of a rollup under a trailer, with a checksum that is right."""
    body = b"".join(lines)
    seal = {"trailer": len(body), "crc32": crc32(body + trailer)}
    return body + trailer + as_json(seal) + b"\n"


@fuzzed
@given(choice=st.data())
def test_rollups(tmp_path: Path, choice: st.DataObject) -> None:
    """A damaged one is none, also where its checksum is right."""
    valid = rollup_of(tmp_path)
    *lines, trailer, _ = valid.splitlines(keepends=True)
    resealed = of_values([json.loads(trailer)], lambda value: sealed(lines, as_json(value) + b"\n"))
    other_lines = of_values(
        [[json.loads(line) for line in lines]],
        lambda values: sealed([as_lines(values)], trailer),
    )
    deep = st.just(valid[:-1] + b"\n" + b"[" * 100_000)
    path = put(tmp_path, "a.rollup", choice.draw(of_bytes([valid]) | resealed | other_lines | deep))
    with soon():
        found = rollups.read_rollup(path, *WINDOW)
        for hour in found.hours if found is not None else ():
            for name in hour.by:
                accepted(partial(hour.by.__getitem__, name))
