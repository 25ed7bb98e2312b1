"""Golden sets on disk: JSONL, JSON, CSV and TOML -> cases that know their line."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from json.decoder import JSONDecodeError
from pathlib import Path

from pytest_llm_telemetry.core.errors import GoldenSetError
from pytest_llm_telemetry.core.golden import Case, Grader, parse_case
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.storage import documents
from pytest_llm_telemetry.storage.garbage import uncollected
from pytest_llm_telemetry.storage.graders import check_schemas

MAX_BYTES = 50_000_000
MAX_TOML = 5_000_000  # tomllib reads about 1 MB a second
Record = tuple[str, object]  # `file:line`, and what stands there


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenSet:
    """The cases of one file, in its order.

    `digest` is a hash of their content that neither the order of the cases, the file format nor
    white space changes; a baseline remembers it.
    """

    path: Path
    cases: tuple[Case, ...]
    digest: str

    @property
    def name(self) -> str:
        """The suite that the file is for, unless the marker names one: `golden/support.jsonl` is
        `support`.
        """
        return self.path.stem


@uncollected()
def load(path: Path, *, root: Path | None = None) -> GoldenSet:
    """Read a golden set.

    Args:
        path: A `.jsonl`, `.json`, `.csv` or `.toml` file.
        root: Errors name the file relative to it, and a file outside of it is refused.

    Raises:
        GoldenSetError: With `file:line`, what was found and what to write instead.
    """
    name = _name(path, root)
    suffix = path.suffix.lower()
    read = _READERS.get(suffix)
    if read is None:
        raise GoldenSetError(
            f"a golden set cannot be a {path.suffix or 'file without a suffix'}",
            where=name,
            remedy=f"use one of {', '.join(_READERS)}",
        )
    limit = MAX_TOML if suffix == ".toml" else MAX_BYTES
    text = documents.read_text(path, name, error=GoldenSetError, limit=limit)
    cases: dict[str, Case] = {}
    for where, record in read(text, name):
        case = parse_case(record, where)
        if case.id in cases:
            raise GoldenSetError(
                f'case id "{case.id}" stands twice, first at {cases[case.id].where}',
                where=where,
                remedy="rename one of them",
            )
        cases[case.id] = case
    if not cases:
        raise GoldenSetError("a golden set without a case", where=name, remedy="add a case")
    check_schemas(cases.values())
    return GoldenSet(path=path, cases=tuple(cases.values()), digest=digest(cases.values()))


def digest(cases: Iterable[Case]) -> str:
    """A hash of the content of cases, whatever their order: 32 hex digits of SHA-256."""
    lines = sorted(_canonical(case) for case in cases)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _canonical(case: Case) -> str:
    """The content as JSON with sorted keys, as `json` writes it; by hand, in a third of the time."""
    return (
        f'{{"expected": {_told(case.expected)}, "graders": [{", ".join(map(_grader, case.graders))}], '
        f'"id": {_quote(case.id)}, "input": {_told(case.input)}, '
        f'"metadata": {_told(case.metadata)}, "tags": {_told(case.tags)}, '
        f'"weight": {_told(case.weight)}}}'
    )


def _grader(grader: Grader) -> str:
    before, behind = _frame(
        grader.type,
        grader.name,
        grader.votes,
        least=grader.min,
        tolerance=grader.tolerance,
        ignore_case=grader.ignore_case,
    )
    return f"{before}{_told(grader.value)}{behind}"


@lru_cache(maxsize=256, typed=True)
def _frame(  # noqa: PLR0913 - the fields of a grader, but for its value
    kind: str, name: str, votes: int, *, least: float, tolerance: float, ignore_case: bool
) -> tuple[str, str]:
    """What stands around a grader's value, which most graders of a file share."""
    before = (
        f'{{"ignore_case": {_told(ignore_case)}, "min": {_told(least)}, "name": {_quote(name)}, '
        f'"tolerance": {_told(tolerance)}, "type": {_quote(kind)}, "value": '
    )
    return before, f', "votes": {_told(votes)}}}'


def _told(value: object) -> str:
    kind = type(value)
    if kind is str:
        return _quote(value)  # type: ignore[arg-type]  # `kind` says so
    if value is None:
        return "null"
    if kind is tuple or kind is list:
        return f"[{', '.join(map(_told, value))}]"  # type: ignore[call-overload]  # as above
    if kind is float and -_INFINITY < value < _INFINITY:  # type: ignore[operator]  # as above
        return repr(value)
    return "{}" if value == {} else _CANONICAL.encode(value)


_INFINITY = float("inf")
_quote = json.encoder.encode_basestring_ascii
_CANONICAL = json.JSONEncoder(sort_keys=True)


def _name(path: Path, root: Path | None) -> str:
    if root is None:
        return path.as_posix()
    try:
        real, base = path.resolve(), root.resolve()
    except (OSError, RuntimeError, ValueError) as fault:  # a circle of links, a NUL in the name
        what = f"cannot be read: {fault}"
        raise GoldenSetError(what, where=path.as_posix(), remedy="check the path") from None
    if not real.is_relative_to(base):
        raise GoldenSetError(
            f"lies outside of {base.as_posix()}",
            where=path.as_posix(),
            remedy="keep golden sets in the repository, or move --rootdir up",
        )
    return real.relative_to(base).as_posix()


def _jsonl(text: str, name: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            yield where, documents.decode_json(line)
        except JSONDecodeError as fault:
            what = f"bad JSON: {fault.msg} at column {fault.colno}"
            raise GoldenSetError(what, where=where, remedy="write one JSON object a line") from None
        except documents.Refused as fault:
            raise GoldenSetError(fault.what, where=where, remedy=fault.remedy) from None


def _json(text: str, name: str) -> Iterator[Record]:
    return _listed(documents.parse_json(text, name, error=GoldenSetError))


def _toml(text: str, name: str) -> Iterator[Record]:
    return _listed(documents.parse_toml(text, name, error=GoldenSetError))


def _listed(document: documents.Document) -> Iterator[Record]:
    """The cases of a list, or of an object with the one key `cases` (and `$schema`)."""
    cases: object = document.value
    place: documents.Place = ()
    if isinstance(cases, Mapping):
        others = [key for key in cases if key not in {"cases", "$schema"}]
        cases, place = cases.get("cases"), ("cases",)
        if others:
            where = document.where((others[0],))
            remedy = 'a golden set is {"cases": [...]}, in TOML [[cases]]'
            raise GoldenSetError(f"unknown key {others[0]!r}", where=where, remedy=remedy)
    if not isinstance(cases, list):
        remedy = 'write a list of cases, or {"cases": [...]}'
        raise GoldenSetError("no list of cases", where=document.where(place), remedy=remedy)
    for index, record in enumerate(cases):
        yield document.where((*place, index)), record


def _csv(text: str, name: str) -> Iterator[Record]:
    """Columns are the keys of a case; an empty cell is a key left out; tags are split at `;`."""
    for line, row in documents.parse_csv(text, name, error=GoldenSetError):
        where = f"{name}:{line}"
        record: dict[str, object] = {}
        metadata: dict[str, str] = {}
        for column, cell in row.items():
            if not cell.strip():
                continue
            if column.startswith("metadata."):
                metadata[column.removeprefix("metadata.")] = cell
            else:
                record[column] = _cell(column, cell, where)
        yield where, record | ({"metadata": metadata} if metadata else {})


def _cell(column: str, cell: str, where: str) -> object:
    if column == "tags":
        return [tag.strip() for tag in cell.split(";") if tag.strip()]
    if column == "id":
        return cell.strip()
    if column not in {"weight", "graders", "json_schema"}:
        return cell
    try:
        return documents.decode_json(cell)
    except (JSONDecodeError, documents.Refused) as fault:
        what = f"column {column!r} is no JSON: {fault}"
        raise GoldenSetError(what, where=where, remedy="write it as in JSONL") from None


_READERS: Mapping[str, Callable[[str, str], Iterator[Record]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".toml": _toml,
}
