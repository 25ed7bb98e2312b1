"""Golden sets without Python: `llm-telemetry.toml` names a golden file and what answers it."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module
from inspect import isasyncgen, isawaitable, isgenerator
from pathlib import Path
from typing import Any

import pytest

from pytest_llm_telemetry.core.errors import ConfigError, GoldenSetError, TelemetryError
from pytest_llm_telemetry.plugin.collection import CaseRun, Suites, Target, ids_of
from pytest_llm_telemetry.plugin.recording import Recording
from pytest_llm_telemetry.storage.settings import Settings


class GoldenSetUnusable(pytest.Collector.CollectError):
    """A golden set that cannot be used, shown by pytest as one line without a traceback."""


def targets_of(settings: Settings) -> list[Target]:
    """The suites of a settings file that say what answers them.

    Raises:
        ConfigError: If one names a golden set without a target, or the other way round.
    """
    found = []
    for suite, table in settings.document.get("suites", {}).items():
        if not {"golden", "target", "repeats"} & table.keys():
            continue
        where = settings.source.where(("suites", suite)) if settings.source else ""
        missing = [key for key in ("golden", "target") if key not in table]
        if missing:
            raise ConfigError(
                f"suite {suite!r} has no {missing[0]}",
                where=where,
                remedy='write both: golden = "golden/support.jsonl", target = "app.bot:answer"',
            )
        found.append(
            Target(
                suite=suite,
                golden=table["golden"],
                call=table["target"],
                repeats=table.get("repeats", 1),
                where=where,
            )
        )
    return found


def collect_too(config: pytest.Config, path: Path) -> None:
    """Let pytest visit the settings file, unless the user named what to run or it will anyway."""
    if config.args_source is config.ArgsSource.ARGS:
        return
    start = config.invocation_params.dir
    if not any(path.is_relative_to(start / argument.split("::")[0]) for argument in config.args):
        config.args.append(str(path))


class TargetFile(pytest.File):
    """The settings file, as the place where its cases are collected."""

    def __init__(
        self, *, targets: list[Target], suites: Suites, recording: Recording, **node: Any
    ) -> None:
        super().__init__(**node)
        self._targets = targets
        self._suites = suites
        self._recording = recording

    def collect(self) -> Iterator["TargetItem"]:
        """One item a case and repeat of each suite.

        Raises:
            GoldenSetUnusable: If a golden set cannot be read, or a target cannot be imported.
        """
        for target in self._targets:
            try:
                runs = self._suites.target_runs(self.path.parent, target)
                answer = load_target(target.call, self.config.rootpath, target.where)
            except TelemetryError as error:
                raise GoldenSetUnusable(str(error)) from error
            for run, name in zip(runs, ids_of(runs), strict=True):
                yield TargetItem.from_parent(
                    self,
                    name=f"{target.suite}[{name}]",
                    run=run,
                    answer=answer,
                    recording=self._recording,
                )


class TargetItem(pytest.Item):
    """One repeat of one case, asked of the target and graded by what the case declares."""

    def __init__(
        self, *, run: CaseRun, answer: Callable[..., Any], recording: Recording, **node: Any
    ) -> None:
        super().__init__(**node)
        self.case_run = run
        self._answer = answer
        self._recording = recording

    def runtest(self) -> None:
        """Ask, and grade the whole answer."""
        case = self._recording.current
        if case is None:  # pragma: no cover - the session sets it for every item with a case run
            raise GoldenSetError("the case is not running", remedy="report this as a bug of ours")
        case.check(_whole(self._recording.logger.wrap(self._answer)(case.input)))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The case's own line in the golden file."""
        file, _, line = self.case_run.case.where.rpartition(":")
        return self.config.rootpath / file, int(line) - 1 if line.isdigit() else None, self.name


def load_target(call: str, root: Path, where: str) -> Callable[..., Any]:
    """Import `package.module:name`, from rootdir as `python -m pytest` would.

    Raises:
        GoldenSetError: If there is no such module or name, or it cannot be called.
    """
    module, _, name = call.partition(":")
    remedy = 'write target = "package.module:function", as seen from rootdir'
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise GoldenSetError(f"target {call!r}: {error}", where=where, remedy=remedy) from error
    if not callable(found):
        raise GoldenSetError(f"target {call!r} cannot be called", where=where, remedy=remedy)
    answer: Callable[..., Any] = found
    return answer


def _whole(answer: Any) -> Any:
    """The answer itself: awaited, or put together where it came in pieces of text."""
    import asyncio  # noqa: PLC0415 - 50 ms that a session without targets need not wait for

    if isawaitable(answer):
        return asyncio.run(_awaited(answer))
    if isasyncgen(answer) or isinstance(answer, AsyncIterator):
        return _joined(asyncio.run(_gathered(answer)))
    if isgenerator(answer) or isinstance(answer, Iterator):
        return _joined(list(answer))
    return answer


async def _awaited(answer: Any) -> Any:
    return await answer


async def _gathered(answer: Any) -> list[Any]:
    return [piece async for piece in answer]


def _joined(pieces: list[Any]) -> Any:
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces
