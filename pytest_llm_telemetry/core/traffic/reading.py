"""What was read of the logs, for whoever shows what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.traffic.hours import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read: `lines`, and of them `skipped` by reason."""

    sources: tuple[str, ...] = ()
    files: int = 0
    lines: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, traffic: Traffic, sources: Sequence[str]) -> "Reading":
        """What was read for some traffic, from logs of these names."""
        return cls(
            sources=tuple(sources),
            files=traffic.files,
            lines=traffic.lines,
            skipped=traffic.skipped,
            notes=traffic.notes,
        )
