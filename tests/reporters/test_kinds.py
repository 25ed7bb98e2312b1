"""The kinds of report a user may ask for."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from pytest_llm_telemetry.core.report import Report
from pytest_llm_telemetry.reporters.kinds import KINDS, renderer


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_text_that_a_file_can_hold(
    make: Callable[..., Report], poisoned: Callable[[str], Report], kind: str
) -> None:
    """Each kind gives text, whatever it shows, that UTF-8 can encode."""
    assert renderer(kind)(make()).encode()
    assert renderer(kind)(poisoned("a\ud83dz\x00")).encode()


def test_an_unknown_kind_is_a_key_error() -> None:
    """Whoever asks says what the known kinds are."""
    with pytest.raises(KeyError):
        renderer("pdf")


def test_only_the_kind_that_is_asked_for_is_loaded() -> None:
    """Rendering one kind loads neither the network nor the other kinds."""
    code = (
        "import sys; from pytest_llm_telemetry.reporters.kinds import renderer; renderer('json');"
        "print(sorted({'requests', 'tabulate', 'smtplib', 'email.message'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
