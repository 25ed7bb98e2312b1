"""Keep the schemas of a release as they were published: `python .ci/freeze_schemas.py`.

Copies schemas/*.schema.json to docs/schemas/VERSION/, with their digests in one file beside them.
tests/storage/test_released_schemas.py holds every release since then to them.
"""

import hashlib
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Freeze the schemas under the version of pyproject.toml; a frozen version is never replaced."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    place = ROOT / "docs" / "schemas" / project["version"]
    if place.exists():
        sys.exit(f"{place.relative_to(ROOT)} is frozen; set the next version in pyproject.toml")
    place.mkdir(parents=True)
    digests = ""
    for path in sorted((ROOT / "schemas").glob("*.schema.json")):
        text = path.read_bytes()
        (place / path.name).write_bytes(text)
        digests += f"{hashlib.sha256(text).hexdigest()}  {path.name}\n"
    (place / "SHA256SUMS").write_text(digests, encoding="utf-8")


if __name__ == "__main__":
    main()
