"""Garbage is not looked for while much is read, and then again as before."""

import gc
from collections.abc import Iterator

import pytest

from pytest_llm_telemetry.storage.garbage import uncollected


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collects(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether Python collects garbage around the block."""
    if not request.param:
        gc.disable()
    yield request.param
    gc.enable()


def test_it_is_put_off_and_then_as_before(*, collects: bool) -> None:
    """Also where the block fails, and in each call of a function."""
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled() is collects

    @uncollected()
    def fail() -> None:
        assert not gc.isenabled()
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            fail()
        assert gc.isenabled() is collects
