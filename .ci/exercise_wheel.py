"""Install the built wheel in a clean environment and go the newcomer's way with it.

Usage: python .ci/exercise_wheel.py DIST_FOLDER
"""

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

EXPECTED = (
    "pytest_llm_telemetry/py.typed",
    "pytest_llm_telemetry/__init__.pyi",
    "pytest_llm_telemetry/schemas/event.schema.json",
    "pytest_llm_telemetry/schemas/thresholds.schema.json",
)


def main() -> None:
    """Look into the wheel, install it, run `init`, the first run, and accept and gate it."""
    wheel = max(Path(sys.argv[1]).glob("*.whl"), key=lambda path: path.stat().st_mtime).resolve()
    names = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in EXPECTED if name not in names]
    stray = [name for name in names if name.startswith(("tests/", "examples/"))]
    if missing or stray:
        sys.exit(f"wheel: missing {missing}, stray {stray}")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        scripts = home / "env" / ("Scripts" if sys.platform == "win32" else "bin")
        project = home / "project"
        project.mkdir()
        for command in (
            [scripts / "python", "-m", "pip", "install", "--quiet", wheel],
            [scripts / "llm-telemetry", "init"],
            [scripts / "python", "-m", "pytest", "-q", "--llm-telemetry", "--llm-update-baseline"],
            [scripts / "python", "-m", "pytest", "-q", "--llm-telemetry"],
            [scripts / "llm-telemetry", "gate"],
            [scripts / "llm-telemetry", "validate"],
        ):
            print("$", *(Path(part).name for part in map(str, command)), flush=True)
            subprocess.run(command, cwd=project, check=True)  # noqa: S603 - our own fixed commands


if __name__ == "__main__":
    main()
