"""llm-telemetry.toml or .json: read strictly, told with line and remedy where it is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_llm_telemetry.core.errors import ConfigError, SchemaError
from pytest_llm_telemetry.core.records import dataclass
from pytest_llm_telemetry.core.thresholds import Thresholds
from pytest_llm_telemetry.core.thresholds_document import check, parse
from pytest_llm_telemetry.storage import documents

if TYPE_CHECKING:
    from pytest_llm_telemetry.core.alerts import Plan

MAX_BYTES = 1_000_000
FILE_NAMES = ("llm-telemetry.toml", "llm-telemetry.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a team set. Without a file: the defaults, and `path` is `None`."""

    path: Path | None = None
    source: documents.Document | None = None

    @property
    def document(self) -> Mapping[str, Any]:
        """The parsed file; empty where there is none."""
        found: Mapping[str, Any] = self.source.value if self.source else {}
        return found

    @property
    def prices(self) -> Mapping[str, Mapping[str, float]]:
        """Model -> its prices in USD per million tokens, which win over every price table."""
        found: Mapping[str, Mapping[str, float]] = self.document.get("prices", {})
        return found

    @property
    def price_list(self) -> str | None:
        """Whose published prices stand behind the team's own; None for nobody's."""
        found: str | None = self.document.get("price_list")
        return found

    def thresholds(self, suite: str) -> Thresholds:
        """What is judged of a suite; each limit and rule knows its `file:line`."""
        return parse(self.document, suite, where=self._where)

    def alerts(self, *, window_s: int | None = None) -> "Plan":
        """What is watched in production; `window_s` takes the place of the file's own window."""
        # 20 ms that a test run, which watches no production, need not wait for
        from pytest_llm_telemetry.core.alerts import parse as parse_alerts  # noqa: PLC0415

        return parse_alerts(self.document, where=self._where, window_s=window_s)

    def _where(self, place: documents.Place) -> str:
        return self.source.where(place) if self.source else ""


def load(path: Path | None, root: Path) -> Settings:
    """Read a thresholds file.

    Args:
        path: The file; `None` looks for one of `FILE_NAMES` in `root`, and for none it is well.
        root: Errors name the file relative to it.

    Raises:
        ConfigError: With `file:line`, what was found and what to write instead.
    """
    path = _found(root) if path is None else path
    if path is None:
        return Settings()
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    suffix = path.suffix.lower()
    if suffix not in {".toml", ".json"}:
        raise ConfigError("thresholds are .toml or .json", where=name, remedy="rename the file")
    text = documents.read_text(path, name, limit=MAX_BYTES)
    parser = documents.parse_toml if suffix == ".toml" else documents.parse_json
    document = parser(text, name)
    from pytest_llm_telemetry.storage.schemas import validate  # noqa: PLC0415 - most runs have no such file

    try:
        validate(document.value, "thresholds", where=document.where)
    except SchemaError as fault:
        more = "schema: llm-telemetry schema thresholds"
        remedy = f"{fault.remedy}; {more}"
        raise ConfigError(fault.what, where=fault.where, remedy=remedy) from None
    check(document.value, where=document.where)
    return Settings(path=path, source=document)


def _found(root: Path) -> Path | None:
    found = [root / name for name in FILE_NAMES if (root / name).exists()]
    if len(found) > 1:
        raise ConfigError(
            f"{' and '.join(FILE_NAMES)} are both there, and only one can count",
            where=root.as_posix(),
            remedy="delete one, or name one with --llm-thresholds",
        )
    return found[0] if found else None
