"""What a query gave."""

from collections.abc import Iterator
from typing import Any

from pytest_llm_telemetry.core.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The names of its columns, and its rows one by one."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
