"""What was asked for: command line, then ini, then `[tool.pytest_llm_telemetry]`, then default."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.runtime.logger import CAPTURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The resolved options of one session. Paths are absolute."""

    root: Path
    baseline: Path
    thresholds: Path | None
    run_dir: Path
    update_baseline: bool = False
    require_baseline: bool = False
    repeats: int | None = None
    reports: tuple[str, ...] = ()
    controls: int = 0
    budget_usd: float | None = None
    stop_early: bool = False
    offline: bool = False
    capture: str = "redacted"


def resolve(config: pytest.Config, names: Sequence[str]) -> Options:
    """Read the options of a session; `names` are the ini names that exist.

    Raises:
        ConfigError: If a value cannot be used, or `[tool.pytest_llm_telemetry]` has an unknown key.
    """
    root = config.rootpath
    table = _table(root / "pyproject.toml", names)

    def value(name: str) -> Any:
        for found in (config.getoption(name), config.getini(name), table.get(name)):
            if found not in (None, "", [], False):
                return found
        return None

    thresholds = value("llm_thresholds")
    return Options(
        root=root,
        baseline=root / str(value("llm_baseline") or "baselines"),
        thresholds=root / str(thresholds) if thresholds else None,
        run_dir=root / str(value("llm_run_dir") or ".llm-telemetry/runs"),
        update_baseline=bool(value("llm_update_baseline")),
        require_baseline=bool(value("llm_require_baseline")),
        repeats=_count("--llm-repeats", value("llm_repeats")),
        reports=tuple(value("llm_report") or ()),
        controls=_count("--llm-controls", value("llm_controls")) or 0,
        budget_usd=_usd(value("llm_budget_usd")),
        stop_early=bool(value("llm_stop_early")),
        offline=bool(value("llm_offline")),
        capture=_capture(value("llm_capture") or "redacted"),
    )


def _table(path: Path, known: Sequence[str]) -> Mapping[str, Any]:
    """`[tool.pytest_llm_telemetry]`, keys spelled as the ini twins with or without `llm_`."""
    if not path.is_file():
        return {}
    import tomllib  # noqa: PLC0415 - 3 ms, where there is such a file

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(str(error), where=str(path), remedy="mend the file") from error
    table = document.get("tool", {}).get("pytest_llm_telemetry", {})
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        name = name if name in known else f"llm_{name}"
        if name not in known:
            raise ConfigError(
                f"unknown option {key!r} in [tool.pytest_llm_telemetry]",
                where=str(path),
                remedy=f"known options: {', '.join(known)}",
            )
        found[name] = value
    return found


def _count(flag: str, value: Any) -> int | None:
    if value is None:
        return None
    if not str(value).isdigit() or int(value) < 1:
        raise ConfigError(f"{flag} is {value!r}", remedy="give a whole number, 1 or more")
    return int(value)


def _capture(value: Any) -> str:
    if value not in CAPTURES:
        raise ConfigError(f"--llm-capture is {value!r}", remedy=f"use one of {', '.join(CAPTURES)}")
    return str(value)


def _usd(value: Any) -> float | None:
    if value is None:
        return None
    try:
        amount = float(value)
    except (TypeError, ValueError):
        amount = 0.0
    if not 0.0 < amount < float("inf"):
        raise ConfigError(
            f"--llm-budget-usd is {value!r}", remedy="give an amount above 0, such as 2.50"
        )
    return amount
