"""The FastAPI and the Flask example, asked as their users ask them; Flask under real gunicorn."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import Request, urlopen

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def load(folder: str, log: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An example's module, writing to this log."""
    monkeypatch.setenv("LLM_LOG", str(log))
    spec = importlib.util.spec_from_file_location(folder, EXAMPLES / folder / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, folder, module)
    spec.loader.exec_module(module)
    return module


def events(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().splitlines()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "llm.jsonl"


async def asked(app: Any) -> str:
    """Ask the FastAPI example in its own event loop: an answer, a stream, a word of feedback."""
    about = {"x-session": "s1", "x-user": "anna"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        query = {"question": "May I?"}
        answer = (await client.get("/answer", params=query, headers=about)).json()
        stream = await client.get("/stream", params=query, headers=about)
        assert stream.text == "You can."
        await client.post(f"/feedback/{answer['query_id']}", params={"score": 1})
    return str(answer["query_id"])


def test_fastapi(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers, streams and feedback are events with the session and the hashed user on them."""
    import asyncio  # noqa: PLC0415 - of this test only

    module = load("fastapi_handler", log, monkeypatch)
    query_id = asyncio.run(asked(module.app))
    module.telemetry.close()
    found = events(log)
    kinds = ["query_start", "query_success"] * 2 + ["query_score"]
    assert [event["event"] for event in found] == kinds
    assert {event.get("session_id") for event in found[:4]} == {"s1"}
    assert len({event["user_hash"] for event in found[:4]}) == 1
    assert "anna" not in log.read_text(encoding="utf-8")
    assert found[1]["input_tokens"] == 6
    assert found[3]["streaming"] is True
    assert found[4]["query_id"] == query_id


def test_flask_names_the_query_in_its_own_log(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service's own line about the call carries the id of the event."""
    module = load("flask_handler", log, monkeypatch)
    response = module.app.test_client().get("/answer?question=May+I", headers={"x-session": "s2"})
    module.telemetry.close()
    assert response.json["answer"] == "You can."
    start, end = events(log)
    assert (start["session_id"], end["input_tokens"]) == ("s2", 5)
    assert f"INFO {start['query_id']} asking the model" in capsys.readouterr().err


@pytest.fixture
def gunicorn(log: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Gunicorn with four forked workers on a free port of loopback; the app is loaded before."""
    options = ["--preload", "--workers", "4", "--bind", "127.0.0.1:0", "--no-control-socket"]
    # A worker that is told to end before it listens for that is waited for, 30 seconds by default.
    options += ["--graceful-timeout", "5"]
    command = [sys.executable, "-m", "gunicorn", *options, "app:app"]
    place = {"cwd": EXAMPLES / "flask_handler", "env": {**os.environ, "LLM_LOG": str(log)}}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **place) as server:  # type: ignore[call-overload]  # options as a dict
        assert server.stderr is not None
        heard = ""
        while (place_found := re.search(r"Listening at: (http://[\d.:]+)", heard)) is None:
            line = server.stderr.readline()
            assert line, heard
            heard += line
        try:
            yield place_found[1], server
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)


def test_flask_under_gunicorn(log: Path, gunicorn: tuple[str, "subprocess.Popen[str]"]) -> None:
    """Four workers, forked after the logger was made, share one file: both events of each call."""
    url, _ = gunicorn

    def ask(number: int) -> int:
        request = Request(f"{url}/answer?question=May+I", headers={"x-session": f"s{number}"})
        with urlopen(request, timeout=30) as response:
            return int(json.load(response)["worker"])

    workers: set[int] = set()
    asked = 0
    with ThreadPoolExecutor(8) as pool:
        while len(workers) < 2:  # the kernel chooses who answers
            assert asked < 2000
            workers |= set(pool.map(ask, range(asked, asked + 80)))
            asked += 80
    found = [(event["session_id"], event["event"]) for event in events(log)]
    assert len(workers) > 1
    assert sorted(found) == sorted(
        (f"s{number}", kind) for number in range(asked) for kind in ("query_start", "query_success")
    )
    assert len({event["query_id"] for event in events(log)}) == asked
