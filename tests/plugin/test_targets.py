"""Golden sets without Python: `llm-telemetry.toml` names the file and what answers it."""

import pytest

from tests.plugin.conftest import Project

SETTINGS = """
schema_version = 1
[suites.bot]
golden = "golden/bot.jsonl"
target = "app.bot:answer"
repeats = 2
"""
BOTS = {
    "function": 'def answer(question):\n    return "yes"\n',
    "async": 'async def answer(question):\n    return "yes"\n',
    "stream": 'def answer(question):\n    yield "y"\n    yield "es"\n',
    "async stream": 'async def answer(question):\n    yield "y"\n    yield "es"\n',
}


@pytest.fixture
def bare(project: Project) -> Project:
    """A project whose cases no test function names."""
    (project.root / "test_bot.py").unlink()
    project.write("llm-telemetry.toml", SETTINGS)
    project.write("app/__init__.py", "")
    project.write("app/bot.py", BOTS["function"])
    return project


@pytest.mark.parametrize("bot", BOTS)
def test_a_target_of_any_kind_answers_the_cases(bare: Project, bot: str) -> None:
    """Functions, coroutines and generators are asked, recorded and graded like a test's."""
    bare.write("app/bot.py", BOTS[bot])
    result, report = bare.report()
    assert (result.ret, report["status"]) == (0, "pass")
    result.assert_outcomes(passed=40)
    ends = [event for event in bare.events() if event["event"] == "query_success"]
    assert len(ends) == 40
    assert {event["suite"] for event in ends} == {"bot"}


def test_a_case_is_an_item_with_an_id(bare: Project) -> None:
    """`--collect-only` names them, `-k` selects by id and by tag, and by id on the command line."""
    bare.golden(
        [
            {"id": f"case-{n}", "input": "q", "contains": "yes", "tags": ["odd"] if n % 2 else []}
            for n in range(6)
        ]
    )
    listed = bare.run("--collect-only", "-q")
    listed.stdout.fnmatch_lines(
        ["llm-telemetry.toml::bot?case-3?", "llm-telemetry.toml::bot?case-3#2?"]
    )
    bare.run("-k", "odd").assert_outcomes(passed=6, deselected=6)
    bare.run("llm-telemetry.toml::bot[case-3]").assert_outcomes(passed=1)
    bare.run("-n", "2").assert_outcomes(passed=12)


def test_they_run_beside_other_tests_and_only_when_asked(bare: Project) -> None:
    """Tests that the user names are all that runs; without the option nothing is collected."""
    bare.write("tests/test_other.py", "def test_other(): pass\n")
    bare.run().assert_outcomes(passed=41)
    bare.run("tests").assert_outcomes(passed=1)
    idle = bare.pytester.runpytest_subprocess()
    idle.assert_outcomes(passed=1)


def test_testpaths_do_not_hide_them(bare: Project) -> None:
    """The settings file is visited though testpaths name another folder."""
    bare.write("pytest.ini", "[pytest]\ntestpaths = tests\n")
    bare.write("tests/test_other.py", "def test_other(): pass\n")
    bare.run().assert_outcomes(passed=41)


def test_a_failing_case_names_its_own_line(bare: Project) -> None:
    """A breach points into the golden file, since there is no test to point at."""
    bare.accept()
    bare.write("app/bot.py", 'def answer(question):\n    return "no"\n')
    result, report = bare.report()
    assert result.ret == 1
    checks = report["suites"][0]["checks"]
    cases = next(check["cases"] for check in checks if check["metric"] == "pass_rate")
    assert cases[0]["where"].startswith("golden/bot.jsonl:")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (SETTINGS.replace("app.bot:answer", "app.bot:nothing"), "*app.bot:nothing*no attribute*"),
        (SETTINGS.replace("app.bot:answer", "app.none:answer"), "*No module named*app.none*"),
        (SETTINGS.replace("app.bot:answer", "app.bot:__name__"), "*cannot be called*"),
        (SETTINGS.replace("golden/bot", "golden/none"), "*golden/none.jsonl*neither beside*"),
        (SETTINGS.replace('target = "app.bot:answer"', ""), "*suite 'bot' has no target*"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_error(bare: Project, settings: str, told: str) -> None:
    """The line of the settings file and the remedy, no traceback, and the run is not judged."""
    bare.write("llm-telemetry.toml", settings)
    result = bare.run()
    assert result.ret == 4
    text = result.stdout.str() + result.stderr.str()
    pytest.LineMatcher(text.splitlines()).fnmatch_lines([told])
    assert "Traceback" not in text
    assert "llm-telemetry.toml:3" in text
