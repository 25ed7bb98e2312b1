"""Golden sets -> pytest items: one a case and repeat, with ids that stay the same."""

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path

import pytest

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.samples import CONTROL, CasePlan
from pytest_llm_telemetry.storage.goldens import GoldenSet, load
from pytest_llm_telemetry.storage.runs import SuitePlan

Accepted = Callable[[str], Container[str]]  # the case ids of a suite's baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One repeat of one case: what a golden-set item is about."""

    suite: str
    case: Case
    repeat: int
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A suite that needs no test function: `golden` is asked of `call`, `package.module:name`."""

    suite: str
    golden: str
    call: str
    repeats: int
    where: str


@dataclass(slots=True)
class Suites:
    """The golden sets that this session met while it collected."""

    root: Path
    repeats: int | None = None
    controls: int = 0
    found: dict[str, tuple[GoldenSet, int]] = field(default_factory=dict)
    loaded: dict[Path, GoldenSet] = field(default_factory=dict)

    def runs(self, definition: pytest.Item) -> list[CaseRun]:
        """The case runs of a test function, repeat by repeat: all cases, then all again.

        Repeats of a case lie far apart in time, so that one slow minute of the provider does not
        fall on all repeats of the same few cases.

        Raises:
            GoldenSetError: If a marker or its golden set cannot be used.
        """
        runs: list[CaseRun] = []
        for marker in definition.iter_markers("golden_set"):
            runs += _each(*self._open(marker, definition))
        return runs

    def control_runs(self, definition: pytest.Item, accepted: Accepted) -> list[CaseRun]:
        """The runs of a control: some cases of its suite's baseline, spread over the golden set.

        Raises:
            GoldenSetError: If a marker or its golden set cannot be used.
        """
        runs: list[CaseRun] = []
        for marker in definition.iter_markers("llm_control"):
            suite, golden, repeats = self._open(marker, definition, CONTROL)
            known = accepted(suite.removesuffix(CONTROL))
            cases = [case for case in golden.cases if case.id in known]
            count = min(self.controls, len(cases))
            runs += [
                CaseRun(
                    suite=suite,
                    case=cases[place * len(cases) // count],
                    repeat=repeat,
                    repeats=repeats,
                )
                for repeat in range(1, repeats + 1)
                for place in range(count)
            ]
        return runs

    def target_runs(self, folder: Path, target: Target) -> list[CaseRun]:
        """The runs of a suite that the settings file in `folder` declares.

        Raises:
            GoldenSetError: If its golden set cannot be used.
        """
        path = _find(target.golden, (folder, self.root), target.where)
        return _each(*self._met(self._load(path), target.suite, target.repeats, target.where))

    def _open(
        self, marker: pytest.Mark, item: pytest.Item, role: str = ""
    ) -> tuple[str, GoldenSet, int]:
        where = _where(item)
        file, repeats, suite = _arguments(marker.name, where, *marker.args, **marker.kwargs)
        golden = self._load(_find(file, (item.path.parent, self.root), where))
        return self._met(golden, (suite or golden.name) + role, repeats, where)

    def _load(self, path: Path) -> GoldenSet:
        if path not in self.loaded:
            self.loaded[path] = load(path, root=self.root)
        return self.loaded[path]

    def _met(
        self, golden: GoldenSet, suite: str, repeats: int, where: str
    ) -> tuple[str, GoldenSet, int]:
        repeats = self.repeats or repeats
        known = self.found.setdefault(suite, (golden, repeats))
        if known != (golden, repeats):
            raise GoldenSetError(
                f"suite {suite!r} is used for two golden sets, or with two numbers of repeats",
                where=where,
                remedy='name one of them apart: golden_set(..., suite="another")',
            )
        return suite, golden, repeats

    def plans(self, items: Iterable[pytest.Item]) -> tuple[dict[str, SuitePlan], bool]:
        """What the items of this session will run, and whether that is only a part of the sets."""
        planned: dict[str, dict[str, CasePlan]] = {}
        for item in items:
            run = run_of(item)
            if run is not None:
                cases = planned.setdefault(run.suite, {})
                if run.case.id not in cases:  # repeats stand in the same place
                    cases[run.case.id] = _plan(run.case, item)
        plans: dict[str, SuitePlan] = {}
        for suite, met in planned.items():
            golden, repeats = self.found[suite]
            plans[suite] = SuitePlan(
                golden=_relative(golden.path, self.root),
                golden_hash=golden.digest,
                repeats=repeats,
                cases=tuple(met[case.id] for case in golden.cases if case.id in met),
            )
        return plans, any(
            len(plan.cases) < len(self.found[suite][0].cases)
            for suite, plan in plans.items()
            if not suite.endswith(CONTROL)
        )


def interleaved(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items with the controls spread evenly among the others, in both their orders.

    What the provider does in the course of a run then falls on both alike.
    """
    controls = [item for item in items if item.get_closest_marker("llm_control")]
    others = [item for item in items if not item.get_closest_marker("llm_control")]
    places = [(place * len(others) / max(1, len(controls)), 0) for place in range(len(controls))]
    merged = [*zip(places, controls, strict=True)]
    merged += [((float(place), 1), item) for place, item in enumerate(others)]
    return [item for _, item in sorted(merged, key=lambda pair: pair[0])]


def _each(suite: str, golden: GoldenSet, repeats: int) -> list[CaseRun]:
    return [
        CaseRun(suite=suite, case=case, repeat=repeat, repeats=repeats)
        for repeat in range(1, repeats + 1)
        for case in golden.cases
    ]


def ids_of(runs: Sequence[CaseRun]) -> list[str]:
    """`refund-eu-014` for the first repeat, `refund-eu-014#2` for the second."""
    return [run.case.id if run.repeat == 1 else f"{run.case.id}#{run.repeat}" for run in runs]


def run_of(item: pytest.Item) -> CaseRun | None:
    """The case run that an item is about; `None` for every other test."""
    known = vars(item)
    if "case_run" not in known:  # a target's item has it, any other is asked once
        callspec = getattr(item, "callspec", None)
        run = callspec.params.get("golden_case") if callspec is not None else None
        known["case_run"] = run if isinstance(run, CaseRun) else None
    found = known["case_run"]
    return found if isinstance(found, CaseRun) else None


def share_locations(items: Iterable[pytest.Item]) -> None:
    """Tell pytest where the cases of a test function stand, from where the first of them does.

    They stand in the same place, and pytest would look it up 25 us for each of them.
    """
    firsts: dict[tuple[int, str], pytest.Function] = {}
    for item in items:
        if not isinstance(item, pytest.Function) or run_of(item) is None:
            continue
        if type(item).reportinfo is not pytest.Function.reportinfo:
            continue  # another plugin's, which may know better
        first = firsts.setdefault((id(item.parent), item.originalname), item)
        path, line, name = first.location
        vars(item)["location"] = (path, line, name.removesuffix(first.name) + item.name)


def _plan(case: Case, item: pytest.Item) -> CasePlan:
    return CasePlan(case_id=case.id, tags=case.tags, where=_where(item), weight=case.weight)


def _where(item: pytest.Item) -> str:
    path, line, _ = item.location  # pytest asks for it as well and keeps it; reportinfo() is slow
    return _place(path, line)


@lru_cache(maxsize=64)  # a function's cases stand in one place
def _place(path: str, line: int | None) -> str:
    return f"{Path(path).as_posix()}:{(line or 0) + 1}"


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _arguments(
    marker: str,
    where: str,
    /,
    file: object = None,
    repeats: object = 1,
    suite: object = None,
    **unknown: object,
) -> tuple[str, int, str | None]:
    remedy = f'write @pytest.mark.{marker}("golden/support.jsonl", repeats=3)'
    if unknown:
        raise GoldenSetError(f"{marker} has no {next(iter(unknown))!r}", where=where, remedy=remedy)
    if not isinstance(file, str):
        raise GoldenSetError(f"{marker}: file is {file!r}", where=where, remedy=remedy)
    if not isinstance(repeats, int) or repeats < 1:
        raise GoldenSetError(f"{marker}: repeats is {repeats!r}", where=where, remedy=remedy)
    return file, repeats, None if suite is None else str(suite)


def _find(file: str, folders: Sequence[Path], where: str) -> Path:
    for folder in folders:
        if (folder / file).is_file():
            return (folder / file).resolve()
    raise GoldenSetError(
        f"golden set {file!r} is neither beside the test nor in rootdir",
        where=where,
        remedy=f"create {folders[0] / file}, or run `llm-telemetry init` for a first one",
    )
