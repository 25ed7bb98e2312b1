"""A model without a price is said once, in the program's own log."""

from __future__ import annotations


def warn(model: str) -> None:
    """Log a warning that calls of this model have no cost, and how to give them one."""
    from logging import getLogger  # noqa: PLC0415 - 7 ms that a start does not pay

    getLogger("pytest_llm_telemetry").warning(
        "no price is known for the model %r: its calls have no cost, and a limit on cost cannot be "
        'judged. Give [prices."%s"] in llm-telemetry.toml, or prices= to the logger',
        model,
        model,
    )
