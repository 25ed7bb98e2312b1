"""A baseline for each model that a team runs its golden set with."""

import json
from pathlib import Path

import pytest

from pytest_llm_telemetry.cli import main
from tests.plugin.conftest import Project, project  # noqa: F401 - the fixture is used by its name

BOT = """
import os
import pytest

def ask(question):
    answer = {"gpt-4o": "yes", "gpt-5": "no"}[os.environ["MODEL"]]
    return {"model": os.environ["MODEL"], "choices": [{"message": {"content": answer}}]}

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot(golden_case, llm_telemetry):
    answer = llm_telemetry.wrap(ask)(golden_case.input)
    golden_case.check(answer["choices"][0]["message"]["content"])
"""


def test_each_model_is_compared_with_itself(
    project: Project,  # noqa: F811 - a fixture
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The baseline of the model that answered goes before the suite's own."""
    project.write("test_bot.py", BOT)
    root = ["--root", str(project.root)]
    for model in ("gpt-4o", "gpt-5"):
        monkeypatch.setenv("MODEL", model)
        project.run("-q")
        assert main(["baseline", "accept", "--per-model", "--why", model, *root]) == 0
    names = sorted(path.name for path in (project.root / "baselines").iterdir())
    assert len(names) == 2
    assert all(name.startswith("bot-gpt-") for name in names)
    assert project.run("--llm-require-baseline", "-q").ret == 0
    monkeypatch.setenv("MODEL", "gpt-4o")
    assert project.run("--llm-require-baseline", "-q").ret == 0
    assert main(["baseline", "diff", *root]) == 0
    capsys.readouterr()


def test_an_old_baseline_says_its_age(project: Project) -> None:  # noqa: F811 - a fixture
    """A season after the last decision a note asks for another look; it fails nothing."""
    project.accept()
    (path,) = (project.root / "baselines").iterdir()
    document = json.loads(path.read_text(encoding="utf-8"))
    document["accepted"][0]["at"] = "2020-01-01T00:00:00.000Z"
    Path(path).write_text(json.dumps(document), encoding="utf-8")
    result, report = project.report()
    assert result.ret == 0
    assert any("days old" in note for note in report["suites"][0]["notes"])


def test_several_models_have_no_baseline_of_one(
    project: Project,  # noqa: F811 - a fixture
    capsys: pytest.CaptureFixture[str],
) -> None:
    """--per-model refuses where no single model answered."""
    project.run("-q")
    assert main(["baseline", "accept", "--per-model", "--root", str(project.root)]) == 4
    assert "needs one model" in capsys.readouterr().err
