"""What a test holds in its hand: one case, and the way to grade an answer to it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, Score
from pytest_llm_telemetry.core.golden.answers import answer_text
from pytest_llm_telemetry.core.records import dataclass


class Emit(Protocol):
    """Writes a score, and the text that it scores."""

    def __call__(self, score: Score, answer: str | None = None) -> None:
        """Write both."""


Grade = Callable[[object, Case], tuple[Score, ...]]


@dataclass(frozen=True, slots=True)
class Graded:
    """The scores of one answer. True when every grader passed, so `assert` may be written.

    Without `assert` a bad answer does not fail the test: one answer is judged together with all
    others by the gate, which knows noise from regression.
    """

    scores: tuple[Score, ...]

    @property
    def passed(self) -> bool:
        """Whether every grader that decides passed."""
        return all(score.passed for score in self.scores if score.passed is not None)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return "; ".join(score.explanation for score in self.scores if score.explanation) or "ok"


class GoldenCase:
    """One case of a golden set, for the repeat that is running.

    Attributes:
        id: The case's id in the golden file.
        input: What to ask: whatever JSON value the golden file holds.
        expected: What the file expects, if it says so.
        tags: The case's tags.
        metadata: Everything else that the case carries.
        repeat: Which repeat this is, from 1.
        scores: What was recorded of it so far.
    """

    def __init__(self, case: Case, repeat: int, grade: Grade, emit: Emit) -> None:
        self._case = case
        self._grade = grade
        self._emit = emit
        self.repeat = repeat
        self.graded = False
        self.scores: list[Score] = []

    @property
    def id(self) -> str:
        """The case's id in the golden file."""
        return self._case.id

    @property
    def input(self) -> Any:
        """What to ask: whatever JSON value the golden file holds."""
        return self._case.input

    @property
    def expected(self) -> Any:
        """What the golden file expects, `None` where only graders say it."""
        return self._case.expected

    @property
    def tags(self) -> tuple[str, ...]:
        """The case's tags."""
        return self._case.tags

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the case carries besides."""
        return self._case.metadata

    def check(self, answer: object) -> Graded:
        """Grade an answer with the graders that the case declares, and record the scores.

        Raises:
            GoldenSetError: If a grader cannot be used (an unknown custom grader, a bad pattern).
        """
        scores = self._grade(answer, self._case)
        said = _text(answer)
        for place, score in enumerate(scores):
            self._record(score, None if place else said)  # the answer is told once
        return Graded(scores)

    def score(
        self, name: str, value: float, *, passed: bool | None = None, explanation: str = ""
    ) -> None:
        """Record a score in [0, 1] of your own; with `passed` it takes part in the pass rate."""
        self._record(Score(name=name, value=value, passed=passed, explanation=explanation))

    def _record(self, score: Score, answer: str | None = None) -> None:
        self.graded = True
        self.scores.append(score)
        self._emit(score, answer)


def _text(answer: object) -> str | None:
    """The text of an answer; none where only a custom grader can read it."""
    try:
        return answer_text(answer)
    except GoldenSetError:
        return None
