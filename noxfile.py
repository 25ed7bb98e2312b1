"""The versions that are supported, each as a command: `nox -s tests-3.12`, `lowest`, `pytest8`.

Needs nox and uv. An interpreter that is not installed is skipped; CI sets up each of them.
"""

import nox

nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

OLDEST = "3.11"
PYTHONS = (OLDEST, "3.12", "3.13", "3.14")
# What depends on pytest, on what reads files, and on nothing that only the newest packages have.
ROOMS = ("tests/plugin", "tests/review", "tests/storage")
# The last two install an example plugin as its users would; uv's environments have neither.
NEEDED = ("--group", "test", "pip", "hatchling")


def _run(session: nox.Session, *rooms: str) -> None:
    session.run("python", "-m", "pytest", "-q", "-n", "2", *(session.posargs or rooms))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite with the newest packages."""
    session.install("--editable", ".", *NEEDED)
    _run(session)


@nox.session(python=OLDEST)
def lowest(session: nox.Session) -> None:
    """The oldest Python with the oldest version of every package that pyproject.toml allows."""
    # not create_tmp(): it would put pytest's own temporary folders under this pyproject.toml
    limits = f"{session.virtualenv.location}/lowest.txt"
    session.run(
        *("uv", "pip", "compile", "--quiet", "--resolution", "lowest-direct"),
        *("--python-version", OLDEST, "--all-extras", "pyproject.toml", "--output-file", limits),
        external=True,
    )
    session.install("--editable", ".", *NEEDED, "--constraint", limits)
    _run(session, *ROOMS)


@nox.session(python=PYTHONS)
def pytest8(session: nox.Session) -> None:
    """The newest pytest 8, which many teams stay on."""
    session.install("--editable", ".", *NEEDED, "pytest<9")
    _run(session, *ROOMS)
