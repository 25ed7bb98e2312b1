"""Every page does what it says: its code blocks are run, in order, as a reader would."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.docs.session import Reader

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

# `pip install` of a page is held against pyproject.toml; the packages are here already
PIP = f"""#!{sys.executable}
import re, sys, tomllib
asked = [word for word in sys.argv[2:] if not word.startswith("-")]
project = tomllib.loads(open({str(ROOT / "pyproject.toml")!r}, encoding="utf-8").read())
known = set(project["project"]["optional-dependencies"])
groups = set(project["dependency-groups"])
for word in asked:
    found = re.fullmatch(r"pytest-llm-telemetry\\[([\\w,]+)\\]", word)
    if found and not set(found[1].split(",")) <= known:
        sys.exit(f"no such extra: {{word}}")
if "--group" in sys.argv and not set(asked) & groups:
    sys.exit(f"no such group: {{asked}}")
"""


@pytest.fixture
def _own_environment() -> Iterator[None]:
    """What hidden code sets is forgotten after the page."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _own_environment: None) -> Reader:
    """Somebody with a shell, an empty project folder, and a `pip` that only checks names."""
    project, bin_folder = tmp_path / "project", tmp_path / "bin"
    project.mkdir()
    bin_folder.mkdir()
    (bin_folder / "pip").write_text(PIP, encoding="utf-8")
    (bin_folder / "pip").chmod(0o755)
    monkeypatch.chdir(project)
    monkeypatch.syspath_prepend(project)
    return Reader(project, bin_folder)


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")  # of ibis itself, about duckdb
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    """Python runs, commands end as told and print what is shown, settings and data are valid."""
    try:
        for block in blocks(page.read_text(encoding="utf-8")):
            if block.left_out:
                continue
            if block.needs:
                pytest.importorskip(block.needs, reason=f"{block.needs} is in the group `docs`")
            try:
                reader.does(block)
            except BaseException as error:
                error.add_note(f"in the block of {page.relative_to(ROOT)}:{block.line}")
                raise
    finally:
        reader.leaves()
