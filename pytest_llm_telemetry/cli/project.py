"""Where a team keeps its files, from the options that every command shares."""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.text import clean, inert
from pytest_llm_telemetry.storage import runs, settings

_STORE = ".llm-telemetry"
_LOGS = ("logs",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The folders and files of one project, absolute; `None` is what nobody named."""

    root: Path
    runs: Path
    named_baselines: Path | None
    named_thresholds: Path | None

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> "Project":
        """Read them from parsed arguments, with the defaults of the pytest plugin.

        Without `--root` the project is the nearest folder upwards that holds stored runs, so a
        command works from any folder of it; paths are then relative to where one stands.
        """
        here: Path = (arguments.root or Path()).resolve()
        root = here if arguments.root else _nearest(here)
        return cls(
            root=root,
            runs=here / arguments.run_dir if arguments.run_dir else root / _STORE / "runs",
            named_baselines=here / arguments.baseline if arguments.baseline else None,
            named_thresholds=here / arguments.thresholds if arguments.thresholds else None,
        )

    @property
    def baselines(self) -> Path:
        """The folder of baselines, or one file."""
        return self.named_baselines or self.root / "baselines"

    def as_judged(self, wanted: str) -> tuple["Project", Path]:
        """The folder of a stored run, and the project with what nobody named taken from what the
        run was judged by.

        Raises:
            ConfigError: If there is no such run, or its manifest cannot be used.
        """
        run_dir = runs.find_run(self.runs, wanted)
        if not (run_dir / runs.MANIFEST).is_file():
            return self, run_dir
        run = runs.read_manifest(run_dir)
        judged = replace(
            self,
            named_baselines=self.named_baselines or _under(self.root, run.baselines),
            named_thresholds=self.named_thresholds or _under(self.root, run.thresholds),
        )
        return judged, run_dir

    def shown(self, path: Path) -> Path:
        """A path as a person reads it: from the project's folder on, where it is inside."""
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path

    def settings(self) -> settings.Settings:
        """The thresholds file, or its defaults where there is none."""
        return settings.load(self.named_thresholds, self.root)

    def logs(self, named: Iterable[Path] = ()) -> list[Path]:
        """The files and folders of production: those named, else those of the settings, else logs/."""
        found = [*named]
        return found or [self.root / each for each in self.settings().alerts().logs or _LOGS]


def add_logs(parser: argparse.ArgumentParser) -> None:
    """Add the logs of production that a command reads; `Project.logs` says which are meant."""
    parser.add_argument(
        "logs", nargs="*", type=Path, metavar="LOG", help="log files or folders (logs)"
    )


def _nearest(here: Path) -> Path:
    return next((folder for folder in (here, *here.parents) if (folder / _STORE).is_dir()), here)


def _under(root: Path, path: str | None) -> Path | None:
    return root / path if path else None


def now() -> str:
    """The time of this command, ISO-8601 UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(*lines: str) -> bool:
    """Print lines for a person; a closed pipe (`| head`) is no error, but nobody listens any more."""
    try:
        print("".join(f"{inert(line)}\n" for line in lines), end="", flush=True)  # noqa: T201 - the command's own voice
    except BrokenPipeError:
        sys.stderr.close()
        return False
    return True


def complain(fault: object) -> None:
    """Say on stderr what is wrong, in one line; the text may quote a stranger's file."""
    print(inert(clean(f"llm-telemetry: {fault}")), file=sys.stderr)  # noqa: T201 - the command's own voice
