"""Times on the command line."""

from datetime import UTC, datetime

from pytest_llm_telemetry.core.errors import ConfigError


def moment(text: str, option: str) -> datetime:
    """A time as ISO-8601 writes it, UTC where it names no zone; a date is its midnight.

    Raises:
        ConfigError: If it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{option} {text[:40]!r} is no time",
            remedy="write 2026-11-23 or 2026-11-23T14:00:00Z",
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
