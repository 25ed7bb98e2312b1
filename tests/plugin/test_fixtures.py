"""`golden_case` and `llm_telemetry` are fixtures as any other, though pytest need not set them up."""

from tests.plugin.conftest import Project

HEAD = """
import pytest

@pytest.mark.golden_set("golden/bot.jsonl")
def test_bot({names}):
    {body}
"""


def test_a_fixture_may_ask_for_ours(project: Project) -> None:
    """It gets the case that the test gets, and a logger that writes into the run."""
    project.write(
        "conftest.py",
        "import pytest\n"
        "@pytest.fixture\n"
        "def answer(golden_case, llm_telemetry):\n"
        "    return llm_telemetry.wrap(lambda q: 'yes')(golden_case.input), golden_case\n",
    )
    body = "assert answer[1] is golden_case and golden_case.check(answer[0])"
    project.write("test_bot.py", HEAD.format(names="answer, golden_case", body=body))
    project.run().assert_outcomes(passed=20)
    assert sum(event["event"] == "query_success" for event in project.events()) == 20


def test_a_project_may_put_its_own_in_their_place(project: Project) -> None:
    """A fixture of the same name is the one that the test gets."""
    project.write(
        "conftest.py",
        "import pytest\n"
        "@pytest.fixture\n"
        "def llm_telemetry(llm_telemetry):\n"
        "    return 'ours', llm_telemetry\n"
        "@pytest.fixture\n"
        "def golden_case(golden_case):\n"
        "    return 'the case', golden_case\n",
    )
    body = "assert (llm_telemetry[0], golden_case[0]) == ('ours', 'the case')"
    project.write("test_bot.py", HEAD.format(names="golden_case, llm_telemetry", body=body))
    project.run().assert_outcomes(passed=20)


def test_a_case_says_where_its_test_stands(project: Project) -> None:
    """Its location is that of its function, in a class too, with its own name."""
    project.write(
        "test_bot.py",
        "import pytest\n"
        "class TestBot:\n"
        "    @pytest.mark.golden_set('golden/bot.jsonl')\n"
        "    @pytest.mark.parametrize('tone', ['kind', 'curt'])\n"
        "    def test_bot(self, golden_case, tone):\n"
        "        pass\n",
    )
    project.write(
        "conftest.py",
        "def pytest_collection_finish(session):\n"
        "    for item in session.items:\n"
        "        path, line, name = item.reportinfo()\n"
        "        assert item.location == (path.name, line, name)\n"
        "        assert name.startswith('TestBot.test_bot[') and item.name in name\n",
    )
    project.run().assert_outcomes(passed=40)
