"""Graders that run what a golden file brings, under a time limit that holds.

A pattern such as `(a+)+$` keeps Python's `re` busy for years and cannot be interrupted from
another thread; a JSON Schema can hold such a pattern, or refer to itself a billion times. Refusing
dangerous patterns by their looks misses some and refuses good ones, so they run in a process of
their own: started at the first such grader, asked over a pipe (under 1 ms a search), and killed
when an answer takes longer than `TIME_LIMIT_S`.
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from pytest_llm_telemetry.core import golden
from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, CustomGrader, Engines, Score
from pytest_llm_telemetry.storage.closeness import (
    Embed,
    Judge,
    Meaning,
    no_embedder,
    no_judge,
    spelling_similarity,
)

TIME_LIMIT_S = 1.0
START_LIMIT_S = 30.0
MAX_TEXT = 1_000_000
_SCRIPT = Path(__file__).with_name("grader_worker.py")


class Graders:
    """The graders of one session: the built-in ones, and the team's own by name.

    Args:
        custom: Graders by name.
        embed: Texts -> a vector of floats each, for the grader semantic.
        judge: (rubric, answer, case) -> bool, number in [0, 1] or Score, for the grader judge.
    """

    def __init__(
        self,
        custom: Mapping[str, CustomGrader],
        embed: Embed | None = None,
        judge: Judge | None = None,
    ) -> None:
        self._custom = custom
        semantic = ENGINES.semantic if embed is None else Meaning(embed).similarity
        self._engines = replace(ENGINES, semantic=semantic, judge=judge or ENGINES.judge)

    def grade(self, answer: object, case: Case) -> tuple[Score, ...]:
        """The scores that a case's graders give an answer.

        Raises:
            GoldenSetError: As `core.golden.grade`.
        """
        return golden.grade(answer, case, self._custom, self._engines)


class Worker:
    """One child process and the pipe to it. Safe to use from threads; a fork starts its own."""

    def __init__(self, kind: str, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._kind = kind
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def why(self, demand: object, answer: object) -> str | None:
        """`None` if the answer fits the demand, else why not; taking too long does not fit.

        Raises:
            GoldenSetError: If the demand itself is at fault.
        """
        if isinstance(answer, str) and len(answer) > MAX_TEXT:
            return f"longer than {MAX_TEXT:,} characters"
        found = self._ask({"demand": demand, "answer": answer})
        if found is None:
            return f"took longer than {self._time_limit_s:g} s"
        if "invalid" in found:
            raise GoldenSetError(
                f"{self._kind} grader: {found['invalid']}", remedy="mend it in the golden file"
            )
        return found["why"]

    def close(self) -> None:
        """End the child process, if there is one."""
        with self._lock:
            self._end()

    def _ask(self, job: Mapping[str, object]) -> dict[str, str | None] | None:
        with self._lock:
            process = self._started()
            line = _exchange(process, json.dumps(job) + "\n", self._time_limit_s)
            if not line:
                self._end()
                return None
        answer: dict[str, str | None] = json.loads(line)
        return answer

    def _started(self) -> "subprocess.Popen[str]":
        process = self._process
        if process is not None and process.poll() is None and self._owner == os.getpid():
            return process
        self._end()
        process = subprocess.Popen(  # noqa: S603 - our own script, no shell, no user text
            [sys.executable, "-P", str(_SCRIPT), self._kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._process, self._owner = process, os.getpid()
        if not _exchange(process, "", START_LIMIT_S):
            self._end()
            raise GoldenSetError(
                f"the process for {self._kind} graders did not start",
                where=str(_SCRIPT),
                remedy=f"run {sys.executable} -P {_SCRIPT} {self._kind} to see why",
            )
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if self._owner == os.getpid():
            process.kill()
            process.wait()
        for pipe in _pipes(process):
            with suppress(OSError):  # what was left to write has no reader any more
                pipe.close()


def _exchange(process: "subprocess.Popen[str]", job: str, limit_s: float) -> str:
    """Send a job and read a line; a timer kills the process, which ends both."""
    jobs, answers = _pipes(process)
    timer = threading.Timer(limit_s, process.kill)
    timer.daemon = True
    timer.start()
    try:
        jobs.write(job)
        jobs.flush()
        return answers.readline()
    except OSError:  # the pipe broke: the process was killed while it was sent a job
        return ""
    finally:
        timer.cancel()


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    return cast("tuple[IO[str], IO[str]]", (process.stdin, process.stdout))  # opened as pipes above


_REGEX = Worker("regex")
_JSON_SCHEMA = Worker("json-schema")
atexit.register(_REGEX.close)
atexit.register(_JSON_SCHEMA.close)
ENGINES = Engines(
    regex=_REGEX.why,
    json_schema=_JSON_SCHEMA.why,
    similarity=spelling_similarity,
    semantic=no_embedder,
    judge=no_judge,
)


def check_schemas(cases: Iterable[Case]) -> None:
    """Refuse a json-schema grader whose schema is none, before anything is paid for.

    Raises:
        GoldenSetError: With the place of its case.
    """
    seen: set[str] = set()
    for case in cases:
        for grader in case.graders:
            if grader.type != "json-schema" or (key := json.dumps(grader.value)) in seen:
                continue
            seen.add(key)
            try:
                ENGINES.json_schema(grader.value, None)
            except GoldenSetError as fault:
                raise GoldenSetError(fault.what, where=case.where, remedy=fault.remedy) from None
