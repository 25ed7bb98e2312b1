"""The pytest door: options, markers and fixtures, and nothing else until someone asks.

pytest imports this file at every start of every project that has the package installed, so it
imports pytest alone. Everything else is loaded by `--llm-telemetry`.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.cases import GoldenCase
    from pytest_llm_telemetry.plugin.session import TelemetrySession
    from pytest_llm_telemetry.runtime.logger import TelemetryLogger

SESSION: pytest.StashKey[TelemetrySession] = pytest.StashKey()

# flag, ini type, metavar, help. The ini name is the flag without dashes in front, `_` for `-`.
OPTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("--llm-telemetry", "bool", "", "record golden sets, compare with the baseline, gate the run"),
    ("--llm-baseline", "string", "PATH", "folder of baselines, or one file (baselines/)"),
    ("--llm-thresholds", "string", "PATH", "thresholds file (llm-telemetry.toml or .json)"),
    ("--llm-update-baseline", "bool", "", "accept this run as the new baseline"),
    ("--llm-require-baseline", "bool", "", "a suite without a baseline cannot be judged (exit 4)"),
    ("--llm-repeats", "string", "N", "repeats of every case, in place of the marker's"),
    (
        "--llm-stop-early",
        "bool",
        "",
        "skip the repeats that are not needed to decide (group-sequential looks)",
    ),
    (
        "--llm-controls",
        "string",
        "N",
        "replay N cases with the unchanged version (tests marked llm_control), to know the drift",
    ),
    ("--llm-offline", "bool", "", "fail a test that would reach a live provider"),
    ("--llm-budget-usd", "string", "USD", "make no call beyond this cost of the run (exit 3)"),
    ("--llm-run-dir", "string", "DIR", "folder of stored runs (.llm-telemetry/runs)"),
    (
        "--llm-report",
        "linelist",
        "KIND[=PATH]",
        "report: html, json, junit, github, gitlab, slack, email",
    ),
)
MARKER = (
    "golden_set(file, repeats=1, suite=None): run the test once a case (and repeat) of a golden "
    "set: .jsonl, .json, .csv or .toml, looked up beside the test, then in rootdir. "
    "Needs --llm-telemetry, and is skipped without it: a golden set costs money."
)
CONTROL_MARKER = (
    "llm_control(file, repeats=1, suite=None): run the test with --llm-controls N cases of the "
    "golden set against the version that did not change, to tell the provider's drift from yours."
)


def ini_name(flag: str) -> str:
    """The ini twin of a command-line flag: `--llm-run-dir` is `llm_run_dir`."""
    return flag.lstrip("-").replace("-", "_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options, each with its ini twin."""
    group = parser.getgroup("llm-telemetry", "telemetry and quality gate for AI features")
    for flag, kind, metavar, text in OPTIONS:
        if kind == "bool":
            group.addoption(flag, action="store_true", default=None, help=text)
        elif kind == "linelist":
            group.addoption(flag, action="append", default=None, metavar=metavar, help=text)
        else:
            group.addoption(flag, default=None, metavar=metavar, help=text)
        parser.addini(ini_name(flag), f"{text} (twin of {flag})", type=kind, default=None)  # type: ignore[arg-type]  # the table holds pytest's own type names


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our hooks, so that a plugin which implements one is well where we are idle."""
    from pytest_llm_telemetry.plugin import hookspecs  # noqa: PLC0415 - as late as pytest allows

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker; load the rest of the house only where it was asked for."""
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", CONTROL_MARKER)
    if config.getoption("llm_telemetry") or config.getini("llm_telemetry"):
        from pytest_llm_telemetry.plugin.session import start  # noqa: PLC0415 - idle costs nothing

        config.stash[SESSION] = start(config, [ini_name(flag) for flag, *_ in OPTIONS])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip golden sets where telemetry is off: they call models, which costs money."""
    if SESSION not in config.stash:
        skip = pytest.mark.skip(reason="golden set: run it with --llm-telemetry")
        for item in items:
            if item.get_closest_marker("golden_set") or item.get_closest_marker("llm_control"):
                item.add_marker(skip)


@pytest.fixture
def golden_case(request: pytest.FixtureRequest) -> GoldenCase:
    """One case of the golden set: `.id`, `.input`, `.expected`, `.tags`, `.check(answer)`."""
    return _session(request).case_of(request)


@pytest.fixture
def llm_telemetry(request: pytest.FixtureRequest) -> TelemetryLogger:
    """A TelemetryLogger that writes into this run: `.wrap(handler)`, `.observe(query)`."""
    return _session(request).logger


def _session(request: pytest.FixtureRequest) -> TelemetrySession:
    session = request.config.stash.get(SESSION, None)
    if session is None:
        pytest.skip("needs --llm-telemetry")
    return session
