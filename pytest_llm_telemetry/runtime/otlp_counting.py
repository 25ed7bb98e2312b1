"""Histograms that grow with every event, as OTLP's cumulative metrics want them."""

from __future__ import annotations

from bisect import bisect_left

from pytest_llm_telemetry.runtime import otlp_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LARGEST = 2_000  # sets of attributes of one process; what comes later is counted as one
_OVERFLOW = {"otel.metric.overflow": True}


class Point:
    """One histogram: a metric under one set of attributes.

    Attributes:
        place: The metric, by its place in `otlp_map.METRICS`.
        labels: Its attributes.
        total: The sum of its values.
    """

    def __init__(self, place: int, labels: Mapping[str, Any]) -> None:
        self.place = place
        self.labels = labels
        self.total = 0.0
        self._bounds = otlp_map.METRICS[place][4]
        self._counts = [0.0] * (len(self._bounds) + 1)

    def add(self, value: float, weight: float) -> None:
        """Count a value; of a sample each stands for `weight` calls."""
        self.total += value * weight
        self._counts[bisect_left(self._bounds, value)] += weight

    def whole_counts(self) -> list[int]:
        """The counts of the buckets; a bucket holds its upper bound."""
        return [round(count) for count in self._counts]


class Counting:
    """All histograms of a process, by who is told about (`Who`: service, environment, version)."""

    def __init__(self) -> None:
        self.points: dict[tuple[str, ...], dict[tuple[Any, ...], Point]] = {}
        self._size = 0

    def add(self, who: tuple[str, ...], event: Mapping[str, Any]) -> None:
        """Count all that an event tells."""
        weight = 1 / event.get("sample_rate", 1.0)
        for place, value in otlp_map.measured(event):
            self._point(who, place, otlp_map.labels(event, place)).add(value, weight)

    def _point(self, who: tuple[str, ...], place: int, labels: dict[str, Any]) -> Point:
        points = self.points.setdefault(who, {})
        key = (place, *labels.items())
        if key not in points and self._size >= _LARGEST:
            labels, key = _OVERFLOW, (place, *_OVERFLOW.items())
        if key not in points:
            points[key] = Point(place, labels)
            self._size += 1
        return points[key]
