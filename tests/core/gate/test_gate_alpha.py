"""How checks share one chance of a false alarm, and what would settle those that cannot decide."""

from __future__ import annotations

from math import ceil, expm1, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.statistics.distributions import student_quantile, student_tail
from tests.core.gate.conftest import near

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.samples import CaseSamples
    from tests.core.gate.conftest import Suites


def _z(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _noisy(suites: Suites, metric: str) -> tuple[list[CaseSamples], list[CaseSamples]]:
    """Twenty cases that vary and hardly change as a whole, for any metric."""
    swing = [(0.8, 1.25, 1.0, 1.1, 0.9)[n % 5] for n in range(20)]
    if metric in {"pass_rate", "score"}:
        return list(suites.graded(["10", "01"] * 10)), list(suites.graded(["11", "00"] * 10))
    if metric == "error_rate":
        kinds = [{"order": 9 * n, "error_type": "E" if n % 5 == 0 else None} for n in range(20)]
        cases = [suites.case(f"c{n:03}", calls=[call]) for n, call in enumerate(kinds)]
        return cases, cases
    return suites.costing(*[1.0] * 20), suites.costing(*swing)


@pytest.mark.parametrize("wanted", [2.52, 20.02, 20.93, 21.02, 40.01])
@pytest.mark.parametrize("metric", ["pass_rate", "score", "error_rate", "cost_per_query_usd"])
def test_what_would_settle_follows_from_the_interval(
    suites: Suites, metric: str, wanted: float
) -> None:
    """The noise must fall until a run without any change is conclusive four times in five."""
    before, now = _noisy(suites, metric)
    low, high = suites.checked(before, now, metric).interval or (0.0, 0.0)
    df = {"cost_per_query_usd": 19, "pass_rate": 21, "score": 21}.get(metric)
    ratio = METRICS[metric].change == "ratio"
    half = (log(1 + high) - log(1 + low) if ratio else high - low) / 2
    error = half / (student_quantile(0.99, df) if df else _z(0.99))
    reach = (_z(0.99) + _z(0.8)) * error / sqrt(wanted)
    allowed = expm1(reach) if ratio else reach
    check = suites.checked(before, now, metric, allowed=allowed)
    repeats, more = ceil(wanted) - 1, f"{ceil(20 * (wanted - 1))} more cases would settle it"
    assert check.status == "inconclusive"
    assert check.settle == (more if repeats > 20 else f"{repeats} more repeats or {more}")


def test_at_least_one_more_is_advised(suites: Suites) -> None:
    """A change right at what is allowed is not settled by less than there is."""
    before, now = suites.costing(*[1.0] * 20), suites.costing(1.0401, 1.0399, *[1.04] * 18)
    check = suites.checked(before, now, "cost_per_query_usd", allowed=0.04, min_effect=1.0)
    assert check.settle == "1 more repeat or 1 more case would settle it"


@pytest.mark.parametrize(
    ("metric", "weight"),
    [
        ("error_rate", 3.0),
        ("score", 0.5),
        ("cost_per_query_usd", 0.5),
        ("avg_latency_ms", 0.5),
        ("input_tokens", 1.0),
    ],
)
def test_a_check_shares_alpha_by_weight(suites: Suites, metric: str, weight: float) -> None:
    """Beside a check that could use alpha, a p value counts one and that check's weight."""
    fell = [[True] * 4, [False] * 4]
    swing = [(0.5, 2.0, 1.0, 1.5, 0.7)[n % 5] for n in range(20)]

    def side(now: int) -> list[CaseSamples]:
        return [
            suites.case(
                f"c{n:03}",
                fell[now and n < 2],
                scores=[swing[(n + 2 * now) % 5] / 2] * 4,
                calls=[
                    {
                        "order": 9 * n,
                        "latency_ms": 500 * swing[(n + now) % 5],
                        "cost_usd": swing[(n + now) % 5],
                        "input_tokens": 100 * swing[(n + now) % 5],
                        "error_type": "ValueError" if (n + now) % 3 == 0 else None,
                    }
                ],
            )
            for n in range(20)
        ]

    alone = suites.checked(side(0), side(1), "pass_rate").p_value
    rules, run, before = suites.compare("pass_rate", metric), side(1), side(0)
    together = judge(suites.run(run), suites.accepted(before), rules, controls=before).checks
    assert alone
    assert together[0].p_value == near(alone * (1 + weight))


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("metric", ["score", "cost_per_query_usd"])
def test_a_check_takes_no_more_alpha_than_it_could_use(
    suites: Suites, metric: str, size: int
) -> None:
    """Its ceiling: how often noise alone would look like its minimum effect."""
    swing = (0.7, 0.9, 0.8)

    def side(now: int) -> list[CaseSamples]:
        return [
            suites.case(
                f"c{n}",
                [n == now] * 4,
                scores=[swing[(n + now) % size]] * 4,
                calls=[{"cost_usd": swing[(n + now) % size]}],
            )
            for n in range(size)
        ]

    effect = 0.3
    alone, other = (
        suites.checked(side(0), side(1), name, min_effect=effect) for name in ("pass_rate", metric)
    )
    assert alone.p_value is not None
    assert other.interval is not None
    low, high = other.interval
    ratio = metric != "score"
    half = (log(1 + high) - log(1 + low) if ratio else high - low) / 2
    error = half / student_quantile(0.99, size - 1 if ratio else size + 1)
    ceiling = student_tail((log(1 + effect) if ratio else effect) / error, size - 1)
    first, _ = suites.checks(side(0), side(1), "pass_rate", metric, min_effect=effect)
    assert 0.01 < ceiling < 0.4 < alone.p_value
    assert first.p_value == near(alone.p_value + ceiling)


@pytest.mark.parametrize(
    ("metric", "least", "factor"),
    [("queries", 0.0, 2.0), ("cost_per_query_usd", 0.0, 1.5), ("cost_per_query_usd", 0.02, 1.0)],
)
def test_a_check_without_noise_takes_alpha_only_if_any_change_counts(
    suites: Suites, metric: str, least: float, factor: float
) -> None:
    """Equal costs never show 2 % by chance; equal calls have no least change that matters."""
    before, now = suites.graded(["1111"] * 20), suites.graded(["0000"] * 4 + ["1111"] * 16)
    alone = suites.checked(before, now, "pass_rate").p_value
    together = suites.checks(before, now, "pass_rate", metric, min_effect=least)[0].p_value
    assert alone
    assert together == near(alone * factor)


def test_a_check_fails_only_beyond_its_bounds(suites: Suites) -> None:
    """Exactly the minimum effect, exactly alpha and exactly what is allowed are not beyond."""
    before, now = suites.graded(["1"] * 40), suites.graded(["0"] * 20 + ["1"] * 20)
    assert suites.checked(before, now, "pass_rate", min_effect=0.49).status == "fail"
    assert suites.checked(before, now, "pass_rate", min_effect=0.5).status == "inconclusive"
    costs, dearer = suites.costing(*[1.0] * 9), suites.costing(*[2.0] * 9)
    rules = suites.compare("cost_per_query_usd", alpha=0.0)
    assert judge(suites.run(dearer), suites.accepted(costs), rules).status == "pass"
    same = suites.checked(costs, costs, "cost_per_query_usd", allowed=0.0)
    assert (same.change, same.status) == (0.0, "inconclusive")


def test_what_is_allowed_is_told_in_the_measure_of_the_metric(suites: Suites) -> None:
    """A ratio in per cent, a rate in points, a score as it is."""
    before, now = suites.graded(["10", "01"] * 3), suites.graded(["11", "00"] * 3)
    told = suites.checks(before, now, "pass_rate", "score", allowed=0.025)
    assert [check.reason.split(":")[0] for check in told] == [
        "cannot exclude -2.5 pp",
        "cannot exclude -0.025",
    ]
    cost = suites.checked(
        *_noisy(suites, "cost_per_query_usd"), "cost_per_query_usd", allowed=0.025
    )
    assert cost.reason.startswith("cannot exclude +2.5 %: ")


def test_slow_calls_have_half_as_much_more_of_alpha(suites: Suites) -> None:
    """A fall that comes with steady times counts itself and the share that slow calls could use."""
    before, now = suites.graded(["1111"] * 20), suites.graded(["0000"] * 4 + ["1111"] * 16)
    alone = suites.checked(before, now, "pass_rate").p_value
    assert alone
    together = suites.checks(before, now, "pass_rate", "slow_call_rate")[0].p_value
    assert together == near(2.5 * alone)
