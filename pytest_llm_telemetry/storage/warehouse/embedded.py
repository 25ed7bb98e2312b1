"""Questions to logs in SQL: DuckDB in this process, which can neither write nor reach out."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import duckdb
import ibis

from pytest_llm_telemetry.core.errors import ConfigError
from pytest_llm_telemetry.storage import logs
from pytest_llm_telemetry.storage.warehouse import exporting, expressions, filling, folding
from pytest_llm_telemetry.storage.warehouse.answer import Answer

VIEWS = ("starts", "calls", "errors", "scores", "queries", "hourly", "daily")
_LOCKS = (
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_FETCHED = 1000


class Warehouse:
    """The events of some logs or of a lake, and views of them; use it in a `with` block.

    Fill it with `load` or `attach`, then `ask`: from the first question on nothing can be added.
    """

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="llm-telemetry-")
        home = Path(self._folder.name)
        self._connection: Any = duckdb.connect(home / "events.duckdb")
        self._connection.execute(f"SET temp_directory = {_quoted(home / 'spill')}")
        self._views: set[str] = set()
        self._locked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete what it holds."""
        self._connection.close()
        self._folder.cleanup()

    def load(self, paths: Iterable[Path]) -> logs.Tally:
        """Read log files; damaged lines are skipped and counted, as everywhere.

        Raises:
            ConfigError: If a file cannot be read.
        """
        tally = logs.Tally()
        filling.create(self._connection)
        filling.fill(self._connection, logs.scan(paths, tally))
        return tally

    def attach(self, lake: Path) -> None:
        """Read a folder that `export` wrote, where it lies; nothing is copied.

        Raises:
            ConfigError: If the folder holds no events.
        """
        folder = lake.resolve()
        if not any(folder.glob(exporting.FILES)):
            raise ConfigError(
                "holds no exported events",
                where=lake.as_posix(),
                remedy="write it with llm-telemetry query --parquet",
            )
        self._connection.execute(f"SET allowed_directories = [{_quoted(folder)}]")
        with _told(lake):
            self._connection.execute(
                f"CREATE VIEW events AS SELECT {', '.join(filling.COLUMNS)} "  # noqa: S608 - quoted
                f"FROM read_parquet({_quoted(folder / exporting.FILES)}, union_by_name = true, "
                "hive_partitioning = true, hive_types = {'day': VARCHAR, 'service': VARCHAR})"
            )

    def export(self, folder: Path, host: str) -> int:
        """Write the events as Parquet, by day and service; the number of files.

        Files of the same host, day and service are replaced, so exporting again repeats nothing,
        and many hosts share a folder.

        Raises:
            ConfigError: If the folder cannot be written, or the host's name cannot be in a file's.
        """
        with _told(folder):
            return exporting.export(self._connection, folder, host)

    def ask(self, sql: str) -> Answer:
        """The answer to one SELECT. Views: see `VIEWS`; times are UTC.

        Raises:
            ConfigError: If it is no single SELECT, or DuckDB refuses it.
        """
        self._prepare(sql)
        with _told():
            statements = self._connection.extract_statements(filling.text(sql))
            if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
                raise ConfigError(
                    f"{sql[:60]!r} is no single SELECT", remedy="logs are read, never changed"
                )
            result = self._connection.execute(statements[0])
        columns = tuple(each[0] for each in result.description)
        return Answer(columns=columns, rows=_rows(result))

    def _prepare(self, sql: str) -> None:
        """Shut the doors before anybody's SQL is run, and make the views that it names."""
        if not self._locked:
            for statement in _LOCKS:
                self._connection.execute(statement)
            self._locked = True
        for name in VIEWS:
            if name in sql.casefold() and name not in self._views:
                self._connection.execute(f"CREATE VIEW {name} AS {_view(name)}")
                self._views.add(name)


@contextmanager
def _told(where: Path | None = None) -> Iterator[None]:
    """What DuckDB refuses becomes an error that a person can act on."""
    try:
        yield
    except (duckdb.Error, OSError) as fault:
        what = " ".join(str(fault).split("\n\nLINE")[0].split())[:300]
        if where:
            raise ConfigError(what, where=where.as_posix()) from None
        raise ConfigError(what, remedy=f"views: events, {', '.join(VIEWS)}") from None


def _rows(result: Any) -> Iterator[tuple[Any, ...]]:
    while True:
        with _told():
            found = result.fetchmany(_FETCHED)
        if not found:
            return
        yield from found


def _view(name: str) -> str:
    """The SQL of a view; made on demand, as Ibis takes its time."""
    events = ibis.table(filling.SCHEMA, name="events")
    made: Mapping[str, Callable[[], Any]] = {
        "starts": lambda: events.filter(events.event == "query_start"),
        "calls": lambda: folding.calls(events),
        "errors": lambda: folding.calls(events).filter(events.event == "query_error"),
        "scores": lambda: folding.scores(events),
        "queries": lambda: folding.queries(folding.subjects(folding.calls(events))),
        "hourly": lambda: expressions.figures(events, ["hour", "service"]),
        "daily": lambda: expressions.figures(events, ["day", "service"]),
    }
    return str(ibis.to_sql(made[name](), dialect="duckdb"))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
