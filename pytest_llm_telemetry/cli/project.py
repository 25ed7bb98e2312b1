"""Where a team keeps its files, from the options that every command shares."""

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.storage import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The folders and files of one project, absolute."""

    root: Path
    runs: Path
    baselines: Path
    thresholds: Path | None

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Project":
        """Read them from parsed arguments, with the defaults of the pytest plugin."""
        root: Path = arguments.root.resolve()
        return cls(
            root=root,
            runs=root / (arguments.run_dir or ".llm-telemetry/runs"),
            baselines=root / (arguments.baseline or "baselines"),
            thresholds=root / arguments.thresholds if arguments.thresholds else None,
        )

    def settings(self) -> settings.Settings:
        """The thresholds file, or its defaults where there is none."""
        return settings.load(self.thresholds, self.root)


def now() -> str:
    """The time of this command, ISO-8601 UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(*lines: str) -> None:
    """Print lines for a person; a closed pipe (`| head`) is no error."""
    try:
        print(*lines, sep="\n", flush=True)  # noqa: T201 - the command's own voice
    except BrokenPipeError:
        sys.stderr.close()
