"""What a review says besides: alerts, thresholds, golden sets, and what was read."""

from collections.abc import Iterator, Mapping

from pytest_llm_telemetry.core.metrics import METRICS
from pytest_llm_telemetry.core.reviews import Move, Review
from pytest_llm_telemetry.reporters import facts, figures
from pytest_llm_telemetry.reporters.alert_words import span
from pytest_llm_telemetry.reporters.layout import Style
from pytest_llm_telemetry.reporters.reviews.section import Section, counted

_STYLES: Mapping[str, Style] = {"pass": "", "fail": "bad"}


def upkeep(review: Review) -> Iterator[Section]:
    """The sections of any window."""
    yield _alerts(review)
    yield _moves(review)
    yield _golden(review)
    yield _reading(review)


def opening(review: Review) -> Section:
    """The verdict of the golden set that was run first."""
    status = review.run_exit
    runs = review.opening
    told: list[tuple[str, Style]] = []
    for run in runs:
        worse = f": {', '.join(METRICS[name].label for name in run.worse)}" if run.worse else ""
        style: Style = "good" if run.status == "pass" else "bad"
        told.append((f"{run.suite}: {facts.TITLES[run.status]}{worse} (run {run.run_id})", style))
    if not runs:
        told.append(("the golden set left no run: see its output", "bad"))
    return Section(title=f"golden set, run now: exit status {status}", told=tuple(told))


def _alerts(review: Review) -> Section:
    if not review.fired:
        nothing = "none" if review.watched else "nobody looked: run `llm-telemetry alert`"
        return Section(title="alerts", told=((nothing, "dim" if review.watched else "warn"),))
    return Section(
        title="alerts",
        headers=("alert", "times", "lasted", "at worst", "now"),
        rows=[
            (
                [
                    f"{fired.rule} {fired.group}".strip(),
                    str(fired.times),
                    span(fired.seconds),
                    figures.value(fired.metric, fired.worst),
                    "still firing" if fired.lasts else "over",
                ],
                "bad" if fired.lasts else "",
            )
            for fired in review.fired
        ],
    )


def _moves(review: Review) -> Section:
    told: list[tuple[str, Style]] = [(_move(move), "") for move in review.moves]
    return Section(title="thresholds that should move", told=tuple(told) or (("none", "dim"),))


def _move(move: Move) -> str:
    ends = [figures.value(move.metric, each) for each in (move.limit, move.proposed)]
    why = "nothing comes near it" if move.tighter else "chance breaks it"
    return (
        f"{move.place}.{move.bound}: {' -> '.join(ends)} ({why}: {move.broken} of {move.windows}"
        f" broke it, at worst {figures.value(move.metric, move.seen)})"
    )


def _golden(review: Review) -> Section:
    if not review.golden:
        return Section(title="golden sets", told=(("no stored run in this time", "dim"),))
    shown = ("pass_rate", "p95_latency_ms", "cost_per_query_usd")
    return Section(
        title="golden sets",
        headers=("suite", "run", *(METRICS[name].label for name in shown), "verdict"),
        rows=[
            (
                [
                    run.suite,
                    (run.started or run.run_id)[:16].replace("T", " "),
                    *(figures.value(name, run.metrics.get(name)) for name in shown),
                    facts.TITLES[run.status],
                ],
                _STYLES.get(run.status, "warn"),
            )
            for run in review.golden
        ],
    )


def _reading(review: Review) -> Section:
    reading = review.reading
    lost = sum(reading.skipped.values())
    where = ", ".join(reading.sources)
    told = [f"{reading.lines:,} lines of {reading.files} files: {where}"]
    if lost:
        told.append(f"{lost:,} of them are no events: {counted(reading.skipped)}")
    return Section(
        title="read",
        told=(
            *((text, "dim") for text in told),
            *((note, "warn") for note in (*reading.notes, *review.notes)),
        ),
    )
