"""Thresholds that should move: those that chance breaks, and those that nothing would break."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pytest_llm_telemetry.core.alerts import Plan
from pytest_llm_telemetry.core.alerts.rules import HOUR_S, AlertRule
from pytest_llm_telemetry.core.baseline import PastRun
from pytest_llm_telemetry.core.gate import Suggestion, suggest
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews.degrading import known, merged
from pytest_llm_telemetry.core.reviews.view import Move
from pytest_llm_telemetry.core.thresholds import Limit
from pytest_llm_telemetry.core.traffic import Figures

_MONTH_H = 24 * 28
_LOOSE = 2.0  # a time or cost limit this many times above what chance reaches says nothing
_WINDOWS = 24  # figures that a proposal needs


def of_alerts(plan: Plan, hours: Sequence[tuple[datetime, Figures]]) -> tuple[Move, ...]:
    """Alert limits over whole hours and all calls, held against how such windows scatter.

    A proposed limit is broken by chance once in four weeks.

    Args:
        plan: What is watched.
        hours: The figures of each hour, oldest first.
    """
    found: list[Move] = []
    for rule in plan.rules:
        if rule.by or rule.window_s % HOUR_S:
            continue
        windows = _windows(rule, hours)
        if len(windows) >= _WINDOWS:
            share = min(0.25, rule.window_s / HOUR_S / _MONTH_H)
            limit = Limit(metric=rule.metric, max=rule.max, min=rule.min)
            proposals = suggest(windows, false_alarm=share)
            found += _moves(f"alerts.rules.{rule.name}", limit, proposals, windows)
    return tuple(found)


def of_suite(suite: str, limits: Iterable[Limit], history: Sequence[PastRun]) -> tuple[Move, ...]:
    """A golden set's limits, held against how its accepted runs scatter."""
    proposals = suggest(history)
    return tuple(
        move
        for limit in limits
        if not limit.scope
        for move in _moves(f"suites.{suite}.limits.{limit.metric}", limit, proposals, history)
    )


def _windows(rule: AlertRule, hours: Sequence[tuple[datetime, Figures]]) -> list[PastRun]:
    size = rule.window_s // HOUR_S
    parts = [hours[at : at + size] for at in range(0, len(hours) - size + 1, size)]
    found = [(part[0][0], merged(figures for _, figures in part)) for part in parts]
    return [
        PastRun(
            run_id="",
            at=at.isoformat(),
            metrics={rule.metric: known(figures, rule.metric)} if rule.metric != "queries" else {},
        )
        for at, figures in found
        if figures.recorded >= rule.min_calls
    ]


def _moves(
    place: str, limit: Limit, proposals: Iterable[Suggestion], history: Sequence[PastRun]
) -> list[Move]:
    found = []
    for proposal in proposals:
        bound = limit.max if proposal.bound == "max" else limit.min
        if proposal.metric != limit.metric or bound is None:
            continue
        sign = 1.0 if proposal.bound == "max" else -1.0
        values = [run.metrics.get(limit.metric) for run in history]
        broken = sum(value is not None and sign * value > sign * bound for value in values)
        chance = sign * proposal.limit > sign * bound
        if chance or _is_loose(proposal, bound, sign):
            found.append(
                Move(
                    place=place,
                    metric=limit.metric,
                    bound=proposal.bound,
                    limit=bound,
                    proposed=proposal.limit,
                    tighter=not chance,
                    seen=proposal.worst,
                    windows=proposal.runs,
                    broken=broken,
                )
            )
    return found


def _is_loose(proposal: Suggestion, bound: float, sign: float) -> bool:
    metric = METRICS[proposal.metric]
    if metric.change == "ratio":
        return bound > _LOOSE * proposal.limit
    return sign * (bound - proposal.limit) > metric.allowed
