"""`llm-telemetry validate` and `schema`: is a file what it should be, and what should it be."""

import argparse
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.cli.project import Project, say
from pytest_llm_telemetry.core.errors import ConfigError, TelemetryError
from pytest_llm_telemetry.storage import baselines, goldens, logs, schemas, settings


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    parser = commands.add_parser(
        "validate",
        parents=[shared],
        help="check thresholds, golden sets, baselines and logs",
        description="Check each file, and say line and remedy of what is wrong. Exit status: 4 if any "
        "cannot be used.",
    )
    parser.add_argument("files", nargs="*", type=Path, help="all that the project keeps")
    parser.set_defaults(command=validate)
    schema_parser = commands.add_parser(
        "schema",
        help="print a published JSON Schema",
        description="Print what a file must look like, for an editor's completion or a reader.",
    )
    schema_parser.add_argument("name", choices=schemas.NAMES)
    schema_parser.set_defaults(command=schema)


def validate(arguments: argparse.Namespace) -> int:
    """Check each file and say what is wrong with it; 4 if any cannot be used."""
    project = Project.of(arguments)
    files: list[Path] = arguments.files or _kept(project)
    faults = 0
    for path in files:
        try:
            verdict = _reader(path)(path, project.root)
        except TelemetryError as error:
            faults += 1
            verdict = str(error)
        shown = project.shown(path)
        say(f"{shown}: {verdict}" if not verdict.startswith(str(shown)) else verdict)
    return 4 if faults else 0


def schema(arguments: argparse.Namespace) -> int:
    """Print the schema, as an editor or a reader wants it."""
    say(json.dumps(schemas.load(arguments.name), indent=2))
    return 0


def _kept(project: Project) -> list[Path]:
    found = (
        [project.named_thresholds]
        if project.named_thresholds
        else [path for name in settings.FILE_NAMES if (path := project.root / name).is_file()]
    )
    found += sorted(project.root.glob("golden/*.*")) + sorted(project.baselines.glob("*.json"))
    if not found:
        raise ConfigError(
            "nothing to validate", where=str(project.root), remedy="name files, or run init first"
        )
    return found


def _reader(path: Path) -> Callable[[Path, Path], str]:
    if path.name in settings.FILE_NAMES:
        return _thresholds
    if path.parent.name == "baselines":
        return _baseline
    if path.name == "events.jsonl" or "log" in path.name:
        return _log
    return _golden


def _thresholds(path: Path, root: Path) -> str:
    settings.load(path, root)
    return "ok, thresholds"


def _baseline(path: Path, _root: Path) -> str:
    return f"ok, baseline of {len(baselines.read(path).cases)} cases"


def _golden(path: Path, root: Path) -> str:
    return f"ok, golden set of {len(goldens.load(path, root=root).cases)} cases"


def _log(path: Path, _root: Path) -> str:
    reading = logs.read([path])
    kinds = Counter(type(event).__name__ for event in reading.events)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    if reading.skipped:
        damage = ", ".join(f"{count} {why}" for why, count in sorted(reading.skipped.items()))
        raise ConfigError(f"damaged lines: {damage}", where=str(path))
    return f"ok, log: {counted or 'empty'}"
