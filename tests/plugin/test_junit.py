"""`--junitxml`: CI systems show cases and the gate without knowing us."""

import xml.etree.ElementTree as ET

from tests.plugin.conftest import Project


def test_a_failed_gate_is_a_failed_test_case(project: Project) -> None:
    """One synthetic case carries the reasons; each case carries its figures as properties."""
    project.accept()
    project.bot(worse=8)
    assert project.run("--junitxml=junit.xml", "-n", "2").ret == 1
    root = ET.parse(project.root / "junit.xml").getroot()
    (failure,) = root.iter("failure")
    assert "pass rate" in (failure.text or "")
    names = {case.get("name") for case in root.iter("testcase")}
    assert "bot" in names
    told = {p.get("name"): p.get("value") for p in root.iterfind("testsuite/properties/property")}
    assert told["llm_verdict"] == "fail"
    assert told["llm_bot_pass_rate"] == "0.6"
    case = next(c for c in root.iter("testcase") if c.get("name") == "test_bot[case-03]")
    found = {p.get("name"): p.get("value") for p in case.iter("property")}
    assert found["llm_case"] == "case-03"
    assert found["llm_passed"] == "False"
    assert float(found["llm_latency_ms"] or "nan") >= 0.0


def test_a_passed_gate_adds_no_case(project: Project) -> None:
    """The file of a passing run has the tests and nothing else."""
    assert project.run("--junitxml=junit.xml").ret == 0
    root = ET.parse(project.root / "junit.xml").getroot()
    assert len(list(root.iter("testcase"))) == 60
    assert not list(root.iter("failure"))


def test_a_suite_of_any_name_leaves_a_file_that_parses(project: Project) -> None:
    """What XML cannot hold, in the name of a suite and in the id of a case, is spelled out."""
    project.golden([{"id": "a]]><b>", "input": "x", "contains": "yes"}])
    test = (project.root / "test_bot.py").read_text("utf-8").replace('"no" if', '"no" if True or')
    test = test.replace("repeats=3", r'repeats=3, suite="s\x00\x1b[2J\ud800]]><x>"')
    project.write("test_bot.py", test)
    project.write("llm-telemetry.toml", "schema_version = 1\n[limits.pass_rate]\nmin = 1.0\n")
    result = project.run("--junitxml=junit.xml")
    assert result.ret == 1
    root = ET.parse(project.root / "junit.xml").getroot()
    assert len(list(root.iter("failure"))) == 1
    assert {element.tag for element in root.iter()} <= {
        *("testsuites", "testsuite", "testcase", "properties", "property", "failure"),
    }
