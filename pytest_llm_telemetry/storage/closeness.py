"""How close an answer is to a text: by its letters, by its meaning, or by what a judge says."""

from collections.abc import Callable, Sequence
from importlib import import_module
from math import isfinite, sqrt
from operator import mul
from typing import Any, NoReturn

from pytest_llm_telemetry.core.errors import ConfigError, GoldenSetError
from pytest_llm_telemetry.core.golden import Case

Vector = Sequence[float]
Embed = Callable[[Sequence[str]], Sequence[Vector]]
Judge = Callable[[str, str, Case], object]


def spelling_similarity(expected: str, answer: str) -> float:
    """How much of two texts is the same, from 0 to 1: rapidfuzz's normalised Indel similarity.

    Raises:
        ConfigError: If rapidfuzz is not installed.
    """
    try:
        distance: Any = import_module("rapidfuzz.distance.Indel")
    except ImportError as error:
        raise ConfigError(
            "the grader similarity needs rapidfuzz",
            remedy="pip install 'pytest-llm-telemetry[similarity]'",
        ) from error
    return float(distance.normalized_similarity(expected, answer))


class Meaning:
    """The cosine of two texts' embeddings; a golden text is embedded once a process."""

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, Vector] = {}

    def similarity(self, expected: str, answer: str) -> float:
        """How close the meanings are: 0 for opposite or unrelated texts, 1 for the same.

        Raises:
            GoldenSetError: If the embedder returns something else than a vector a text.
        """
        if expected not in self._known:
            self._known[expected] = self._vectors(expected)
        return min(1.0, max(0.0, _cosine(self._known[expected], self._vectors(answer))))

    def _vectors(self, text: str) -> Vector:
        found = [[float(number) for number in vector] for vector in self._embed([text])]
        if len(found) != 1 or not found[0] or not all(map(isfinite, found[0])):
            raise GoldenSetError(
                "the embedder returned no vector of finite numbers for a text",
                remedy="return one list of floats a text from pytest_llm_embedder's function",
            )
        return found[0]


def _cosine(one: Vector, other: Vector) -> float:
    sizes = sqrt(sum(map(mul, one, one))) * sqrt(sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / sizes if sizes else 0.0


def no_embedder(expected: str, answer: str) -> NoReturn:
    """Stands where no embedder was given.

    Raises:
        GoldenSetError: Always.
    """
    del expected, answer
    raise GoldenSetError(
        "the grader semantic needs an embedder",
        remedy="return one from pytest_llm_embedder(config) in conftest.py: texts -> vectors",
    )


def no_judge(rubric: str, answer: str, case: Case) -> NoReturn:
    """Stands where no judge was given.

    Raises:
        GoldenSetError: Always.
    """
    del rubric, answer
    raise GoldenSetError(
        "the grader judge needs a judge",
        where=case.where,
        remedy="return one from pytest_llm_judge(config) in conftest.py: "
        "(rubric, answer, case) -> bool, number from 0 to 1 or Score",
    )
