"""What differs around the cases and may explain a change. Notes only: they hold nothing."""

from collections.abc import Iterator

from pytest_llm_telemetry.core.baseline import Baseline
from pytest_llm_telemetry.core.gate.wording import count
from pytest_llm_telemetry.core.metrics import Summary


def circumstances(now: Summary, baseline: Baseline | None) -> tuple[str, ...]:
    """A first run, a changed golden set, other models, another price table, cached answers."""
    if baseline is None:
        first = "first run: there is no baseline yet, so only the absolute limits were judged"
        return (first, *_cached(now))
    return (*_changes(now, baseline), *_cached(now))


def _changes(now: Summary, baseline: Baseline) -> Iterator[str]:
    if now.golden_hash and baseline.golden_hash and now.golden_hash != baseline.golden_hash:
        yield (
            "the golden set changed since the baseline was accepted; which cases changed is not "
            "recorded, so they are still compared by id"
        )
    if now.models and baseline.models and set(now.models) != set(baseline.models):
        before, after = ", ".join(baseline.models), ", ".join(now.models)
        yield f"the models changed: {before} in the baseline, {after} now"
    tables = (baseline.price_table_version, now.price_table_version)
    if tables[0] and tables[1] and tables[0] != tables[1]:
        yield f"the price table changed: {tables[0]} in the baseline, {tables[1]} now"
    if now.selected:
        yield f"only {count(len(now.cases), 'selected case')} of the golden set ran"


def _cached(now: Summary) -> Iterator[str]:
    calls = [call for case in now.cases for call in case.calls]
    cached = sum(call.cached for call in calls)
    if cached:
        yield f"{cached} of {count(len(calls), 'call')} came from a cache and are left out of latency"
    repeated = sum(len({c.attempt for c in case.calls if c.cached}) > 1 for case in now.cases)
    if repeated:
        yield (
            f"the repeats of {count(repeated, 'case')} were answered from a recording: they tell "
            "nothing of how much the model's answers vary"
        )
