"""The same expressions on a real Spark: a standalone master and worker on loopback."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.storage import runs
from pytest_llm_telemetry.storage.warehouse import open_warehouse
from tests.storage.warehouse.world import SERVICES, World, assert_same, core_figures, written

pytest.importorskip("duckdb", reason="needs the extra warehouse")
pytest.importorskip("ibis", reason="needs the extra warehouse")
PYSPARK = getattr(find_spec("pyspark"), "origin", None)
pytestmark = pytest.mark.skipif(
    PYSPARK is None or shutil.which("java") is None,
    reason="needs pyspark and java 17: make spark",
)

ROOT = Path(__file__).parents[3]
ENOUGH_S = 600  # on a busy machine; half a minute is usual


def environment(folder: Path) -> dict[str, str]:
    """All of Spark on loopback, in little memory, with its files in a folder of the test."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SPARK_")},
        "SPARK_HOME": str(Path(str(PYSPARK)).parent),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_NO_DAEMONIZE": "1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def daemon(folder: Path, kind: str, *arguments: str) -> Iterator[None]:
    """A process of the cluster while a block runs."""
    settings = environment(folder)
    script = Path(settings["SPARK_HOME"]) / "bin" / "spark-class"
    with (folder / f"{kind.rpartition('.')[2]}.log").open("wb") as log:
        process = subprocess.Popen(
            [script, f"org.apache.spark.deploy.{kind}", *arguments],
            env=settings,
            cwd=folder,
            stdout=log,
            stderr=log,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a master with one worker, and the folder of their logs."""
    folder = tmp_path_factory.mktemp("spark")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--webui-port", "0")
    small = ("--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work"))
    with (
        daemon(folder, "master.Master", *here, "--port", str(port)),
        daemon(folder, "worker.Worker", *here, *small, url),
    ):
        wait_for(folder / "Worker.log", "Successfully registered with master")
        yield url, folder


def wait_for(log: Path, words: str) -> None:
    end = time.monotonic() + ENOUGH_S
    while words not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < end, log.read_text(encoding="utf-8")[-2000:]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Production calls of five services, and a golden run with judges and controls."""
    folder = tmp_path_factory.mktemp("lake")
    logs = [
        written(folder / "llm.jsonl", World(7).production(1500)),
        written(folder / "run" / runs.EVENTS, World(3).golden("support", cases=40, repeats=3)),
    ]
    with open_warehouse() as warehouse:
        warehouse.load(logs)
        warehouse.export(folder / "lake", "host")
    return folder


@pytest.fixture(scope="module")
def answers(cluster: tuple[str, Path], lake: Path) -> dict[str, Any]:
    """What the cluster says of the lake."""
    url, folder = cluster
    driver = subprocess.run(
        [sys.executable, "-m", "tests.storage.warehouse.spark_driver", url, str(lake / "lake")],
        env=environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=ENOUGH_S,
        check=False,
    )
    assert driver.returncode == 0, driver.stderr[-3000:]
    found: dict[str, Any] = json.loads(driver.stdout.splitlines()[-1])
    return found


def test_it_is_the_cluster_that_answers(answers: dict[str, Any], cluster: tuple[str, Path]) -> None:
    """The work was done by an executor of the worker, not in the driver."""
    assert answers["master"] == cluster[0]
    assert answers["executors"] == 1
    assert [path.name for path in (cluster[1] / "work").glob("app-*/*")] == ["0"]


def by(answers: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """The figures of each service of production, or of each suite of the run."""
    return {row[key]: row for row in answers["figures"] if row[key] is not None}


def test_the_figures_of_services_are_the_cores(answers: dict[str, Any], lake: Path) -> None:
    """Nested, sampled, cached, failed, unpriced and scored calls of a production log."""
    found, expected = by(answers, "service"), core_figures(lake / "llm.jsonl")
    assert set(found) == set(expected) == set(SERVICES)
    for service, figures in expected.items():
        assert_same(found[service], figures)


def test_the_figures_of_a_golden_run_are_the_cores(answers: dict[str, Any], lake: Path) -> None:
    """Attempts, controls and judges of a run."""
    found, expected = by(answers, "suite"), core_figures(lake / "run")
    assert set(found) == set(expected) == {"support", "support@control"}
    for suite, figures in expected.items():
        assert_same(found[suite], figures)


def test_errors_are_counted_by_type(answers: dict[str, Any]) -> None:
    """All failed queries that are no controls are there, whatever service they belong to."""
    kinds = {row["error_type"]: row["queries"] for row in answers["errors"]}
    counted = [row for row in answers["figures"] if row["suite"] != "support@control"]
    failed = sum(row["queries"] * row["error_rate"] for row in counted)
    assert set(kinds) == {"RateLimitError", "Timeout"}
    assert sum(kinds.values()) == pytest.approx(failed, rel=1e-9)
