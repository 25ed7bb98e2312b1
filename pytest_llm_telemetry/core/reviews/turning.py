"""Since when is which figure off?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import asin, log, sqrt

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.reviews.degrading import known, merged
from pytest_llm_telemetry.core.reviews.view import Turn
from pytest_llm_telemetry.core.statistics.family import Member, adjusted
from pytest_llm_telemetry.core.statistics.turns import Course, Stretch, date_turn, find_turn
from pytest_llm_telemetry.core.traffic import Figures
from pytest_llm_telemetry.core.trends import trend
from pytest_llm_telemetry.core.verdict import Check

_DAY = timedelta(days=1)
_STILL = 0.02  # two points of a time or cost differ by so much in any case
_LEAST = 10  # log lines of queries that a point needs to say something
_SCORES = 20  # the same of scores, most of which are 0 or 1
_CALM = 0.375  # Anscombe 1948: what makes the angle of a rate scatter alike at any rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Figures of a stretch of time in equal steps.

    Attributes:
        starts: Where each step begins.
        figures: What it came to.
        first: The place of the step in which the window begins.
    """

    starts: Sequence[datetime]
    figures: Sequence[Figures]
    first: int

    @property
    def step(self) -> timedelta:
        """The time between two points."""
        return self.starts[1] - self.starts[0]

    @property
    def season(self) -> int:
        """Steps after which production repeats its course: those of a day, or of a week."""
        return 7 if self.step >= _DAY else _DAY // self.step


def turns(points: Points, checks: Iterable[Check], alpha: float) -> tuple[Turn, ...]:
    """What stands out of the window beyond chance and by enough to matter, the surest first.

    All figures together show something by chance in a share `alpha` of windows (Holm). Where the
    history tells too little of whole windows, as of weeks, half of it goes to the figures that are
    proven worse than in the days before: of those the question is only since when.

    Args:
        points: The figures of history and window.
        checks: What became of the window's figures when they were held against the days before.
        alpha: The chance of a false alarm.
    """
    courses = {name: course for name in _SCALES if (course := _course(points, name)) is not None}
    found: dict[str, Turn] = {}
    for ways in (_proven(courses, checks), _seen(courses)):  # what is seen has the better dates
        for name, stretch, least in ways:
            turn = _turn(points, name, stretch, least) if stretch.p_value < alpha else None
            found |= {name: turn} if turn else {}
    return tuple(sorted(found.values(), key=lambda turn: (turn.p_value, turn.metric)))


_Found = Iterator[tuple[str, Stretch, float]]  # figure, stretch, change from which on it matters


def _seen(courses: Mapping[str, Course]) -> _Found:
    """The stretch of each figure that strays most."""
    found = {name: turn for name, course in courses.items() if (turn := find_turn(course))}
    sure = adjusted([Member(p_value=stretch.p_value) for stretch in found.values()])
    for (name, stretch), p_value in zip(found.items(), sure, strict=True):
        yield name, replace(stretch, p_value=p_value), METRICS[name].allowed


def _proven(courses: Mapping[str, Course], checks: Iterable[Check]) -> _Found:
    """Since when each figure is worse that is proven worse."""
    for check in checks:
        course = courses.get(check.metric)
        if check.status != "fail" or check.scope or course is None or course.tells_whole:
            continue
        metric = METRICS[check.metric]
        when = date_turn(course, rises=metric.better == "lower")
        if when is not None and check.p_value is not None:
            p_value = min(1.0, 2.0 * check.p_value)
            stretch = Stretch(start=when[0], end=when[1], p_value=p_value)
            yield check.metric, stretch, metric.min_effect


def _course(points: Points, metric: str) -> Course | None:
    scale, noise = _SCALES[metric]
    size, least = (_scores, _SCORES) if metric == "score" else (_calls, _LEAST)
    sizes = [size(each) for each in points.figures]
    series = [
        scale(each, metric) if calls >= least else None
        for each, calls in zip(points.figures, sizes, strict=True)
    ]
    return Course.of(
        series,
        points.first,
        sizes=sizes,
        season=points.season,
        noise=noise(points.figures),
        alone=points.step >= _DAY,
    )


def _turn(points: Points, metric: str, stretch: Stretch, least: float) -> Turn | None:
    """The turn with figures in their own unit; `None` where it is too small to matter."""
    inside = merged(points.figures[stretch.start : stretch.end])
    outside = merged([*points.figures[: stretch.start], *points.figures[stretch.end :]])
    usual, level = known(outside, metric), known(inside, metric)
    moved = trend(metric, usual, level)
    large = abs(moved.change or 0.0) > least
    if usual is None or level is None or moved.worse is None or not large:
        return None
    lasts = stretch.end >= len(points.starts)
    return Turn(
        metric=metric,
        start=points.starts[stretch.start],
        end=None if lasts else points.starts[stretch.end],
        usual=usual,
        level=level,
        worse=moved.worse,
        p_value=stretch.p_value,
    )


def _calls(figures: Figures) -> float:
    return figures.recorded


def _scores(figures: Figures) -> float:
    return sum(score.count for score in figures.scores.values())


def _logarithm(figures: Figures, metric: str) -> float | None:
    value = known(figures, metric)
    return log(value) if value else None


def _cost(figures: Figures, metric: str) -> float | None:
    return None if figures.cost_is_partial else _logarithm(figures, metric)


def _angle(figures: Figures, metric: str) -> float | None:
    """The angle of a rate."""
    rate = known(figures, metric)
    calls = figures.recorded
    return None if rate is None else asin(sqrt((rate * calls + _CALM) / (calls + 2 * _CALM)))


def _of_rate(figures: Sequence[Figures]) -> float:
    calls = sorted(each.recorded for each in figures if each.recorded >= _LEAST)
    return 0.5 / sqrt(calls[len(calls) // 2]) if calls else 0.0


def _still(_: Sequence[Figures]) -> float:
    return _STILL


_Scale = Callable[[Figures, str], float | None]
_SCALES: Mapping[str, tuple[_Scale, Callable[[Sequence[Figures]], float]]] = {
    "error_rate": (_angle, _of_rate),
    "avg_latency_ms": (_logarithm, _still),
    "p95_latency_ms": (_logarithm, _still),
    "avg_ttft_ms": (_logarithm, _still),
    "cost_per_query_usd": (_cost, _still),
    "score": (known, _still),
}
