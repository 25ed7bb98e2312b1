"""The records of a golden set: a case, its graders, and the score a grader gives."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, Literal, get_args

from pytest_llm_telemetry.core.records import dataclass

GraderType = Literal[
    "exact",
    "contains",
    "regex",
    "numeric",
    "json-schema",
    "similarity",
    "semantic",
    "judge",
    "custom",
]
GRADER_TYPES: tuple[GraderType, ...] = get_args(GraderType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grader:
    """One demand on an answer.

    `name` is the score's name, unique in its case. `value` is what is demanded: any JSON for
    exact, a tuple of texts for contains, a pattern for regex, a number for numeric, a JSON Schema
    for json-schema, the text to be close to for similarity and semantic, what is asked of the
    judge, the registered name for custom. `tolerance` is in the number's own unit; `min` is the
    smallest value in [0, 1] that passes, where a grader measures one; `votes` is how often a judge
    is asked.
    """

    type: GraderType
    name: str
    value: Any = None
    ignore_case: bool = False
    tolerance: float = 0.0
    min: float = 0.5
    votes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One golden case. `where` is `file:line`; `weight` counts in every rate of the suite.

    `expected` is what the graders compare with where they name no value of their own, and is
    there for custom graders; `metadata` is the team's own and is never read here.
    """

    id: str
    input: Any
    expected: Any = None
    graders: tuple[Grader, ...] = ()
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    where: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What one grader says of one answer: `value` in [0, 1], and in `explanation` why.

    With `passed` left at `None` it is a figure only and decides nothing.
    """

    name: str
    value: float
    passed: bool | None = None
    explanation: str = ""


# (answer, case) -> bool, number in [0, 1] or Score; what it returns is checked when it is called
CustomGrader = Callable[[Any, Case], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What the pure core cannot do by itself.

    `regex` and `json_schema` are called with the demand (pattern or schema) and the answer (text or
    JSON value) and return `None` if the answer fits, else why it does not ("" if there is nothing
    to add). `similarity` and `semantic` are called with two texts and return how close they are,
    from 0 to 1. `judge` is called with the rubric, the answer's text and the case, and returns what
    a custom grader returns.
    """

    regex: Callable[[str, str], str | None]
    json_schema: Callable[[Mapping[str, Any], Any], str | None]
    similarity: Callable[[str, str], float]
    semantic: Callable[[str, str], float]
    judge: Callable[[str, str, Case], object]
