"""Logs behind SQL (extra `warehouse`): DuckDB in this process, and any engine that Ibis speaks to.

`embedded` answers questions about logs and exports them; `expressions` are the metrics, for tables
of events that live elsewhere.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pytest_llm_telemetry.core.errors import ConfigError

if TYPE_CHECKING:
    from pytest_llm_telemetry.storage.warehouse.embedded import Warehouse


def open_warehouse() -> "Warehouse":
    """An empty warehouse; it holds its data in a folder of its own, until it is closed.

    Raises:
        ConfigError: If the extra is not installed.
    """
    try:
        embedded = import_module(f"{__name__}.embedded")
    except ImportError as error:
        raise ConfigError(
            f"SQL over logs needs {error.name}",
            remedy="pip install 'pytest-llm-telemetry[warehouse]'",
        ) from error
    warehouse: Warehouse = embedded.Warehouse()
    return warehouse
