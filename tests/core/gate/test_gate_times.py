"""The numbers in a comparison of times, against their own formulas."""

from __future__ import annotations

import re
from math import ceil, hypot, log, sqrt
from statistics import NormalDist, mean, quantiles
from typing import TYPE_CHECKING

import pytest

from pytest_llm_telemetry.core.gate import judge
from pytest_llm_telemetry.core.statistics.distributions import student_quantile
from pytest_llm_telemetry.core.thresholds import Thresholds
from tests.core.gate.conftest import near

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.samples import CaseSamples
    from tests.core.gate.conftest import Suites


def test_latency_counts_cases_beyond_a_twentieth(suites: Suites) -> None:
    """Slower ones carry the change, each by its own ratio over all cases."""
    before = suites.timed([[1000.0]] * 10)
    now = suites.timed([[1500.0], [1200.0], [1040.0], [900.0], *[[1000.0]] * 6])
    check = suites.checked(before, now, "avg_latency_ms")
    assert (check.cases_worse, check.cases_better) == (2, 1)
    assert check.reason == (
        "cannot exclude +20.0 %: 2 of 10 cases got slower by more than 5 %, 1 got faster"
    )
    assert [(c.case_id, c.contribution, c.before, c.now) for c in check.cases] == [
        ("c000", near(0.05), "1.00 s", "1.50 s"),
        ("c001", near(0.02), "1.00 s", "1.20 s"),
        ("c002", near(0.004), "1.00 s", "1.04 s"),
    ]


def test_each_time_is_judged_by_its_own_samples(suites: Suites) -> None:
    """A first token that takes twice as long at the same latency is told from it."""

    def side(ttft: float) -> list[CaseSamples]:
        return [
            suites.case(f"c{n}", calls=[{"latency_ms": 900.0, "ttft_ms": ttft + n}] * 9)
            for n in range(9)
        ]

    names = ("avg_latency_ms", "avg_ttft_ms", "p95_latency_ms", "p95_ttft_ms")
    rules = suites.compare(*names)
    verdict = judge(
        suites.run(side(400.0)), suites.accepted(side(200.0)), rules, controls=side(200.0)
    )
    changes = {check.metric: round(check.change or 0.0, 1) for check in verdict.checks}
    assert changes == {
        "avg_latency_ms": 0.0,
        "avg_ttft_ms": 1.0,
        "p95_latency_ms": 0.0,
        "p95_ttft_ms": 1.0,
    }
    assert [check.status for check in verdict.checks] == ["pass", "fail"] * 2


def test_the_drift_that_is_taken_out_is_told(suites: Suites) -> None:
    """Controls that take three times as long: the same factor is no change of ours."""
    before, slower = suites.timed([[800.0]] * 9), suites.timed([[2400.0]] * 9)
    rules = suites.compare("avg_latency_ms", "p95_latency_ms")
    verdict = judge(suites.run(slower), suites.accepted(before), rules, controls=slower)
    assert verdict.checks[0].change == near(0.0)
    assert verdict.checks[0].reason.endswith("; the provider's own drift of +200 % is taken out")
    assert verdict.notes == ()


def test_binding_latency_is_settled_by_repeats_or_cases(suites: Suites) -> None:
    """With controls the noise is the calls', so more of them help; an advisory check needs controls."""
    draws = [(0.7, 1.0, 1.4, 0.9, 1.2)[n % 5] * 1000.0 for n in range(30)]
    before, now = suites.timed([[1000.0]] * 30), suites.timed([[ms] for ms in draws])
    rules = Thresholds(rules=(suites.rule("avg_latency_ms", allowed=0.1),))
    binding = judge(suites.run(now), suites.accepted(before), rules, controls=before).checks[0]
    assert re.fullmatch(r"\d+ more repeats? or \d+ more cases? would settle it", binding.settle)
    steady = judge(suites.run(before), suites.accepted(before), rules).checks[0]
    assert (steady.binding, steady.reason[:14]) == (False, "cannot exclude")
    assert steady.settle == "controls or a history of accepted runs would settle it"


def test_too_few_times_are_told(suites: Suites) -> None:
    """One case, or nineteen calls on one side, decide nothing; twenty do."""
    one = [suites.case("a", calls=[{}] * 19)]
    names = ("avg_latency_ms", "slow_call_rate", "p95_latency_ms")
    few = "fewer than 20 calls were timed on both sides"
    assert [(check.reason, check.binding) for check in suites.checks(one, one, *names)] == [
        ("fewer than two cases were timed both in the baseline and now", False),
        (few, False),
        (few, False),
    ]
    two = suites.timed([[500.0] * 10] * 2)
    one_short = [two[0], suites.case("c001", calls=[{"latency_ms": 500.0}] * 9)]
    for metric in names[1:]:
        assert suites.checked(two, one_short, metric).reason == few
        assert suites.checked(one_short, two, metric).reason == few
        assert suites.checked(two, two, metric).change == 0.0
    many = [suites.case("a", calls=[{}] * 20)]
    assert suites.checked(many, many, "p95_latency_ms").reason == few


def test_slow_calls_are_told_whole(suites: Suites) -> None:
    """The shares of both sides, their difference and its interval, and who carries it."""
    before = suites.timed([[1000.0] * 9 + [3000.0], *[[1000.0] * 10] * 3])
    now = suites.timed([*[[1000.0] * 10] * 2, [1000.0] * 8 + [9e3] * 2, [1000.0] * 9 + [9e3]])
    check = suites.checked(before, now, "slow_call_rate")
    assert (check.baseline, check.now) == (0.025, 0.075)
    assert check.change == near(0.05)
    changes = [-0.1, 0.0, 0.2, 0.1]
    squares = sum((change - mean(changes)) ** 2 for change in changes) + 2 * 0.1**2
    reach = student_quantile(0.99, 5) * sqrt(squares) / 6
    assert check.interval == (near(0.05 - reach), near(0.05 + reach))
    assert check.reason == (
        "cannot exclude +8.0 pp: 3 of 40 calls are slow for their case, 1 of 40 before"
    )
    assert (check.cases_worse, check.cases_better) == (2, 1)
    assert [(case.case_id, case.contribution) for case in check.cases] == [
        ("c002", near(0.05)),
        ("c003", near(0.025)),
    ]
    assert check.settle


def _spread(suites: Suites, factor: float, cases: int, calls: int) -> list[CaseSamples]:
    return suites.timed(
        [
            [factor * (500.0 + 7.0 * ((case * calls + n) * 37 % 101)) for n in range(calls)]
            for case in range(cases)
        ],
    )


@pytest.mark.parametrize(
    ("metric", "cases", "ends"),
    [("p95_latency_ms", 95, (94, 95, 96)), ("p99_latency_ms", 11, (98, 99, 100))],
)
def test_a_percentile_has_the_interval_of_its_ranks(
    suites: Suites, metric: str, cases: int, ends: tuple[int, int, int]
) -> None:
    """Woodruff's: the percentiles a standard error of the share apart, of both sides together."""
    calls = 5 if metric == "p95_latency_ms" else 9
    before, now = _spread(suites, 1.0, cases, calls), _spread(suites, 1.3, cases, calls)
    check = judge(
        suites.run(now), suites.accepted(before), suites.compare(metric), controls=before
    ).checks[0]
    marks = []
    for side in (before, now):
        logs = [log(call.latency_ms or 0.0) for case in side for call in case.calls]
        cuts = [min(logs), *quantiles(logs, n=100, method="inclusive"), max(logs)]
        marks.append([cuts[end] for end in ends])
    error = hypot(*((high - low) / 2 for low, _, high in marks))
    reach = student_quantile(0.99, cases * calls - 1) * error
    move = marks[1][1] - marks[0][1]
    assert check.interval is not None
    assert [log(1 + end) for end in check.interval] == near([move - reach, move + reach])
    assert check.change == near(0.3)
    assert check.baseline == near(suites.run(before).metrics[metric])


def test_a_percentile_is_settled_by_its_own_noise(suites: Suites) -> None:
    """The advice follows from the interval of the percentile, not of the share of slow calls."""
    cases = _spread(suites, 1.0, 95, 5)
    rules = Thresholds(rules=(suites.rule("p95_latency_ms", allowed=0.001),))
    check = judge(suites.run(cases), suites.accepted(cases), rules, controls=cases).checks[0]
    low, high = check.interval or (0.0, 0.0)
    error = (log(1 + high) - log(1 + low)) / 2 / student_quantile(0.99, 474)
    reach = (NormalDist().inv_cdf(0.99) + NormalDist().inv_cdf(0.8)) * error / log(1.001)
    assert check.settle == f"{ceil(95 * (reach**2 - 1))} more cases would settle it"


def test_a_percentile_shares_its_alpha_between_its_two_tests(suites: Suites) -> None:
    """Twice the smaller p value of the tail's and of the typical call's, one at most."""
    tailed = suites.timed([*[[1000.0] * 9 + [3000.0]] * 3, *[[1000.0] * 10] * 6])
    level = suites.timed([[900.0] * 10] * 9)
    even, slower = _spread(suites, 1.0, 40, 5), _spread(suites, 1.02, 40, 5)
    for before, now, capped in ((even, slower, False), (tailed, level, True)):
        tail, typical, both = (
            suites.checked(before, now, name).p_value
            for name in ("slow_call_rate", "avg_latency_ms", "p95_latency_ms")
        )
        smaller = min(tail or 0.0, typical or 0.0)
        assert smaller > 0.6 if capped else 0.0 < smaller < 0.5
        assert both == (1.0 if capped else near(2 * smaller))


@pytest.mark.parametrize("metric", ["avg_latency_ms", "p95_latency_ms"])
def test_an_advisory_time_says_so(suites: Suites, metric: str) -> None:
    """Without controls it warns, and the note says how to change that."""
    before, now = _spread(suites, 1.0, 20, 5), _spread(suites, 1.2, 20, 5)
    verdict = judge(suites.run(now), suites.accepted(before), suites.compare(metric))
    assert verdict.notes == (
        (
            "latency is advisory: replay controls in the same session (--llm-controls 50) or "
            "accept 5 runs to make it binding"
        ),
    )
    assert not verdict.checks[0].binding


@pytest.mark.parametrize(("before", "now", "change"), [(5.0, 6.0, 0.2), (1.0, 5.0, 0.0)])
def test_five_milliseconds_are_the_machines_own(
    suites: Suites, before: float, now: float, change: float
) -> None:
    """Below them nothing is slower than anything; above them it is."""
    cases, later = suites.timed([[before]] * 9), suites.timed([[now]] * 9)
    assert suites.checked(cases, later, "avg_latency_ms").change == near(change)
