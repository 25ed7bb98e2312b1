"""The dashboard in Prometheus' text exposition format (0.0.4), for a scrape or a textfile collector.

All are gauges over the dashboard's window: logs are deleted after a while, so nothing here counts
on for ever. What is not known has no sample. Samples carry no time: a textfile collector takes none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite

from pytest_llm_telemetry.core.dashboard import Dashboard
from pytest_llm_telemetry.core.text import fit, inert
from pytest_llm_telemetry.core.trends import Trend

_LONGEST = 200  # characters of a label's value
_TIME = "of queries that succeeded; percentiles are 0.5 % off at most."
_FAMILIES = (
    ("queries", "Queries, those that sampling left out included.", "queries", 1.0),
    ("error_ratio", "Share of queries that failed.", "error_rate", 1.0),
    ("latency_average_seconds", f"Latency {_TIME}", "avg_latency_ms", 1e-3),
    ("latency_p50_seconds", f"Latency {_TIME}", "p50_latency_ms", 1e-3),
    ("latency_p95_seconds", f"Latency {_TIME}", "p95_latency_ms", 1e-3),
    ("latency_p99_seconds", f"Latency {_TIME}", "p99_latency_ms", 1e-3),
    ("first_token_average_seconds", f"Time to the first token {_TIME}", "avg_ttft_ms", 1e-3),
    ("first_token_p95_seconds", f"Time to the first token {_TIME}", "p95_ttft_ms", 1e-3),
    ("cost_dollars", "Known cost.", "total_cost_usd", 1.0),
    ("pass_ratio", "Share of the scores that passed.", "pass_rate", 1.0),
)
Labels = Mapping[str, str]
Sample = tuple[Labels, float | None]
Family = tuple[str, str, Sequence[Sample]]


def render(board: Dashboard) -> str:
    """The families that have a sample, each with its help and type."""
    families = [*_window(board), *_whole(board), *_groups(board)]
    return "".join(_family(*family) for family in families)


def _window(board: Dashboard) -> Iterator[Family]:
    newest = board.newest.timestamp() if board.newest else None
    yield "window_seconds", "Length of the window so far.", [({}, board.hours * 3600)]
    yield "newest_event_timestamp_seconds", "Time of the newest event.", [({}, newest)]
    yield (
        "skipped_lines",
        "Log lines of the window and the one before that are no events.",
        _by("reason", board.reading.skipped),
    )
    yield (
        "worth_a_look",
        "1 for the one thing worth a look.",
        [
            (
                {
                    "metric": found.metric,
                    "dimension": found.dimension,
                    "name": _plain(found.group),
                },
                1.0,
            )
            for found in (board.finding,)
            if found
        ],
    )


def _whole(board: Dashboard) -> Iterator[Family]:
    yield from _figures("", [({}, board.trends)])
    yield (
        "errors",
        "Queries that failed.",
        _by("type", board.errors),
    )
    yield (
        "tokens",
        "Tokens; input includes those of caches, output those of reasoning.",
        _by("kind", board.tokens),
    )
    yield "unpriced_calls", "Calls of unknown price, in no cost.", [({}, board.unpriced)]
    yield (
        "score",
        "Mean score.",
        _by("name", {name: trend.now for name, trend in board.scores.items()}),
    )


def _groups(board: Dashboard) -> Iterator[Family]:
    """The same figures by model, service, ..., under a name of their own: a sum counts once."""
    found = board.breakdown
    if found:
        names = _apart(group.name for group in found.groups)
        groups = [
            ({found.dimension: name}, group.trends)
            for name, group in zip(names, found.groups, strict=True)
        ]
        yield from _figures(f"{found.dimension}_", groups)


def _by(label: str, values: Mapping[str, float | None]) -> list[Sample]:
    return [
        ({label: name}, value) for name, value in zip(_apart(values), values.values(), strict=True)
    ]


def _apart(names: Iterable[str]) -> Iterator[str]:
    """The names as labels show them, numbered where two look alike: no sample may stand twice."""
    seen: Counter[str] = Counter()
    for name in map(_plain, names):
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _figures(prefix: str, groups: Sequence[tuple[Labels, Mapping[str, Trend]]]) -> Iterator[Family]:
    for name, about, metric, unit in _FAMILIES:
        known = [(labels, trends[metric].now) for labels, trends in groups if metric in trends]
        samples = [(labels, now * unit) for labels, now in known if now is not None]
        yield f"{prefix}{name}", about, samples


def _family(name: str, about: str, samples: Sequence[Sample]) -> str:
    told = [
        f"llm_telemetry_{name}{_labels(labels)} {float(value)!r}\n"
        for labels, value in samples
        if value is not None and isfinite(value)
    ]
    head = f"# HELP llm_telemetry_{name} {about}\n# TYPE llm_telemetry_{name} gauge\n"
    return head + "".join(told) if told else ""


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _plain(text: str) -> str:
    """Any text as a label's value: of one line, no command to a CI."""
    return inert(fit(text, _LONGEST))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
