"""Since when is a figure off? A stretch held against how far stretches as long strayed before.

A scan statistic whose scale is taken from the history for each length apart, so that slow hours
that come in a row, as on a slow day, are no surprise. A turn is a level that stays: what is left of
it without its farthest point must be half of it at least, or it is a burst. `core.statistics.shifts`
needs less history: it takes what hours in a row have in common from two windows alone.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from statistics import fmean, median

from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.statistics.distributions import normal_quantile, student_tail

_FEWEST = 10  # known points of history
_BLOCKS = 4.0  # stretches of a length that the history must hold to tell how they stray
_WINDOWS = 10  # windows that the history must hold to tell how a whole one strays
_MANY = 30  # stretches of a length of which the farthest tells how bursts stray
_CYCLES = 3  # whole seasons that the history must hold, and how often it must know a phase
_LEFT = 0.5  # of a stretch's level, without its farthest point; less is a burst
_FAR = 1e15  # beyond it a point is damage

_Points = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Points from `start` up to, not with, `end` that stray from the usual course.

    `p_value` is the chance of one that strays so far, corrected for how many were looked at.
    """

    start: int
    end: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A series beside its usual course.

    Attributes:
        strays: How far each point is from the usual one of its phase of the season; `None` is unknown.
        first: Where the window begins; what is before is the history.
        known: Points of the history that are known.
        noise: The standard deviation that a point has at least.
        widened: By how much a season taken from few cycles, itself off by some, hides the scatter.
        alone: Whether a single point may be a turn.
    """

    strays: _Points
    first: int
    known: int
    noise: float
    widened: float
    alone: bool

    @classmethod
    def of(  # noqa: PLR0913 - keyword-only beyond the series itself
        cls,
        series: _Points,
        first: int,
        *,
        sizes: Sequence[float] = (),
        season: int = 1,
        noise: float = 0.0,
        alone: bool = False,
    ) -> "Course | None":
        """The course of a series; `None` where too little history is known.

        Args:
            series: The points in order; what is unknown is left out.
            first: Where the window begins; what is before is the history.
            sizes: How many calls each point was made of; of few it scatters more.
            season: Points after which the figure repeats its course: 24 hours, 7 days.
            noise: The standard deviation that a point has at least.
            alone: Whether a single point may be a turn, as one that is a whole day may.
        """
        points = [value if value is not None and abs(value) < _FAR else None for value in series]
        strays, cycles = _strays(points, first, season)
        known = sum(stray is not None for stray in strays[:first])
        if known < _FEWEST or first < _CYCLES * season:
            return None
        if sizes:
            strays = _levelled(strays, sizes, first)
        widened = sqrt((cycles + 1.0) / (cycles - 1.0))
        return cls(
            strays=strays, first=first, known=known, noise=noise, widened=widened, alone=alone
        )

    @property
    def window(self) -> int:
        """Points of the window."""
        return len(self.strays) - self.first

    @property
    def tells_whole(self) -> bool:
        """Whether the history holds enough windows to tell how a whole one strays."""
        return self.known >= _WINDOWS * self.window

    @property
    def lengths(self) -> range:
        """How many points a turn may have."""
        return range(1 if self.alone else 2, self.window + 1)

    def means(self, length: int) -> list[tuple[int, float]]:
        """Start and mean of each stretch of the window of that length."""
        return _means(self.strays, self.first, length)

    def scale(self, length: int) -> tuple[float, float] | None:
        """The standard error of the mean of a stretch of that length, with Student's df.

        `None` where the history holds too few stretches as long, or never strays.
        """
        blocks = self.known / length
        error = _scale(self.strays[: self.first], length, self.noise) * self.widened
        if blocks < _BLOCKS or not error:
            return None
        return error * sqrt(1.0 + 1.0 / blocks), blocks - 1.0

    def level(self, start: int, length: int) -> float:
        """The mean of the stretch without its farthest point; 0 of a burst, which is no level."""
        known = [value for value in self.strays[start : start + length] if value is not None]
        if len(known) == 1:
            return known[0] if self.alone else 0.0
        mean = fmean(known)
        left = (sum(known) - (max(known) if mean > 0.0 else min(known))) / (len(known) - 1)
        return left if mean * (left - _LEFT * mean) >= 0.0 else 0.0


def find_turn(course: Course) -> Stretch | None:
    """The stretch of the window that strays most for its length; `None` where none is a turn.

    The whole window has half of the chance of a false alarm; where the history tells too little of
    whole windows, that is left to who holds window against window. The other half goes to its
    parts, to every length the same, and all stretches of a length share that (as Rivera & Walther
    2013).
    """
    looked: list[int] = []
    found: list[tuple[float, float, int, int]] = []
    for length in course.lengths:
        scale, means = course.scale(length), course.means(length)
        if scale is None or (length == course.window and not course.tells_whole):
            break
        if means:
            looked.append(length)
        held = [(abs(mean), -start) for start, mean in means if course.level(start, length)]
        if held:
            size, back = max(held)
            chance = 2.0 * len(means) * student_tail(size / scale[0], scale[1])
            found.append((chance, -size / scale[0], -back, length))
    if not found:
        return None
    parts = sum(length < course.window for length in looked)
    whole = 2.0 if parts else 1.0
    weights = {length: 2.0 * parts if length < course.window else whole for length in looked}
    chance, _, start, length = min((each[0] * weights[each[3]], *each[1:]) for each in found)
    start, end = _extent(course, (start, start + length))
    return Stretch(start=start, end=end, p_value=min(1.0, chance))


def date_turn(course: Course, *, rises: bool) -> tuple[int, int] | None:
    """Start and end of the level that best tells a change apart that is known to be there.

    The question is only when, not whether. `None` where no level tells half of it: a burst does.

    Args:
        course: The series beside its usual course.
        rises: Whether the figure went up.
    """
    side = 1.0 if rises else -1.0
    found = [
        (side * course.level(start, length) * sqrt(length), -length, -start)
        for length in course.lengths
        for start, _ in course.means(length)
    ]
    size, length, start = max(found, default=(0.0, 0, 0))
    total = side * sum(stray for stray in course.strays[course.first :] if stray is not None)
    told = size * sqrt(-length)
    return (-start, -start - length) if told > 0.0 and told >= _LEFT * total else None


def chance_of(course: Course, start: int, end: int) -> float | None:
    """The chance of a stretch of the window as long that strays as far as that one; `None` is unknown."""
    means, scale = dict(course.means(end - start)), course.scale(end - start)
    if scale is None or start not in means:
        return None
    error, df = scale
    return min(1.0, 2.0 * len(means) * student_tail(abs(means[start]) / error, df))


def _extent(course: Course, within: tuple[int, int]) -> tuple[int, int]:
    """Start and end of the level around a stretch which takes most of the scatter away."""
    start, end = within
    found = [
        (abs(course.level(at, length)) * sqrt(length), -length, -at)
        for length in course.lengths
        for at, _ in course.means(length)
        if at <= start and end <= at + length
    ]
    _, length, at = max(found)
    return -at, -at - length


def _strays(points: _Points, first: int, season: int) -> tuple[list[float | None], float]:
    """How far each point is from the usual one of its phase of the season, and from how many that is known.

    A phase of which the history knows next to nothing has nothing usual.
    """
    phases = [
        [value for value in points[phase:first:season] if value is not None]
        for phase in range(season)
    ]
    usual = [median(phase) if len(phase) >= _CYCLES else None for phase in phases]
    strays = [
        None if value is None or (level := usual[place % season]) is None else value - level
        for place, value in enumerate(points)
    ]
    known = [len(phase) for phase in phases if len(phase) >= _CYCLES]
    return strays, fmean(known) if known else 0.0


def _levelled(strays: _Points, sizes: Sequence[float], first: int) -> list[float | None]:
    """Strays of points of few calls drawn in to the scatter of a usual point.

    The square of a stray is taken to be a + b / size, both from the history by least squares and
    not below 0: what all calls of a point share, and what each call adds (Cochran 1954).
    """
    parts = [1.0 / max(size, 1.0) for size in sizes]
    told = [
        (part, stray**2)
        for part, stray in zip(parts[:first], strays[:first], strict=True)
        if stray is not None
    ]
    usual, scatter = fmean(part for part, _ in told), fmean(square for _, square in told)
    spread = sum((part - usual) ** 2 for part, _ in told)
    if not spread or not scatter:
        return list(strays)
    slope = sum((part - usual) * square for part, square in told) / spread / scatter
    share = min(max(slope * usual, 0.0), 1.0)
    return [
        None if stray is None else stray / sqrt(1.0 - share + share * part / usual)
        for part, stray in zip(parts, strays, strict=True)
    ]


def _scale(history: _Points, length: int, noise: float) -> float:
    """How far means of so many points in a row stray in the history: their standard deviation.

    At least such that the farthest of them is as far as the farthest of so many normal values
    usually is (Weibull 1939): a burst like one of the weeks before is no surprise. Of few that
    says nothing of bursts.
    """
    means = [abs(mean) for _, mean in _means(history, 0, length)]
    if not means:
        return 0.0
    spread = max(sqrt(fmean(mean**2 for mean in means)), noise / sqrt(length))
    if len(history) < _MANY * length:
        return spread
    return max(spread, max(means) / normal_quantile(1.0 - 0.5 / (len(means) + 1)))


def _means(strays: _Points, first: int, length: int) -> list[tuple[int, float]]:
    """The mean of each stretch of that length from `first` on, where at least half of it is known."""
    part = strays[first:]
    sums = [0.0, *accumulate(0.0 if value is None else value for value in part)]
    known = [0, *accumulate(value is not None for value in part)]
    return [
        (first + start, (sums[start + length] - sums[start]) / count)
        for start in range(len(part) - length + 1)
        if 2 * (count := known[start + length] - known[start]) >= length
    ]
