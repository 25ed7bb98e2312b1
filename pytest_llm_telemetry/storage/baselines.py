"""Baselines on disk: what a team accepted, in a file whose diff a person can read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from pytest_llm_telemetry.core.baseline import Acceptance, Baseline, PastRun
from pytest_llm_telemetry.core.errors import BaselineError
from pytest_llm_telemetry.core.metrics import Summary
from pytest_llm_telemetry.core.samples import CaseSamples
from pytest_llm_telemetry.core.spelling import did_you_mean
from pytest_llm_telemetry.storage import columns, documents
from pytest_llm_telemetry.storage.writing import write_atomically

SCHEMA_VERSION = 1
HISTORY = 20
MAX_BYTES = 50_000_000


def read(path: Path, *, suite: str | None = None) -> Baseline:
    """Read a baseline.

    Args:
        path: The file.
        suite: The suite it must belong to, if given.

    Raises:
        BaselineError: If it is missing, unreadable, of a newer version or of another suite.
    """
    name = path.as_posix()
    text = documents.read_text(path, name, error=BaselineError, limit=MAX_BYTES)
    head = _Reading(documents.parse_json(text, name, error=BaselineError))
    head.check_version()
    found = head.text("suite")
    if suite is not None and found != suite:
        what = f'this is the baseline of suite "{found}", not of "{suite}"'
        raise head.broken(what, ("suite",), "name another file, or the folder of baselines")
    return Baseline(
        suite=found,
        cases=dict(head.cases()),
        accepted=tuple(head.accepted()),
        history=tuple(head.history())[-HISTORY:],
        golden_hash=head.text_or_none("golden_hash"),
        models=head.texts(("models",)),
        price_table_version=head.text_or_none("price_table_version"),
        repeats=head.repeats(),
    )


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline: sorted, one case a line, in one step that no reader sees half of.

    Raises:
        BaselineError: If it cannot be written.
    """
    write_atomically(path, render(baseline), error=BaselineError)


def render(baseline: Baseline) -> str:
    """The text of a baseline file."""
    head = {
        "schema_version": SCHEMA_VERSION,
        "suite": baseline.suite,
        "golden_hash": baseline.golden_hash,
        "models": sorted(baseline.models),
        "price_table_version": baseline.price_table_version,
        "repeats": baseline.repeats,
    }
    lines = [f"  {_line(key)}: {_line(value)}," for key, value in head.items()]
    lines += _listed("accepted", [_line(asdict(one)) for one in baseline.accepted])
    lines += _listed("history", [_line(asdict(one)) for one in baseline.history[-HISTORY:]])
    usual = _usual(baseline.models, baseline.repeats)
    cases = [
        f"{_line(case_id)}: {_line(columns.pack(case, usual))}"
        for case_id, case in sorted(baseline.cases.items())
    ]
    return "\n".join(["{", *lines, '  "cases": {', *_separated(cases), "  }", "}", ""])


def from_summary(
    summary: Summary,
    *,
    acceptance: Acceptance,
    previous: Baseline | None = None,
    cases: Sequence[str] | None = None,
) -> Baseline:
    """The baseline that accepting a run makes.

    Args:
        summary: The run.
        acceptance: Who accepts it, when and why.
        previous: The baseline that it takes the place of; its history is kept.
        cases: Only these cases are replaced in `previous`; `None` is the whole suite.

    Raises:
        BaselineError: If a case is not in the run, or there is nothing to replace it in.
    """
    measured = {case.case_id: case for case in summary.cases}
    past = PastRun(run_id=summary.run_id, at=acceptance.at, metrics=dict(summary.metrics))
    kept: Mapping[str, CaseSamples]
    if cases is None:
        kept, ran = measured, [*(previous.history if previous else ()), past]
    else:
        kept = _replaced(measured, previous, cases, summary)
        ran = list(previous.history) if previous else []
        acceptance = replace(acceptance, cases=tuple(cases))
    return Baseline(
        suite=summary.suite,
        cases=kept,
        accepted=(*(previous.accepted if previous else ()), acceptance)[-HISTORY:],
        history=tuple(ran[-HISTORY:]),
        golden_hash=summary.golden_hash,
        models=summary.models,
        price_table_version=summary.price_table_version,
        repeats=summary.repeats,
    )


def _replaced(
    measured: Mapping[str, CaseSamples],
    previous: Baseline | None,
    cases: Sequence[str],
    summary: Summary,
) -> Mapping[str, CaseSamples]:
    if previous is None:
        raise BaselineError(
            "there is no baseline in which single cases could be replaced",
            where=f"suite {summary.suite}",
            remedy="accept the whole run first, without --case",
        )
    for case_id in cases:
        if case_id not in measured:
            hint = did_you_mean(case_id, measured)
            raise BaselineError(
                f'case "{case_id}" is not in the run',
                where=f"suite {summary.suite}, run {summary.run_id}",
                remedy=hint or "name a case that was run",
            )
    return {**previous.cases, **{case_id: measured[case_id] for case_id in cases}}


def _usual(models: Sequence[str], repeats: int) -> columns.Usual:
    return columns.Usual(model=models[0] if len(models) == 1 else None, repeats=repeats)


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _listed(name: str, rows: Sequence[str]) -> list[str]:
    return [f'  "{name}": [', *_separated(rows), "  ],"] if rows else [f'  "{name}": [],']


def _separated(rows: Sequence[str]) -> list[str]:
    return [f"    {row}," for row in rows[:-1]] + [f"    {row}" for row in rows[-1:]]


class _Reading:
    """A baseline document, taken apart with an error for everything that is not as written."""

    def __init__(self, document: documents.Document) -> None:
        self._document = document
        if not isinstance(document.value, dict):
            raise self.broken("a baseline is a JSON object", ())
        self._value: dict[str, Any] = document.value

    def broken(self, what: str, place: documents.Place, remedy: str = "") -> BaselineError:
        """The error for something at a place."""
        return BaselineError(
            what,
            where=self._document.where(place),
            remedy=remedy or "take the file from git, or accept a run anew",
        )

    def check_version(self) -> None:
        """Refuse a format that this version does not know."""
        found = self._value.get("schema_version")
        if found == SCHEMA_VERSION and type(found) is int:
            return
        newer = type(found) is int and found > SCHEMA_VERSION
        raise self.broken(
            f"schema_version is {found!r}, and this version reads {SCHEMA_VERSION}",
            ("schema_version",),
            "update pytest-llm-telemetry" if newer else "",
        )

    def text(self, key: str) -> str:
        """A text that must be there."""
        found = self.text_or_none(key)
        if not found:
            raise self.broken(f'"{key}" is missing', ())
        return found

    def text_or_none(self, key: str) -> str | None:
        """A text, or `None` for null or nothing."""
        return self._text(self._value, key, ())

    def texts(self, place: documents.Place) -> tuple[str, ...]:
        """A list of texts; nothing is the empty list."""
        return self._texts(self._value, place)

    def repeats(self) -> int:
        """The number of repeats, 1 where it is left out."""
        found = self._value.get("repeats", 1)
        if type(found) is not int or found < 1:
            raise self.broken(f"repeats is {found!r}", ("repeats",))
        return found

    def cases(self) -> Iterator[tuple[str, CaseSamples]]:
        """The samples of each case."""
        found = self._value.get("cases")
        if not isinstance(found, dict):
            raise self.broken('"cases" is no object', ("cases",))
        usual = _usual(self.texts(("models",)), self.repeats())
        for case_id, record in found.items():
            try:
                yield case_id, columns.unpack(case_id, record, usual)
            except BaselineError as fault:
                raise self.broken(fault.what, ("cases", case_id)) from None

    def accepted(self) -> Iterator[Acceptance]:
        """The decisions, oldest first."""
        for place, row in self._rows("accepted"):
            yield Acceptance(
                run_id=self._text(row, "run_id", place) or "",
                at=self._text(row, "at", place) or "",
                by=self._text(row, "by", place) or "",
                why=self._text(row, "why", place) or "",
                commit=self._text(row, "commit", place),
                branch=self._text(row, "branch", place),
                cases=self._texts(row, (*place, "cases")),
            )

    def history(self) -> Iterator[PastRun]:
        """The figures of accepted runs, oldest first."""
        for place, row in self._rows("history"):
            metrics = row.get("metrics")
            if not isinstance(metrics, dict) or not all(map(_is_figure, metrics.values())):
                raise self.broken("metrics are no numbers", (*place, "metrics"))
            run_id = self._text(row, "run_id", place) or ""
            yield PastRun(run_id=run_id, at=self._text(row, "at", place) or "", metrics=metrics)

    def _rows(self, key: str) -> Iterator[tuple[documents.Place, dict[str, Any]]]:
        found = self._value.get(key, [])
        if not isinstance(found, list):
            raise self.broken(f'"{key}" is no list', (key,))
        for index, row in enumerate(found):
            if not isinstance(row, dict):
                raise self.broken(f"an entry of {key} is no object", (key, index))
            yield (key, index), row

    def _text(self, row: Mapping[str, Any], key: str, place: documents.Place) -> str | None:
        found = row.get(key)
        if found is not None and not isinstance(found, str):
            raise self.broken(f'"{key}" is no text', (*place, key))
        return found

    def _texts(self, row: Mapping[str, Any], place: documents.Place) -> tuple[str, ...]:
        found = row.get(str(place[-1]), [])
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise self.broken(f'"{place[-1]}" is no list of texts', place)
        return tuple(found)


def _is_figure(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
