"""A first run informs: there is nothing to compare with yet."""

from tests.plugin.conftest import Project


def test_without_a_baseline_the_run_passes_and_says_how_to_accept_it(project: Project) -> None:
    """No baseline is no fault: exit 0, and the command that accepts the run."""
    result = project.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*no baseline and no limits yet*", "*llm-telemetry baseline accept*"]
    )


def test_a_first_run_without_an_answer_is_no_pass_and_no_baseline(project: Project) -> None:
    """A bot whose every call fails (no key, say) cannot be judged, and is not what others are held to."""
    bot = (project.root / "test_bot.py").read_text(encoding="utf-8")
    project.write("test_bot.py", bot.replace("    return ", "    raise OSError\n    return "))
    result = project.run("--llm-update-baseline")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*no call was answered: all of 60 calls failed (OSError)*"])
    assert not (project.root / "baselines").exists()


def test_without_a_baseline_absolute_limits_are_judged(project: Project) -> None:
    """A broken absolute limit fails a first run like any other."""
    project.write("llm-telemetry.toml", "schema_version = 1\n[limits.pass_rate]\nmin = 0.9\n")
    project.bot(worse=8)
    result, report = project.report()
    assert result.ret == 1
    (check,) = [c for c in report["suites"][0]["checks"] if c["status"] == "fail"]
    assert (check["metric"], check["kind"]) == ("pass_rate", "absolute")


def test_a_required_baseline_that_is_missing_cannot_be_judged(project: Project) -> None:
    """--llm-require-baseline turns a first run into exit 4 with the remedy."""
    result = project.run("--llm-require-baseline")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*has no baseline*"])


def test_a_slip_in_the_name_of_the_baseline_is_told(project: Project) -> None:
    """A file that was named and is not there is no silent first run."""
    result = project.run("--llm-baseline", "basline.json")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["basline.json is not there: nothing to compare with"])


def test_accepting_writes_the_baseline_and_the_next_run_is_compared(project: Project) -> None:
    """--llm-update-baseline writes baselines/<suite>.json, and the next run uses it."""
    project.accept()
    assert (project.root / "baselines" / "bot.json").is_file()
    result, report = project.report()
    assert result.ret == 0
    assert report["suites"][0]["baseline"]
