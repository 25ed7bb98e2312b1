"""What the wheel and the sdist hold: all that they must, and nothing else."""

import email
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "pytest_llm_telemetry"

pytest.importorskip("hatchling", reason="the build backend is in the group `check`")
if not SOURCE.is_dir():
    pytest.skip("these tests build the source, which is not here", allow_module_level=True)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both files, built by the backend without isolation and without network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> zipfile.ZipFile:
    """The wheel, open."""
    (path,) = dist.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    """What an index shows of it."""
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


def test_the_wheel_holds_the_package_and_the_schemas(wheel: zipfile.ZipFile) -> None:
    """Every file of the package, every schema inside of it, licence and metadata; no test."""
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    package = {
        f"pytest_llm_telemetry/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    schemas = {
        f"pytest_llm_telemetry/schemas/{path.relative_to(ROOT / 'schemas').as_posix()}"
        for path in (ROOT / "schemas").rglob("*.json")
    }
    assert names == package | schemas
    assert {"pytest_llm_telemetry/py.typed", "pytest_llm_telemetry/__init__.pyi"} <= names
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]


def test_the_sdist_is_the_checkout(dist: Path) -> None:
    """Whoever has the sdist can build, test and document it: every file that git knows."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout to compare with")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    tracked = {name for name in listed if (ROOT / name).is_file()}
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames()}
    assert inside - {"PKG-INFO"} == tracked


def test_the_wheel_tells_an_index_what_it_is(metadata: Message) -> None:
    """It is found as a pytest plugin, is typed, and names licence, readme and Python."""
    classifiers = set(metadata.get_all("Classifier", []))
    assert {"Framework :: Pytest", "Typing :: Typed"} <= classifiers
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_base_install_stays_small(metadata: Message) -> None:
    """Five packages; whatever else is behind an extra."""
    asked = metadata.get_all("Requires-Dist", [])
    base = {entry.split(">")[0].split("[")[0] for entry in asked if "extra ==" not in entry}
    assert base == {"pytest", "pluggy", "jsonschema", "tabulate", "requests"}
    extras = set(metadata.get_all("Provides-Extra", []))
    assert {"otlp", "pii", "prices", "similarity"} <= extras
    assert all(any(f"extra == '{extra}'" in entry for entry in asked) for extra in extras)


def test_both_doors_are_announced(wheel: zipfile.ZipFile) -> None:
    """Pytest finds the plugin, and a shell the command."""
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(name).decode()
    assert "[pytest11]\nllm_telemetry = pytest_llm_telemetry.plugin" in text
    assert "llm-telemetry = pytest_llm_telemetry.cli:main" in text
