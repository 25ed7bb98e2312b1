"""The composite action, step by step, by the commands that stand in its YAML."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.ci.conftest import ROOT, TOKEN, Forge, Runner, bot, git, project, steps_of

pytestmark = pytest.mark.usefixtures("alone")
ACTION = ".github/actions/llm-quality/action.yml"
INPUTS = {
    "inputs.install": "",
    "inputs.arguments": "-p no:cacheprovider",
    "inputs.working-directory": ".",
    "inputs.baseline-ref": "",
    "inputs.comment": "true",
    "inputs.artifact": "llm-quality",
    "inputs.token": TOKEN,
    "inputs.history": "true",
    "github.event_name": "pull_request",
    "github.run_id": "42",
    "github.run_attempt": "1",
}


def runner(root: Path, forge: Forge, **changed: str) -> Runner:
    event = root.parent / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    values = INPUTS | {f"inputs.{name.replace('_', '-')}": text for name, text in changed.items()}
    environment = {
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "team/bot",
        "GITHUB_EVENT_PATH": str(event),
    }
    return Runner(root, values, environment)


def test_a_regression_fails_the_job_and_still_leaves_everything(
    tmp_path: Path, forge: Forge
) -> None:
    """Status 1, outputs, summary, one comment, and the run and its reports in the artifact."""
    root = project(tmp_path, worse=True)
    job = runner(root, forge)
    status, printed = job.run(steps_of(ACTION))
    assert status == 1, printed
    outputs = {name: text for name, text in job.values.items() if name.startswith("steps.run")}
    assert outputs["steps.run.outputs.verdict"] == "fail"
    assert outputs["steps.run.outputs.exit-status"] == "1"
    stored = f".llm-telemetry/runs/{outputs['steps.run.outputs.run-id']}"
    assert (root / stored).is_dir()
    assert (root / outputs["steps.run.outputs.report"]).is_file()
    assert "FAIL" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "FAIL" in forge.comments[0]["body"]
    assert len(forge.comments) == 1
    assert job.uploaded == [f"./{stored}", "./.llm-telemetry/reports"]
    assert TOKEN not in printed
    bot(root, answer="yes")
    status, printed = job.run(steps_of(ACTION))
    assert (status, job.values["steps.run.outputs.verdict"]) == (0, "pass"), printed
    assert "PASS" in forge.comments[0]["body"]
    assert len(forge.comments) == 1


def test_a_change_cannot_lower_its_own_bar(tmp_path: Path, forge: Forge) -> None:
    """With `baseline-ref` the baseline and the thresholds are those of that branch."""
    root = project(tmp_path)
    git(root, "switch", "-qc", "change")
    bot(root, answer="no")
    (root / "llm-telemetry.toml").unlink()
    git(root, "rm", "-rq", "--cached", "baselines")
    for file in (root / "baselines").iterdir():
        file.unlink()
    job = runner(root, forge, baseline_ref="main", comment="false")
    status, printed = job.run(steps_of(ACTION))
    assert (status, job.values["steps.run.outputs.verdict"]) == (1, "fail"), printed
    assert (root / "llm-telemetry.toml").is_file()
    assert forge.comments == []


def test_a_pull_request_sets_its_answers_beside_those_of_its_base(
    tmp_path: Path, forge: Forge
) -> None:
    """The runs that a branch's jobs left in the cache give a change's report the accepted answers."""
    root = project(tmp_path)
    main = runner(root, forge, comment="false")
    main.values |= {"github.event_name": "push", "github.run_id": "1"}
    assert main.run(steps_of(ACTION))[0] == 0
    shutil.rmtree(root / ".llm-telemetry")
    bot(root, answer="no")
    change = runner(root, forge)
    change.cache = main.cache
    assert change.run(steps_of(ACTION))[0] == 1
    page = (root / change.values["steps.run.outputs.report"]).read_text(encoding="utf-8")
    assert "answer, beside the accepted one" in page
    assert list(change.cache) == ["llm-telemetry-runs/llm-quality/1-1"]


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        ("push", True),
        ("schedule", True),
        ("pull_request", False),
        ("pull_request_target", False),
        ("workflow_run", False),
    ],
)
def test_only_what_a_branch_sets_off_writes_the_cache(
    tmp_path: Path, forge: Forge, event: str, *, kept: bool
) -> None:
    """A stranger's pull request cannot leave anything there; 20 runs stay, and the accepted ones."""
    runs = tmp_path / "project/.llm-telemetry/runs"
    for number in range(1, 26):
        (runs / f"2026-01-{number:02}").mkdir(parents=True)
        (runs / f"2026-01-{number:02}/events.jsonl").touch()
    baseline = tmp_path / "project/baselines/bot.json"
    baseline.parent.mkdir()
    baseline.write_text('{"accepted": [{"run_id": "2026-01-02"}]}', encoding="utf-8")
    job = runner(tmp_path / "project", forge)
    job.values["github.event_name"] = event
    names = ("Forget old runs that no baseline is made of", "Keep the stored runs for the next job")
    assert job.run([step for step in steps_of(ACTION) if step.get("name") in names])[0] == 0
    found = {path.parts[0] for files in job.cache.values() for path in files}
    assert found == ({path.name for path in runs.iterdir()} if kept else set())
    assert not kept or (len(found) == 21 and "2026-01-02" in found)


def test_what_is_installed_is_words_and_no_script(tmp_path: Path, forge: Forge) -> None:
    """The input reaches pip as words, whatever a shell would make of it."""
    root = tmp_path / "project"
    root.mkdir()
    pip = tmp_path / "bin" / "python"
    pip.parent.mkdir()
    pip.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n', encoding="utf-8")
    pip.chmod(0o755)
    job = runner(root, forge, install="-r requirements.txt $(touch x);y 'a b'")
    job.environment["PATH"] = f"{pip.parent}{os.pathsep}{job.environment['PATH']}"
    status, printed = job.run(steps_of(ACTION)[:1])
    assert status == 0
    words = "-m pip install --quiet --disable-pip-version-check -r requirements.txt $(touch x);y"
    assert (
        printed == "".join(f"<{word}>" for word in words.split()[:-2]) + "<$(touch><x);y><'a><b'>"
    )
    assert list(root.iterdir()) == []


def test_a_run_that_never_judged_has_no_verdict(tmp_path: Path, forge: Forge) -> None:
    """Wrong usage is pytest's own status; a report of an earlier run is not taken for this one's."""
    root = project(tmp_path)
    job = runner(root, forge, arguments="--no-such-option")
    status, printed = job.run(steps_of(ACTION))
    assert (status, job.values["steps.run.outputs.verdict"]) == (4, ""), printed
    assert forge.comments == []


def test_the_comment_of_a_fork_judges_again_by_the_default_branch(
    tmp_path: Path, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored run is data: the verdict is ours, and the request is found by its commit."""
    root = project(tmp_path, worse=True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    fork = Runner(root, {}, {})
    run = steps_of("examples/workflows/pull-request.yml", "golden-set")
    status, printed = fork.run([step for step in run if "pip" not in step.get("run", "pip")])
    assert status == 1, printed
    found = tmp_path / "found"
    (found / ".llm-telemetry").mkdir(parents=True)
    (root / ".llm-telemetry/runs").rename(found / ".llm-telemetry/runs")
    git(root, "reset", "-q", "--hard", "HEAD~1")
    forge.pulls = [
        {"number": 6, "head": {"sha": "old"}},
        {"number": 7, "head": {"sha": "new"}},
    ]
    values = {
        "runner.temp": str(tmp_path),
        "github.token": TOKEN,
        "github.event.workflow_run.head_repository.owner.login": "stranger",
        "github.event.workflow_run.head_branch": "patch-1",
        "github.event.workflow_run.head_sha": "new",
    }
    where = {"GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "team/bot"}
    job = Runner(root, values, where)
    steps = steps_of("examples/workflows/pull-request-comment.yml", "comment")
    step = next(step for step in steps if step.get("name") == "Judge it again, and say it")
    step["env"]["FOUND"] = str(found)
    status, printed = job.run([step])
    assert status == 0, printed
    assert "FAIL" in forge.comments[0]["body"]
    assert ("POST", "/repos/team/bot/issues/7/comments") in forge.calls


@pytest.mark.parametrize("name", ["nightly", "monthly-regression"])
def test_a_scheduled_workflow_names_options_that_exist(name: str, tmp_path: Path) -> None:
    """The pytest line of each schedule runs as it stands against a project."""
    root = project(tmp_path)
    job = Runner(root, {"secrets.OPENAI_API_KEY": "", "github.run_id": "1"}, {})
    job.values["secrets.LLM_TELEMETRY_SLACK_WEBHOOK"] = ""
    steps = steps_of(
        f"examples/workflows/{name}.yml", "golden-set" if name == "nightly" else "regression"
    )
    status, printed = job.run([step for step in steps if "pip" not in step.get("run", "")])
    assert status == 0, printed


def test_a_new_baseline_is_proposed_as_a_pull_request(tmp_path: Path) -> None:
    """The monthly job pushes a branch with it, and asks a person; an unchanged one asks nobody."""
    root = project(tmp_path)
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "-q", "--bare", root, bare], check=True)
    asked = tmp_path / "asked"
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\n', encoding="utf-8")
    gh.chmod(0o755)
    values = {
        "github.token": TOKEN,
        "github.repository": "team/bot",
        "github.server_url": "https://github.com",
        "github.run_id": "42",
        "github.ref_name": "main",
    }
    address = f"https://x-access-token:{TOKEN}@github.com/team/bot.git"
    environment = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{bare.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }
    job = Runner(root, values, environment)
    job.environment["PATH"] = f"{gh.parent}{os.pathsep}{job.environment['PATH']}"
    steps = steps_of("examples/workflows/monthly-regression.yml", "propose")
    step = next(step for step in steps if step.get("name") == "Propose the baseline")
    shutil.copytree(root / "baselines", root / "found/baselines")
    assert job.run([step]) == (0, "the baseline is unchanged\n")
    assert not asked.exists()
    shutil.copytree(root / "baselines", root / "found/baselines")
    (root / "found/baselines/new.json").write_text("{}\n", encoding="utf-8")
    status, printed = job.run([step])
    assert status == 0, printed
    assert TOKEN not in printed
    assert "Refresh the LLM baseline" in asked.read_text(encoding="utf-8")
    branches = subprocess.run(
        ["git", "-C", bare, "show", "--name-only", "--format=", "llm-baseline-42"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert branches.stdout == "baselines/new.json\n"


def test_every_input_is_documented() -> None:
    """The page on CI has a row for each input of the action, and no other."""
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    table = page.split("| input |")[1].split("\n\n")[0]
    rows = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    action = yaml.safe_load((ROOT / ACTION).read_text(encoding="utf-8"))
    assert sorted(rows) == sorted(action["inputs"])


def test_every_action_is_pinned_to_a_commit() -> None:
    """A tag can be moved to other code; a commit cannot."""
    files = [
        *ROOT.glob(".github/**/*.yml"),
        *ROOT.glob("examples/workflows/*.yml"),
        *ROOT.glob("pytest_llm_telemetry/cli/templates/*.yml"),
    ]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    used = [line.split("uses:")[1].split() for line in lines if "uses:" in line]
    assert len(used) >= 10
    for words in used:
        _, _, commit = words[0].partition("@")
        assert len(commit) == 40, words
        assert words[1] == "#", words
