"""How a session's rooms are loaded."""

from tests.plugin.conftest import Project


def test_pytest_rewrites_none_of_our_rooms(project: Project) -> None:
    """Only what is loaded when idle goes through its rewriting of assertions, which takes long."""
    project.write(
        "test_loaders.py",
        "import sys\n"
        "def test_loaders():\n"
        "    rewritten = [name for name, module in sys.modules.items()\n"
        "                 if name.startswith('pytest_llm_telemetry')\n"
        "                 and 'Rewriting' in type(module.__loader__).__name__]\n"
        "    assert len(rewritten) <= 3, rewritten\n"
        "    assert 'pytest_llm_telemetry.plugin.session' in sys.modules\n",
    )
    project.run("test_loaders.py").assert_outcomes(passed=1)


def test_a_projects_assertions_are_still_explained(project: Project) -> None:
    """What pytest rewrites besides, it goes on to rewrite: tests, and modules that ask for it."""
    project.write("asking.py", "def same(a, b):\n    assert a == b\n")
    project.write("conftest.py", "import pytest\npytest.register_assert_rewrite('asking')\n")
    project.write(
        "test_one.py",
        "from asking import same\n"
        "def test_here():\n    assert [1, 2] == [1, 3]\n"
        "def test_there():\n    same([1, 2], [1, 3])\n",
    )
    result = project.run("test_one.py")
    result.assert_outcomes(failed=2)
    assert result.stdout.str().count("At index 1 diff: 2 != 3") >= 2
