"""The pytest door: options, markers and fixtures, and nothing else until someone asks.

pytest imports this file at every start of every project that has the package installed, so it
imports pytest alone. Everything else is loaded by `--llm-telemetry`.
"""

from __future__ import annotations

import sys

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_llm_telemetry.plugin.cases import GoldenCase
    from pytest_llm_telemetry.plugin.session import TelemetrySession
    from pytest_llm_telemetry.runtime.logger import TelemetryLogger

IDLE = "needs --llm-telemetry"
SESSION: pytest.StashKey[TelemetrySession] = pytest.StashKey()

# flag, ini type, metavar, help. The ini name is the flag without dashes in front, `_` for `-`.
OPTIONS: tuple[tuple[str, str, str, str], ...] = (
    (
        "--llm-telemetry",
        "bool",
        "",
        "Run golden sets: record AI calls, compare with the baseline, gate the exit status",
    ),
    (
        "--llm-baseline",
        "string",
        "PATH",
        "Folder of accepted baselines, or one file (default: baselines/)",
    ),
    (
        "--llm-thresholds",
        "string",
        "PATH",
        "Limits and allowed regressions (default: llm-telemetry.toml or .json in rootdir)",
    ),
    (
        "--llm-update-baseline",
        "bool",
        "",
        "Accept this run as the new baseline, unless it is partial or breaks an absolute limit",
    ),
    (
        "--llm-require-baseline",
        "bool",
        "",
        "Without a baseline a suite cannot be judged (exit status 4)",
    ),
    ("--llm-repeats", "string", "N", "Run every case N times, whatever its marker says"),
    (
        "--llm-stop-early",
        "bool",
        "",
        "Skip repeats that can no longer change the decision (group-sequential looks)",
    ),
    (
        "--llm-controls",
        "string",
        "N",
        "Run N cases with the unchanged version too (tests marked llm_control): how it drifts",
    ),
    ("--llm-offline", "bool", "", "Fail a test that would reach anything but this machine"),
    (
        "--llm-budget-usd",
        "string",
        "USD",
        "Make no further call once the run has cost this much (exit status 3)",
    ),
    (
        "--llm-capture",
        "string",
        "KIND",
        "Which texts the run keeps: redacted (default), hash, none or full",
    ),
    ("--llm-run-dir", "string", "DIR", "Folder of stored runs (default: .llm-telemetry/runs)"),
    (
        "--llm-report",
        "linelist",
        "KIND[=PATH]",
        "Add a report (repeatable): html, json, junit, github, gitlab, slack or email",
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
        config.stash[SESSION] = _start(config)


def _start(config: pytest.Config) -> TelemetrySession:
    """Start a session, and load the rooms that it needs past pytest's rewriting of assertions.

    pytest rewrites each module of a package that brings a plugin. Ours assert nothing, and it takes
    80 ms of a run, and 250 ms where Python may not keep what it compiled.
    """
    finders, rewriting = sys.meta_path[:], id(config.pluginmanager.rewrite_hook)
    sys.meta_path[:] = [finder for finder in finders if id(finder) != rewriting]
    try:
        from pytest_llm_telemetry.storage.garbage import uncollected  # noqa: PLC0415 - idle costs nothing

        with uncollected():  # modules and classes stay: a look through them takes 5 ms
            from pytest_llm_telemetry.plugin.session import start  # noqa: PLC0415 - as above

            return start(config, [ini_name(flag) for flag, *_ in OPTIONS])
    finally:
        sys.meta_path[:] = finders


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip golden sets where telemetry is off: they call models, which costs money."""
    session = config.stash.get(SESSION, None)
    if session is not None:
        session.tag(items)
        return
    skip = pytest.mark.skip(reason="golden set: run it with --llm-telemetry")
    ours: dict[tuple[int, str], bool] = {}  # asked once a function: 6 us for each of its items
    for item in items:
        function = id(item.parent), getattr(item, "originalname", item.name)
        if function not in ours:
            ours[function] = any(map(item.get_closest_marker, ("golden_set", "llm_control")))
        if ours[function]:
            item.add_marker(skip)


@pytest.fixture
def golden_case() -> GoldenCase:
    """One case of the golden set: `.id`, `.input`, `.expected`, `.tags`, `.check(answer)`."""
    pytest.skip(IDLE)


@pytest.fixture
def llm_telemetry() -> TelemetryLogger:
    """A TelemetryLogger that writes into this run: `.wrap(handler)`, `.observe(query)`."""
    pytest.skip(IDLE)
