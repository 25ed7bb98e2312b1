"""A forge on loopback that keeps comments, and a runner for the steps of an action or a job."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BOT = "github-actions[bot]"
TOKEN = "secret-token-of-the-job"


@dataclass
class Forge:
    """GitHub's and GitLab's few calls for comments, kept in a list."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    fails_with: int = 0
    url: str = ""

    def says(self, text: str, author: str = BOT) -> None:
        """Somebody's comment is there already."""
        entry = {"id": len(self.comments) + 1, "body": text}
        self.comments.append(
            entry | {"user": {"login": author}, "author": {"username": author.lower()}}
        )

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """What the forge answers; it changes the list as asked."""
        if path.endswith("/pulls"):
            return self.pulls
        if path == "/user":
            return {"username": BOT}
        if method == "GET":
            first = 100 * (int(query["page"][0]) - 1)
            return self.comments[first : first + 100]
        if method == "POST":
            self.says(body["body"])
        else:
            number = int(path.rsplit("/", 1)[1])
            self.comments[number - 1]["body"] = body["body"]
        return {}


class _Handler(BaseHTTPRequestHandler):
    forge: Forge

    def do_GET(self) -> None:
        """Answer as the forge does."""
        url = urlsplit(self.path)
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
        self.forge.calls.append((self.command, url.path))
        self.forge.tokens.add(
            self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
        )
        status = self.forge.fails_with or 200
        found = self.forge.answer(self.command, url.path, parse_qs(url.query), body)
        text = json.dumps(found if status == 200 else {"message": f"no: {TOKEN}"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815 - the base class looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Stay silent."""


@pytest.fixture
def forge() -> Iterator[Forge]:
    """A forge that runs while the test does."""
    forge = Forge()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"forge": forge}))
    forge.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield forge
    server.shutdown()
    thread.join()
    server.server_close()


_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}", re.DOTALL)


class Runner:
    """Runs the `run:` steps of an action or a job as a forge's runner would, in bash.

    `values` are what expressions stand for ("inputs.install"); a step whose `if` is not among
    the few forms that these files use is an error, so that none is left out in silence.
    """

    def __init__(self, folder: Path, values: dict[str, str], environment: dict[str, str]) -> None:
        self.folder = folder
        self.values = values
        self.output = folder.parent / "output.txt"
        self.uploaded: list[str] = []
        self.cache: dict[str, dict[Path, bytes]] = {}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "LLM_", "CI"))}
        self.environment = kept | {
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **environment,
        }

    def run(self, steps: list[dict[str, Any]]) -> tuple[int, str]:
        """The exit status of the job and all that it printed."""
        failed, printed = 0, ""
        for step in steps:
            if not self._wanted(step.get("if"), failed=bool(failed)):
                continue
            if "run" not in step:
                self._use(step)
                continue
            status, text = self._step(step)
            printed += text
            if status and not step.get("continue-on-error"):
                failed = status
        return failed, printed

    def _use(self, step: dict[str, Any]) -> None:
        """What GitHub's own actions do: upload, keep files, or put the newest of a prefix back."""
        given = {name: self._text(str(text)) for name, text in step.get("with", {}).items()}
        place = self.folder / given.get("path", "")
        if step["uses"].startswith("actions/cache/save@"):
            files = {path for path in place.rglob("*") if path.is_file()}
            kept = {path.relative_to(place): path.read_bytes() for path in files}
            self.cache.setdefault(given["key"], kept)
        elif step["uses"].startswith("actions/cache/restore@"):
            keys = [key for key in self.cache if key.startswith(given["restore-keys"])]
            for name, content in self.cache[keys[-1]].items() if keys else ():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).write_bytes(content)
        else:
            self.uploaded += given.get("path", "").split()

    def _step(self, step: dict[str, Any]) -> tuple[int, str]:
        self.output.write_text("", encoding="utf-8")
        env = {name: self._text(text) for name, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder / self._text(step.get("working-directory", ".")),
            env=self.environment | env,
            capture_output=True,
            text=True,
            check=False,
        )
        if "id" in step:
            for line in self.output.read_text(encoding="utf-8").splitlines():
                name, _, text = line.partition("=")
                self.values[f"steps.{step['id']}.outputs.{name}"] = text
        return done.returncode, done.stdout + done.stderr

    def _text(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self.values[found[1]], text)

    def _wanted(self, condition: str | None, *, failed: bool) -> bool:
        if condition is None:
            return not failed
        terms = re.split(r"\s*&&\s*", _EXPRESSION.sub(r"\1", condition))
        return all(self._holds(term, failed=failed) for term in terms) and (
            not failed or "always()" in terms
        )

    def _holds(self, term: str, *, failed: bool) -> bool:
        if term == "always()":
            return True
        if listed := re.fullmatch(r"contains\(fromJSON\('(.+)'\), ([\w.]+)\)", term):
            return self.values[listed[2]] in json.loads(listed[1])
        found = re.fullmatch(r"([\w.-]+) (==|!=) '(.*)'", term)
        assert found, f"a condition that this runner does not know: {term}"
        return (self.values[found[1]] == found[3]) is (found[2] == "==")


def steps_of(path: str, job: str | None = None) -> list[dict[str, Any]]:
    """The steps of an action, or of a workflow's job."""
    document = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    part = document["jobs"][job] if job else document["runs"]
    steps: list[dict[str, Any]] = part["steps"]
    return steps


def project(folder: Path, *, worse: bool = False) -> Path:
    """A project in git with a golden set, its baseline on branch main, and a bot."""
    made = folder.parent / "project of every test"
    if not made.exists():
        _make(made)
    root = folder / "project"
    shutil.copytree(made, root)
    git(root, "remote", "add", "origin", str(root))
    if worse:
        bot(root, answer="no")
        git(root, "commit", "-qam", "Worse")
    return root


def _make(root: Path) -> None:
    (root / "golden").mkdir(parents=True)
    cases = [{"id": f"q{n}", "input": f"q{n}", "contains": "yes"} for n in range(20)]
    text = "".join(json.dumps(case) + "\n" for case in cases)
    (root / "golden/bot.jsonl").write_text(text, encoding="utf-8")
    (root / "llm-telemetry.toml").write_text("schema_version = 1\n", encoding="utf-8")
    (root / ".gitignore").write_text(".llm-telemetry/\n", encoding="utf-8")
    bot(root, answer="yes")
    git(root, "init", "-q", "-b", "main")
    command = [sys.executable, "-m", "pytest", "-q", "--llm-telemetry", "--llm-update-baseline"]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "A bot")


def bot(root: Path, *, answer: str) -> None:
    """Write the test of a bot that says always the same."""
    (root / "test_bot.py").write_text(
        "import pytest\n"
        '@pytest.mark.golden_set("golden/bot.jsonl", repeats=2)\n'
        "def test_bot(golden_case, llm_telemetry):\n"
        f"    golden_case.check(llm_telemetry.wrap(lambda q: {answer!r})(golden_case.input))\n",
        encoding="utf-8",
    )


def git(root: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)
