"""Install the built wheel in a clean environment, go the newcomer's way, and run tests on it.

Usage: python .ci/exercise_wheel.py DIST_FOLDER [TEST_PATH ...]

The tests come from the sdist, with the package's source deleted: what they import is the wheel.
What the two files hold is checked by tests/ci/test_distributions.py.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path


def main() -> None:
    """Install the newest wheel, run `init`, a first run, accept, gate; then the tests named."""
    dist, *tests = sys.argv[1:]
    wheel, sdist = _newest(dist, "*.whl"), _newest(dist, "*.tar.gz")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        venv.create(home / "env", with_pip=True)
        scripts = home / "env" / ("Scripts" if sys.platform == "win32" else "bin")
        project = home / "project"
        project.mkdir()
        python = scripts / "python"
        for command in (
            [python, "-m", "pip", "install", "--quiet", wheel],
            [scripts / "llm-telemetry", "init"],
            [python, "-m", "pytest", "-q", "--llm-telemetry", "--llm-update-baseline"],
            [python, "-m", "pytest", "-q", "--llm-telemetry"],
            [scripts / "llm-telemetry", "gate"],
            [scripts / "llm-telemetry", "validate"],
        ):
            _run(command, project)
        if tests:
            source = _without_package(sdist, home / "source")
            pip = [python, "-m", "pip", "install", "--quiet"]
            _run([*pip, "pip>=25.1"], source)
            _run([*pip, "--group", "test", "hatchling"], source)
            _run([python, "-m", "pytest", "-q", "-n", "2", *tests], source)


def _newest(dist: str, pattern: str) -> Path:
    return max(Path(dist).glob(pattern), key=lambda path: path.stat().st_mtime).resolve()


def _without_package(sdist: Path, folder: Path) -> Path:
    """The sdist's tree, without the source that tests could import in place of the wheel."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (root,) = folder.iterdir()
    shutil.rmtree(root / "pytest_llm_telemetry")
    return root


def _run(command: list[Path | str], folder: Path) -> None:
    print("$", *(Path(part).name for part in map(str, command)), flush=True)
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - our own fixed commands


if __name__ == "__main__":
    main()
