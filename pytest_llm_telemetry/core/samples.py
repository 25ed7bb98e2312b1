"""Events -> what each golden case did: its calls and its attempts.

A call that ran inside another observed call (`parent_id`) is folded into its root: latency and
errors are what the root's caller saw, tokens and cost are summed over the leaves, so nothing is
counted twice however deep a handler wraps.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TypeVar

from pytest_llm_telemetry.core.events import (
    Event,
    QueryEnd,
    QueryError,
    QueryScore,
    QuerySuccess,
)
from pytest_llm_telemetry.core.records import dataclass

_N = TypeVar("_N", int, float)

JUDGE = "@judge"  # behind a suite's name: what its graders asked of models, counted apart
CONTROL = "@control"  # behind a suite's name: cases replayed with the version that did not change


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One root call. Milliseconds, USD and tokens; `None` is unknown.

    `order` is the call's place in the run (0 is the first to end), which is what drift within a
    run is estimated from. `weight` is 1 / sample rate.
    """

    order: int
    attempt: int = 1
    latency_ms: float | None = None
    ttft_ms: float | None = None
    cost_usd: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    error_type: str | None = None
    cached: bool = False
    model: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One repeat of a case, as graded: the last rerun of it counts.

    `passed` is whether every score of the attempt passed, `score` their mean in [0, 1];
    both are `None` where nothing graded it. `notes` say what failed, in the grader's words;
    `answer` is how the text that was graded begins, where the capture kept it.
    """

    number: int
    passed: bool | None = None
    score: float | None = None
    notes: tuple[str, ...] = ()
    answer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSamples:
    """All that a run (or a baseline) knows of one case.

    `where` is `file:line` of the test or of the golden set's line; `weight` the case's weight.
    """

    case_id: str
    calls: tuple[Call, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    tags: tuple[str, ...] = ()
    where: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePlan:
    """What a run intended for a case, so that a case without a record is missed by name."""

    case_id: str
    tags: tuple[str, ...] = ()
    where: str = ""
    weight: float = 1.0


def collect(
    events: Iterable[Event], plans: Sequence[CasePlan], *, repeats: int = 1
) -> tuple[CaseSamples, ...]:
    """Gather the samples of each planned case, in the order of the plan.

    Events of other cases are left out. With `repeats` repeats planned, attempts numbered above it
    are reruns: attempt `n` is a rerun of repeat `(n - 1) % repeats + 1`.
    """
    ends: dict[str, list[QueryEnd]] = {plan.case_id: [] for plan in plans}
    scores: dict[str, list[QueryScore]] = {plan.case_id: [] for plan in plans}
    for event in events:
        case_id = event.case_id or ""
        if isinstance(event, QueryEnd):
            if case_id in ends:
                ends[case_id].append(event)
        elif isinstance(event, QueryScore) and case_id in scores:
            scores[case_id].append(event)
    places = _places(ends.values())
    return tuple(
        CaseSamples(
            case_id=plan.case_id,
            calls=_calls(ends[plan.case_id], places),
            attempts=_attempts(scores[plan.case_id], repeats),
            tags=plan.tags,
            where=plan.where,
            weight=plan.weight,
        )
        for plan in plans
    )


def _places(cases: Iterable[Sequence[QueryEnd]]) -> dict[str, int]:
    """The place of each root call in the run, by the time its end was written."""
    roots = [end for ends in cases for end in ends if end.parent_id is None]
    roots.sort(key=attrgetter("timestamp"))
    return {end.query_id: place for place, end in enumerate(roots)}


def _calls(ends: Sequence[QueryEnd], places: Mapping[str, int]) -> tuple[Call, ...]:
    if len(ends) == 1 and ends[0].parent_id is None:  # as of most cases
        return (_call(ends[0], {}, places),)
    children: dict[str, list[QueryEnd]] = {}
    for end in ends:
        if end.parent_id is not None:
            children.setdefault(end.parent_id, []).append(end)
    calls = [_call(end, children, places) for end in ends if end.parent_id is None]
    if len(calls) > 1:
        calls.sort(key=attrgetter("attempt", "order"))
    return tuple(calls)


def _call(
    root: QueryEnd, children: Mapping[str, Sequence[QueryEnd]], places: Mapping[str, int]
) -> Call:
    spent = root if root.query_id not in children else _Spent(_leaves(root, children))
    return Call(
        order=places[root.query_id],
        attempt=root.attempt or 1,
        latency_ms=root.latency_ms,
        ttft_ms=root.ttft_ms,
        cost_usd=spent.cost_usd,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        error_type=root.error_type if isinstance(root, QueryError) else None,
        cached=bool(spent.cached),
        model=spent.model or spent.model_requested,
        weight=1 / root.sample_rate if root.sample_rate else 1.0,
    )


class _Spent:
    """What the calls under a root took together."""

    model_requested = None

    def __init__(self, leaves: Sequence[QueryEnd]) -> None:
        models = [leaf.model or leaf.model_requested for leaf in leaves]
        self.cost_usd = _total([leaf.cost_usd for leaf in leaves])
        self.input_tokens = _total([leaf.input_tokens for leaf in leaves])
        self.output_tokens = _total([leaf.output_tokens for leaf in leaves])
        self.cached = any(leaf.cached for leaf in leaves)
        self.model = next((model for model in reversed(models) if model), None)


def _leaves(root: QueryEnd, children: Mapping[str, Sequence[QueryEnd]]) -> list[QueryEnd]:
    """The calls under `root` that called no other; a failed leaf that cost nothing we know of is
    left out, because an error without usage must not make the whole query's cost unknown.
    """
    found: list[QueryEnd] = []
    seen = {root.query_id}
    queue = [root]
    while queue:
        end = queue.pop()
        below = [c for c in children.get(end.query_id, ()) if c.query_id not in seen]
        seen.update(child.query_id for child in below)
        queue.extend(reversed(below))
        if not below:
            found.append(end)
    known = [leaf for leaf in found if isinstance(leaf, QuerySuccess) or leaf.cost_usd is not None]
    return known or found[:1]


def _total(values: Sequence[_N | None]) -> _N | None:
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known and len(known) == len(values) else None


def _attempts(scores: Sequence[QueryScore], repeats: int) -> tuple[Attempt, ...]:
    """Of each repeat the last rerun that was scored."""
    if len(scores) == 1:  # as of most cases
        return (_attempt(((scores[0].attempt or 1) - 1) % repeats + 1, scores),)
    found: dict[int, list[QueryScore]] = {}
    for score in scores:
        found.setdefault(score.attempt or 1, []).append(score)
    last = {(number - 1) % repeats + 1: number for number in sorted(found)}
    return tuple(_attempt(repeat, found[last[repeat]]) for repeat in sorted(last))


def _attempt(number: int, scores: Sequence[QueryScore]) -> Attempt:
    passed, notes, answer = None, [], None
    for score in scores:
        if score.passed is not None:
            passed = score.passed and passed is not False
        if not score.passed and score.explanation:
            notes.append(score.explanation)
        answer = answer or score.answer_preview
    return Attempt(
        number=number,
        passed=passed,
        score=sum([score.score for score in scores]) / len(scores),
        notes=tuple(notes),
        answer=answer or None,
    )
