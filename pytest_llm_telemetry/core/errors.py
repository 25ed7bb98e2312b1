"""The typed errors of the package. Each text says what, where, and how to mend it."""


class TelemetryError(Exception):
    """Something this package refuses, told in one sentence with its place and remedy.

    Args:
        what: What is wrong, with what was found.
        where: The place: `file`, `file:line` or a name a user knows. Empty when there is none.
        remedy: What to do about it, as an imperative sentence. Empty when there is nothing to do.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f"; {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{mend}"


class ConfigError(TelemetryError):
    """A setting, threshold or command-line value cannot be used."""


class SchemaError(TelemetryError):
    """A document does not have the shape that its published JSON Schema asks for."""


class BaselineError(TelemetryError):
    """A baseline is missing, unreadable or does not fit the run."""


class GoldenSetError(TelemetryError):
    """A golden set or one of its graders cannot be used."""


class BudgetExceeded(TelemetryError):  # noqa: N818 - the name users meet; it ends a run, it is not a fault
    """The run's budget in USD is spent; no further call is dispatched."""


class DeliveryError(TelemetryError):
    """A report could not be delivered. The verdict stands."""


class UncertainDeliveryError(DeliveryError):
    """Nobody knows whether a report arrived: sent again, it might be there twice."""
