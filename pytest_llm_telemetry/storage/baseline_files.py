"""Where baselines lie."""

import re
from hashlib import sha256
from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?<!\.)")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # to Windows


def path_for(directory: Path, suite: str) -> Path:
    """The baseline file of a suite, inside `directory` whatever the suite is called.

    A name that is safe as a file name is the file name; any other is what is safe of it and the
    start of its SHA-256, so that no two suites share a file.
    """
    if _PLAIN.fullmatch(suite) and not _RESERVED.fullmatch(suite):
        return directory / f"{suite}.json"
    safe = re.sub(r"[^A-Za-z0-9_]+", "-", suite).strip("-")[:60]
    mark = sha256(suite.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return directory / f"{safe or 'suite'}-{mark}.json"
