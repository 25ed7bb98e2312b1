"""`llm-telemetry init`: a golden set, thresholds, a test and a workflow that run as they are."""

import argparse
from importlib import resources
from typing import Any

from pytest_llm_telemetry.cli.project import Project, say

# template -> where it goes
FILES = {
    "support.jsonl": "golden/support.jsonl",
    "llm-telemetry.toml": "llm-telemetry.toml",
    "test_support_bot.py.txt": "test_support_bot.py",
    "llm-quality.yml": ".github/workflows/llm-quality.yml",
}


def declare(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "init",
        parents=[shared],
        help="write a first golden set, test, thresholds and workflow",
        description=f"{__doc__} No file that is there is overwritten.",
    )
    parser.set_defaults(command=init)


def init(arguments: argparse.Namespace) -> int:
    """Write the files that are not there yet; none is ever overwritten."""
    project = Project.of(arguments)
    templates = resources.files("pytest_llm_telemetry.cli") / "templates"
    for name, target in FILES.items():
        path = project.root / target
        if path.exists():
            say(f"kept     {target} (it is there already)")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((templates / name).read_text(encoding="utf-8"), encoding="utf-8")
        say(f"created  {target}")
    ignore = project.root / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.exists() else []
    if ".llm-telemetry/" not in lines:
        ignore.write_text("\n".join([*lines, ".llm-telemetry/", ""]), encoding="utf-8")
        say("ignored  .llm-telemetry/ (stored runs) in .gitignore")
    say(
        "",
        "next: pytest --llm-telemetry                         # a first run",
        "      pytest --llm-telemetry --llm-update-baseline   # accept it, and commit baselines/",
    )
    return 0
