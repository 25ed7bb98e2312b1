"""Make the pictures of docs/images anew: `make browser && python -m tests.screenshots`.

The examples run for real in a copy: support_bot is accepted, then regression fails against it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.report_page import browser

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WHO = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "ana"}
LARGEST = 150_000  # bytes of a picture
# name -> the context it is taken in, and whether it shows the cases
PICTURES = {
    "report": ({"color_scheme": "light", "viewport": {"width": 1120, "height": 800}}, False),
    "report-cases": ({"color_scheme": "light", "viewport": {"width": 1120, "height": 620}}, True),
    "report-phone": ({"color_scheme": "dark", "viewport": {"width": 390, "height": 860}}, False),
}


def report(folder: Path) -> Path:
    """The page of the regression, with the accepted runs before it still stored."""
    shutil.copytree(ROOT / "examples", folder, dirs_exist_ok=True)
    accepted = folder / "support_bot/baselines/support.json"
    accepted.unlink()
    for _ in range(3):
        _pytest(folder / "support_bot", "--llm-update-baseline")
    place = folder / "report.html"
    _pytest(folder / "regression", f"--llm-report=html={place}")
    return place


def _pytest(folder: Path, *arguments: str) -> None:
    runs = f"--llm-run-dir={folder.parent / 'runs'}"
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", runs, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | WHO, capture_output=True, text=True, check=False
    )
    if done.returncode not in {0, 1}:
        sys.exit(done.stdout + done.stderr)


def main() -> None:
    """Run the examples, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        url = report(Path(folder, "examples")).as_uri()
        for name, (options, of_cases) in PICTURES.items():
            context = chromium.new_context(**options)
            page = context.new_page()
            page.goto(url)
            if of_cases:
                page.locator("summary").first.click()
                page.locator("h3", has_text="Cases").scroll_into_view_if_needed()
                page.evaluate("scrollTo(0, document.querySelector('[data-cases]').offsetTop - 16)")
            path = IMAGES / f"{name}.png"
            page.screenshot(path=path)
            context.close()
            size = path.stat().st_size
            print(f"{path.relative_to(ROOT)}: {size / 1000:.0f} kB")
            if size > LARGEST:
                sys.exit(f"{name} is larger than {LARGEST / 1000:.0f} kB")


if __name__ == "__main__":
    main()
