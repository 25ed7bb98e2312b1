"""The shapes of a decision, and the words of an error."""

import pytest

from pytest_llm_telemetry.core.errors import BaselineError, ConfigError, TelemetryError
from pytest_llm_telemetry.core.verdict import Check, Problem, Verdict, VerdictStatus, worst


@pytest.mark.parametrize(
    ("status", "code"), [("pass", 0), ("fail", 1), ("budget", 3), ("error", 4)]
)
def test_a_verdict_has_an_exit_status(status: VerdictStatus, code: int) -> None:
    """2 is left to usage errors."""
    assert Verdict(suite="s", status=status).exit_status == code


def test_breaches_are_the_binding_checks_that_failed() -> None:
    """An advisory failure and a binding pass are none."""
    broken = Check(metric="score", kind="absolute", status="fail")
    advice = Check(metric="score", kind="relative", status="fail", binding=False)
    held = Check(metric="score", kind="relative", status="pass")
    assert Verdict(suite="s", status="fail", checks=(held, advice, broken)).breaches == (broken,)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], "pass"),
        (["pass", "error"], "error"),
        (["error", "budget"], "budget"),
        (["pass", "budget", "error", "fail"], "fail"),
    ],
)
def test_the_worst_status_of_several_suites_counts(
    statuses: list[VerdictStatus], status: VerdictStatus
) -> None:
    """A proven breach goes before what could not be judged."""
    assert worst(statuses) == status


@pytest.mark.parametrize(
    ("where", "remedy", "told"),
    [
        ("f.toml:3", "mend it", "f.toml:3: is broken; mend it"),
        ("", "mend it", "is broken; mend it"),
        ("f.toml:3", "", "f.toml:3: is broken"),
        ("", "", "is broken"),
    ],
)
def test_errors_and_problems_say_where_what_and_the_remedy(
    where: str, remedy: str, told: str
) -> None:
    """In this order, and without a trace of what is not known."""
    assert str(ConfigError("is broken", where=where, remedy=remedy)) == told
    assert str(Problem(what="is broken", where=where, remedy=remedy)) == told


def test_every_error_of_the_package_is_caught_by_one_name() -> None:
    """And keeps its parts apart for reports."""
    with pytest.raises(TelemetryError) as caught:
        raise BaselineError("is missing", where="b.json", remedy="accept a run")
    assert (caught.value.what, caught.value.where, caught.value.remedy) == (
        "is missing",
        "b.json",
        "accept a run",
    )
