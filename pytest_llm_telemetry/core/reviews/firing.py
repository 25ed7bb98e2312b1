"""The alerts of a period, out of what people were told."""

from collections.abc import Iterable
from dataclasses import field

from pytest_llm_telemetry.core.alerts import Notice
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.reviews.view import Fired
from pytest_llm_telemetry.core.trends import Window

_BEGINS = {"firing", "reminder"}
_ENDS = {"resolved", "silent"}


@dataclass(slots=True)
class _Seen:
    """What is known of one rule in one group."""

    metric: str = ""
    times: int = 0
    seconds: int = 0
    worst: float | None = None
    open_since: int | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)


def fired(notices: Iterable[Notice], window: Window) -> tuple[Fired, ...]:
    """What fired in a window, the longest first.

    Args:
        notices: What was told, the oldest first; those before the window say what fired already.
        window: The window.
    """
    since, until = int(window.since.timestamp()), int(window.until.timestamp())
    seen: dict[tuple[str, str], _Seen] = {}
    for notice in notices:
        if notice.kind in _BEGINS | _ENDS and notice.since < until:
            _take(seen.setdefault((notice.rule, notice.group), _Seen()), notice, since, until)
    found = [_fired(key, each, since, until) for key, each in seen.items()]
    within = [each for each in found if each.times or each.seconds]
    return tuple(sorted(within, key=lambda each: (-each.seconds, each.rule, each.group)))


def _take(seen: _Seen, notice: Notice, since: int, until: int) -> None:
    seen.metric = notice.metric
    if notice.kind in _ENDS:
        seen.spans.append((notice.since, notice.at))
        seen.open_since = None
    else:
        seen.open_since = notice.since
    if notice.at < until:
        seen.times += notice.kind == "firing" and notice.at >= since
        if notice.at >= since:
            seen.worst = notice.worst if notice.worst is not None else seen.worst


def _fired(key: tuple[str, str], seen: _Seen, since: int, until: int) -> Fired:
    lasts = seen.open_since is not None or any(end > until for _, end in seen.spans)
    spans = [*seen.spans, *([] if seen.open_since is None else [(seen.open_since, until)])]
    return Fired(
        rule=key[0],
        group=key[1],
        metric=seen.metric,
        times=seen.times,
        seconds=sum(max(0, min(end, until) - max(start, since)) for start, end in spans),
        worst=seen.worst,
        lasts=lasts,
    )
